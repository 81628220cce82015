//! Draws the state on the screen.

mod table;
#[cfg(test)]
mod tests;

use profile_trace::live::End;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Sparkline};

use super::history::Point;
use super::keys::HELP;
use super::state::State;
use crate::units;

/// Rows of a graph, where the screen is high enough.
const GRAPH: u16 = 3;

/// Screens lower than this show no graphs.
const LOW: u16 = 16;

/// Draws the whole screen; `output` has the last lines that the program printed.
pub(super) fn draw(state: &mut State, output: &[String], frame: &mut Frame<'_>) {
    let area = frame.area();
    let graphs = if area.height >= LOW { GRAPH } else { 0 };
    let printed = if state.shows_output {
        area.height / 3
    } else {
        0
    };
    let [
        head,
        figures,
        graph,
        title,
        columns,
        rows,
        below,
        status,
        keys,
    ] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(graphs),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(printed),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(heading(state), head);
    frame.render_widget(memory(state), figures);
    draw_graphs(state, frame, graph);
    frame.render_widget(table::title(state), title);
    let layout = table::Columns::within(usize::from(area.width));
    frame.render_widget(layout.heading(state), columns);
    state.scroll(rows.height.into());
    frame.render_widget(table::rows(state, &layout, rows), rows);
    if printed > 0 {
        frame.render_widget(printed_lines(output, below), below);
    }
    frame.render_widget(last_word(state), status);
    frame.render_widget(help(state), keys);
}

const fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

const fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn heading(state: &State) -> Line<'static> {
    let model = &state.model;
    let command = model.command();
    let program = command.split(' ').next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    let threads = match model.moment.threads {
        1 => "1 thread".to_owned(),
        number => format!("{number} threads"),
    };
    let arguments = command.strip_prefix(program).unwrap_or_default().to_owned();
    Line::from(vec![
        Span::styled(name, bold()),
        Span::raw(format!(
            "  pid {}  {threads}  {}{}",
            model.process(),
            clock(model.moment.time),
            if state.is_paused { "  PAUSED" } else { "" },
        )),
        Span::styled(format!(" {arguments}"), dim()),
    ])
}

/// A time as `1:02:03` or `2:03`.
fn clock(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn memory(state: &State) -> Line<'static> {
    let (moment, highest) = (&state.model.moment, state.model.history.highest());
    let figure = |name: &'static str, color, now, highest| {
        [
            Span::styled(name, Style::new().fg(color)),
            Span::styled(format!(" {}", units::bytes(now)), bold()),
            Span::raw(format!(" (max {})  ", units::bytes(highest))),
        ]
    };
    let heap = figure(
        "heap",
        Color::Green,
        moment.heap,
        moment.peak.max(highest.heap),
    );
    let rss = figure("RSS", Color::Blue, moment.rss, highest.rss);
    let mut line: Vec<Span<'static>> = heap.into_iter().chain(rss).collect();
    if state.model.skipped > 0 {
        line.push(Span::raw(format!(
            "{} refreshes left out",
            units::count(state.model.skipped)
        )));
    }
    if moment.lost > 0 {
        line.push(Span::raw(format!("  {} lost", units::blocks(moment.lost))));
    }
    Line::from(line)
}

fn draw_graphs(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let halves = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(2),
        Constraint::Fill(1),
    ]);
    let [heap, _, rss] = halves.areas(area);
    let mut graph = |area: Rect, color, figure: fn(&Point) -> u64| {
        let points = state.model.history.columns(area.width.into());
        let data: Vec<u64> = points.iter().map(figure).collect();
        let graph = Sparkline::default().data(data);
        frame.render_widget(graph.style(Style::new().fg(color)), area);
    };
    graph(heap, Color::Green, |point| point.heap);
    graph(rss, Color::Blue, |point| point.rss);
}

fn printed_lines(output: &[String], area: Rect) -> Paragraph<'static> {
    let height = usize::from(area.height).saturating_sub(1);
    let first = output.len().saturating_sub(height);
    let mut lines = vec![Line::styled("─ Output ─", dim())];
    lines.extend(
        output[first..]
            .iter()
            .map(|line| Line::raw(line.replace('\t', "    "))),
    );
    Paragraph::new(lines)
}

/// How the program ended, in words.
pub(super) fn ending(end: Option<End>) -> String {
    match end {
        Some(End::Status(status)) => format!("program finished, exit status {status}"),
        Some(End::Signal(signal)) => format!("program ended by signal {signal}"),
        None => "program finished, or cannot be reached any more".to_owned(),
    }
}

fn last_word(state: &State) -> Line<'static> {
    if state.is_gone {
        return Line::styled(ending(state.model.end), bold().fg(Color::Yellow));
    }
    let before = state.model.before();
    let texts = match &state.message {
        Some(message) => [Some(message.clone()), before],
        None => [before, state.model.problem()],
    };
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    Line::raw(texts.join("; "))
}

fn help(state: &State) -> Line<'static> {
    if state.is_typing() {
        return Line::styled("Enter keeps the search, Esc ends it", dim());
    }
    let record = if state.is_recording {
        "stop recording"
    } else {
        "record"
    };
    let pause = if state.is_paused { "go on" } else { "pause" };
    let help = HELP.replace("r record", &format!("r {record}"));
    Line::styled(help.replace("p pause", &format!("p {pause}")), dim())
}
