//! What the lines and colours of a picture mean.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::{Functions, Picture};
use crate::time::curves::Curves;
use crate::units;

/// The most functions that have a line of their own.
const FUNCTIONS: usize = 14;

/// The most children that do.
const CHILDREN: usize = 6;

/// Of each file: the resident set and the live heap.
const CURVES: [(RGBColor, RGBColor); 4] = [
    (RGBColor(0x1f, 0x5f, 0xa8), RGBColor(0x2c, 0x9c, 0x5a)),
    (RGBColor(0xc2, 0x5a, 0x12), RGBColor(0xd9, 0xa0, 0x21)),
    (RGBColor(0x7a, 0x3b, 0xa6), RGBColor(0xc0, 0x78, 0xd8)),
    (RGBColor(0x55, 0x55, 0x55), RGBColor(0x9a, 0x9a, 0x9a)),
];

const PALETTE: [RGBColor; 10] = [
    RGBColor(0xd6, 0x27, 0x28),
    RGBColor(0x94, 0x67, 0xbd),
    RGBColor(0xe3, 0x77, 0xc2),
    RGBColor(0x17, 0xa2, 0xb8),
    RGBColor(0xbc, 0x8f, 0x00),
    RGBColor(0x8c, 0x56, 0x4b),
    RGBColor(0x3d, 0x7a, 0x1d),
    RGBColor(0xff, 0x7f, 0x0e),
    RGBColor(0x2b, 0x4c, 0xcf),
    RGBColor(0xa0, 0x1f, 0x66),
];

/// The peak's lines.
pub(super) const PEAK: RGBColor = RGBColor(0xd6, 0x27, 0x28);

/// The colours of a file's resident set and live heap.
pub(super) fn curve_colours(index: usize) -> (RGBColor, RGBColor) {
    CURVES[index % CURVES.len()]
}

/// The colour of a child.
pub(super) fn child_colour(index: usize) -> RGBColor {
    PALETTE[(index + 3) % PALETTE.len()]
}

/// How the line before an entry is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Line,
    Dashed,
    Bracket,
    Bar,
    /// None.
    Text,
}

/// A line of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) colour: RGBColor,
    pub(super) text: String,
}

/// All stays in one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) function: String,
    pub(super) calls: u64,
    /// Nanoseconds; those of all threads.
    pub(super) time: u64,
}

/// The functions of a file, those first that took longest.
pub(super) fn totals(curves: &Curves) -> Vec<Total> {
    let mut totals = BTreeMap::<&str, (u64, u64)>::new();
    for stay in &curves.timeline.stays {
        let (calls, time) = totals.entry(&stay.function).or_default();
        *calls = calls.saturating_add(stay.calls);
        *time = time.saturating_add(stay.time.end - stay.time.start);
    }
    let mut totals: Vec<Total> = totals
        .into_iter()
        .map(|(function, (calls, time))| Total {
            function: function.to_owned(),
            calls,
            time,
        })
        .collect();
    totals.sort_by(|a, b| {
        b.time
            .cmp(&a.time)
            .then_with(|| a.function.cmp(&b.function))
    });
    totals
}

/// The colours of functions: each has the same one in all files.
pub(super) struct Colours(BTreeMap<String, RGBColor>);

impl Colours {
    pub(super) fn of(picture: &Picture) -> Self {
        let mut colours = BTreeMap::new();
        for total in picture.curves.iter().flat_map(totals) {
            let next = PALETTE[colours.len() % PALETTE.len()];
            colours.entry(total.function).or_insert(next);
        }
        Self(colours)
    }

    pub(super) fn get(&self, function: &str) -> RGBColor {
        self.0.get(function).copied().unwrap_or(PALETTE[0])
    }
}

/// The lines of the legend.
pub(super) fn entries(picture: &Picture, colours: &Colours) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, curves) in picture.curves.iter().enumerate() {
        if picture.curves.len() > 1 {
            entries.push(Entry {
                key: Key::Text,
                colour: PEAK,
                text: curves.file.clone(),
            });
        }
        file(picture, index, curves, &mut entries);
        if picture.functions != Functions::None {
            functions(picture, curves, colours, &mut entries);
        }
    }
    entries
}

fn file(picture: &Picture, index: usize, curves: &Curves, entries: &mut Vec<Entry>) {
    let (rss, live) = curve_colours(index);
    let mut add = |key, colour, text| entries.push(Entry { key, colour, text });
    add(Key::Line, rss, "resident set (RSS)".to_owned());
    if let Some(peak) = curves.rss_peak() {
        let (bytes, time) = (units::bytes(peak.bytes), units::time(peak.time));
        add(Key::Dashed, PEAK, format!("highest: {bytes} at {time}"));
    }
    if let Some(peak) = curves.live_peak() {
        let (bytes, time) = (units::bytes(peak.bytes), units::time(peak.time));
        add(
            Key::Line,
            live,
            format!("live heap, up to {bytes} at {time}"),
        );
    }
    if let Some((slope, _)) = curves.trend().filter(|_| picture.slope) {
        let slope = units::change(slope as i128);
        add(Key::Dashed, rss, format!("trend: {slope} per second"));
    }
    let children = &curves.timeline.children;
    let mut largest: Vec<_> = children
        .iter()
        .enumerate()
        .map(|(index, (process, samples))| {
            let peak = samples.iter().map(|sample| sample.rss).max();
            (peak.unwrap_or(0), index, process)
        })
        .collect();
    largest.sort_by_key(|&(peak, index, _)| (u64::MAX - peak, index));
    for &(peak, index, process) in largest.iter().take(CHILDREN) {
        let text = format!("child {process}, up to {}", units::bytes(peak));
        add(Key::Line, child_colour(index), text);
    }
    let more = children.len().saturating_sub(CHILDREN);
    if more > 0 {
        add(Key::Text, rss, format!("… and {more} children more"));
    }
}

fn functions(picture: &Picture, curves: &Curves, colours: &Colours, entries: &mut Vec<Entry>) {
    let totals = totals(curves);
    let key = match picture.functions {
        Functions::Bars => Key::Bar,
        _ => Key::Bracket,
    };
    for total in totals.iter().take(FUNCTIONS) {
        let calls = match total.calls {
            0 | 1 => String::new(),
            calls => format!(", {} calls", units::count(calls)),
        };
        let (name, time) = (short(&total.function), units::time(total.time));
        entries.push(Entry {
            key,
            colour: colours.get(&total.function),
            text: format!("{name} {time}{calls}"),
        });
    }
    let more = totals.len().saturating_sub(FUNCTIONS);
    if more > 0 {
        entries.push(Entry {
            key: Key::Text,
            colour: PEAK,
            text: format!("… and {more} functions more"),
        });
    }
}

/// A path by its last two parts.
fn short(function: &str) -> String {
    let parts: Vec<&str> = function.rsplitn(3, "::").collect();
    match &*parts {
        [name, outer, _] if !function.contains('<') => format!("{outer}::{name}"),
        _ => function.to_owned(),
    }
}
