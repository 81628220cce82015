//! Draws a picture, on whatever takes lines and texts.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::legend::{self, Colours, Entry, Key};
use super::thin::thin;
use super::{Functions, Picture};
use crate::time::curves::Curves;

/// Pixels of the legend, beside the curves.
const LEGEND: u32 = 330;

/// Pixels of a bar below the curves.
const BAR: u32 = 22;

/// The most bars one above the other.
const LEVELS: u32 = 12;

/// Pixels from the left edge to the curves, and below them.
const LABELS: (u32, u32) = (64, 45);

/// Pixels before them.
const MARGIN: u32 = 16;

const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GREY: RGBColor = RGBColor(0x77, 0x77, 0x77);

type Area<B> = DrawingArea<B, Shift>;
type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// What is drawn, and in which units.
struct Scale {
    from: f64,
    to: f64,
    /// In units.
    top: f64,
    /// Bytes.
    unit: f64,
    name: &'static str,
}

impl Scale {
    fn of(picture: &Picture) -> Self {
        let (mut from, mut to, mut top) = (f64::MAX, 0.0_f64, 0);
        for curves in &picture.curves {
            let timeline = &curves.timeline;
            let children = timeline.children.values().flatten();
            for sample in timeline.samples.iter().chain(children) {
                let time = seconds(sample.time);
                (from, to) = (from.min(time), to.max(time));
                top = top.max(sample.rss).max(sample.live.unwrap_or(0));
            }
        }
        let (unit, name) = match top {
            0..0x10_0000 => (1024.0, "KiB"),
            0x10_0000..0x2_8000_0000 => (f64::from(1 << 20), "MiB"),
            _ => (f64::from(1 << 30), "GiB"),
        };
        // A single sample has no width.
        let to = if to > from { to } else { from + 1.0 };
        Self {
            from: from.min(to),
            to,
            top: (top as f64 / unit * 1.08).max(1.0),
            unit,
            name,
        }
    }

    fn y(&self, bytes: u64) -> f64 {
        bytes as f64 / self.unit
    }
}

fn seconds(time: u64) -> f64 {
    time as f64 / 1e9
}

/// How much higher a picture is for the bars below.
pub(super) fn bars_height(picture: &Picture) -> u32 {
    let stays = picture.curves.iter().flat_map(|c| &c.timeline.stays);
    let levels = stays.map(|stay| stay.level + 1).max().unwrap_or(0);
    levels.min(LEVELS) * BAR + 10
}

pub(super) fn picture<B: DrawingBackend>(picture: &Picture, area: &Area<B>) -> Drawn<B> {
    area.fill(&WHITE)?;
    let (width, _) = area.dim_in_pixel();
    let title = ("sans-serif", 20).into_font().color(&INK);
    let title = title.pos(Pos::new(HPos::Left, VPos::Top));
    let words = shortened(&picture.title, 110);
    area.draw(&Text::new(words, ((MARGIN + LABELS.0) as i32, 8), title))?;
    let (_, area) = area.split_vertically(40);
    let (left, right) = area.split_horizontally(width - LEGEND);
    let (curves, bars) = match picture.functions {
        Functions::Bars => {
            let (_, height) = left.dim_in_pixel();
            left.split_vertically(height.saturating_sub(bars_height(picture)))
        }
        _ => (left.clone(), left.clone()),
    };
    let scale = Scale::of(picture);
    let colours = Colours::of(picture);
    let mut chart = ChartBuilder::on(&curves)
        .margin_left(MARGIN)
        .margin_right(10)
        .margin_top(24)
        .x_label_area_size(LABELS.1)
        .y_label_area_size(LABELS.0)
        .build_cartesian_2d(scale.from..scale.to, 0.0..scale.top)?;
    let text = ("sans-serif", 14).into_font().color(&INK);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(0xe6, 0xe6, 0xe6))
        .axis_style(GREY)
        .label_style(text.clone())
        .axis_desc_style(text)
        .x_desc("time (s)")
        .y_desc(format!("memory ({})", scale.name))
        .y_label_formatter(&|value| format!("{value}"))
        .x_label_formatter(&|value| format!("{}", (value * 1e6).round() / 1e6))
        .draw()?;
    for (index, one) in picture.curves.iter().enumerate() {
        draw_curves(&mut chart, &scale, picture, index, one)?;
        draw_marks(&mut chart, &scale, one)?;
        if picture.functions == Functions::Brackets {
            draw_brackets(&mut chart, &scale, one, &colours)?;
        }
    }
    if picture.functions == Functions::Bars {
        draw_bars(&bars, &scale, picture, &colours)?;
    }
    draw_legend(&right, &legend::entries(picture, &colours))
}

fn draw_curves<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    scale: &Scale,
    picture: &Picture,
    index: usize,
    curves: &Curves,
) -> Drawn<B> {
    let (rss, live) = legend::curve_colours(index);
    let samples = &curves.timeline.samples;
    let heap: Vec<(f64, f64)> = samples
        .iter()
        .filter_map(|s| Some((seconds(s.time), scale.y(s.live?))))
        .collect();
    chart.draw_series(LineSeries::new(thin(&heap), live.stroke_width(2)))?;
    for (index, samples) in curves.timeline.children.values().enumerate() {
        let points: Vec<_> = samples
            .iter()
            .map(|s| (seconds(s.time), scale.y(s.rss)))
            .collect();
        let style = legend::child_colour(index).stroke_width(1);
        chart.draw_series(LineSeries::new(thin(&points), style))?;
    }
    if let Some(peak) = curves.rss_peak() {
        let (x, y) = (seconds(peak.time), scale.y(peak.bytes));
        let style = legend::PEAK.mix(0.7);
        let across = [(scale.from, y), (scale.to, y)];
        chart.draw_series(DashedLineSeries::new(across, 6, 4, style.into()))?;
        let down = [(x, 0.0), (x, scale.top)];
        chart.draw_series(DashedLineSeries::new(down, 6, 4, style.into()))?;
    }
    let points: Vec<_> = samples
        .iter()
        .map(|s| (seconds(s.time), scale.y(s.rss)))
        .collect();
    chart.draw_series(LineSeries::new(thin(&points), rss.stroke_width(2)))?;
    if let Some((slope, start)) = curves.trend().filter(|_| picture.slope) {
        let at = |x: f64| (x, (start + slope * x) / scale.unit);
        let ends = [samples.first(), samples.last()];
        let line: Vec<_> = ends.iter().flatten().map(|s| at(seconds(s.time))).collect();
        chart.draw_series(DashedLineSeries::new(line, 3, 3, rss.stroke_width(1)))?;
    }
    Ok(())
}

fn draw_marks<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    scale: &Scale,
    curves: &Curves,
) -> Drawn<B> {
    for (time, _) in &curves.timeline.marks {
        let line = [(seconds(*time), 0.0), (seconds(*time), scale.top)];
        chart.draw_series(DashedLineSeries::new(line, 2, 3, GREY.into()))?;
    }
    let area = chart.plotting_area();
    let style = ("sans-serif", 13).into_font().color(&INK);
    let (range, _) = area.get_pixel_range();
    for (time, mark) in &curves.timeline.marks {
        let x = seconds(*time);
        let (pixel, _) = area.map_coordinate(&(x, scale.top));
        // Where the line would be past the middle, the words stand before it.
        let side = if pixel > (range.start + range.end) / 2 {
            HPos::Right
        } else {
            HPos::Left
        };
        let style = style.pos(Pos::new(side, VPos::Bottom));
        let words = Text::new(shortened(mark, 60), (0, -4), style);
        area.draw(&(EmptyElement::at((x, scale.top)) + words))?;
    }
    Ok(())
}

/// Opens and closes a bracket on the curve where a function is entered and left.
fn draw_brackets<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    scale: &Scale,
    curves: &Curves,
    colours: &Colours,
) -> Drawn<B> {
    let area = chart.plotting_area();
    for stay in &curves.timeline.stays {
        let style = colours.get(&stay.function).stroke_width(2);
        for (time, arm) in [(stay.time.start, 5), (stay.time.end, -5)] {
            let point = (
                seconds(time).clamp(scale.from, scale.to),
                scale.y(curves.rss_at(time)),
            );
            // Inner ones are smaller, so that those that are entered at once can be told apart.
            let tall = (12 - 2 * stay.level.min(4)) as i32;
            let line = vec![(arm, -tall), (0, -tall), (0, tall), (arm, tall)];
            area.draw(&(EmptyElement::at(point) + PathElement::new(line, style)))?;
        }
    }
    Ok(())
}

/// A bar for each stay, what it called below it.
fn draw_bars<B: DrawingBackend>(
    area: &Area<B>,
    scale: &Scale,
    picture: &Picture,
    colours: &Colours,
) -> Drawn<B> {
    let (width, _) = area.dim_in_pixel();
    let (left, right) = (f64::from(MARGIN + LABELS.0), f64::from(width - 10));
    let x = |time: u64| {
        let share = (seconds(time) - scale.from) / (scale.to - scale.from);
        (left + share.clamp(0.0, 1.0) * (right - left)) as i32
    };
    let text = ("sans-serif", 13).into_font().color(&WHITE);
    let text = text.pos(Pos::new(HPos::Left, VPos::Center));
    for stay in picture.curves.iter().flat_map(|c| &c.timeline.stays) {
        if stay.level >= LEVELS {
            continue;
        }
        let (from, to) = (x(stay.time.start), x(stay.time.end));
        let top = (stay.level * BAR) as i32;
        let corners = [(from, top), (to.max(from + 1), top + BAR as i32 - 2)];
        let colour = colours.get(&stay.function);
        area.draw(&Rectangle::new(corners, colour.filled()))?;
        let name = stay.function.rsplit("::").next().unwrap_or_default();
        let room = usize::try_from((to - from - 8) / 7).unwrap_or(0);
        if room >= name.chars().count() {
            let place = (from + 4, top + BAR as i32 / 2);
            area.draw(&Text::new(name.to_owned(), place, text.clone()))?;
        }
    }
    Ok(())
}

fn draw_legend<B: DrawingBackend>(area: &Area<B>, entries: &[Entry]) -> Drawn<B> {
    let text = ("sans-serif", 14).into_font().color(&INK);
    let text = text.pos(Pos::new(HPos::Left, VPos::Center));
    for (entry, row) in entries.iter().zip(0..) {
        let y = 34 + 22 * row;
        let style = entry.colour.stroke_width(2);
        match entry.key {
            Key::Line => area.draw(&PathElement::new(vec![(6, y), (30, y)], style))?,
            Key::Dashed => {
                for x in [6, 15, 24] {
                    area.draw(&PathElement::new(vec![(x, y), (x + 6, y)], style))?;
                }
            }
            Key::Bracket => {
                for (x, arm) in [(8, 5), (28, -5)] {
                    let line = vec![(x + arm, y - 7), (x, y - 7), (x, y + 7), (x + arm, y + 7)];
                    area.draw(&PathElement::new(line, style))?;
                }
            }
            Key::Bar => {
                let corners = [(6, y - 6), (30, y + 6)];
                area.draw(&Rectangle::new(corners, entry.colour.filled()))?;
            }
            Key::Text => {}
        }
        let words = shortened(&entry.text, 42);
        area.draw(&Text::new(words, (38, y), text.clone()))?;
    }
    Ok(())
}

/// The text, its middle left out where it is too long.
fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let half = most / 2;
    let start = text.chars().take(half);
    let end = text.chars().skip(length - (most - half - 1));
    start.chain(['…']).chain(end).collect()
}
