//! The table: what takes memory, a row each.

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::model::Sum;
use super::super::state::{Sort, State, View};
use super::{bold, clock, dim};
use crate::units;

/// Stacks that are shown of a row.
const STACKS: usize = 5;

/// What the table is of.
pub(super) fn title(state: &State) -> Line<'static> {
    let all = state.model.all();
    let what = match (state.view, state.model.marked()) {
        (View::Live, _) => "Live, by function".to_owned(),
        (View::Types, _) => "Live, by type".to_owned(),
        (View::Lines, _) => "Live, by line".to_owned(),
        (View::Leaks, None) => "Leaks so far: allocated since the start".to_owned(),
        (View::Leaks, Some(mark)) => format!("Leaks so far: grown since {}", clock(mark)),
    };
    let thread = match state.thread {
        None => "all threads".to_owned(),
        Some(thread) => state.model.thread_name(thread),
    };
    let bytes = units::bytes(state.view.bytes(all).max(0).unsigned_abs());
    let blocks = units::blocks(all.blocks.max(0).unsigned_abs());
    let mut line = vec![Span::styled(format!("{what}: {bytes}"), bold())];
    if state.view != View::Leaks {
        line.push(Span::raw(format!(" in {blocks}")));
    }
    line.push(Span::raw(format!(", {thread}")));
    if state.is_typing() || !state.wanted.is_empty() {
        let cursor = if state.is_typing() { "▏" } else { "" };
        line.push(Span::raw(format!("  /{}{cursor}", state.wanted)));
    }
    Line::from(line)
}

/// Which columns there is room for, and how wide the location is.
pub(super) struct Columns {
    location: usize,
    own: bool,
    allocs: bool,
    type_: usize,
}

impl Columns {
    pub(super) fn within(width: usize) -> Self {
        const TOTAL: usize = 20; // with its share
        const OWN: usize = 20;
        const ALLOCS: usize = 12;
        let own = width >= 72;
        let allocs = width >= 52;
        let type_ = if width >= 96 { width / 4 } else { 0 };
        let figures = TOTAL + usize::from(own) * OWN + usize::from(allocs) * ALLOCS;
        let taken = figures + if type_ > 0 { type_ + 2 } else { 0 };
        Self {
            location: width.saturating_sub(taken).max(8),
            own,
            allocs,
            type_,
        }
    }

    pub(super) fn heading(&self, state: &State) -> Line<'static> {
        let style = |sort| {
            let style = bold().add_modifier(Modifier::UNDERLINED);
            if state.sort == sort {
                style.fg(Color::Yellow)
            } else {
                style
            }
        };
        let plain = bold().add_modifier(Modifier::UNDERLINED);
        let location = match state.view {
            View::Types => "Type",
            _ => "Location",
        };
        let mark = |sort| if state.sort == sort { "▾" } else { "" };
        let total = format!("{}Total", mark(Sort::Total));
        let mut line = vec![
            Span::styled(format!("{location:<width$}", width = self.location), plain),
            Span::styled(format!("{total:>12}{:>8}", "%"), style(Sort::Total)),
        ];
        if self.own {
            let own = format!("{}Own", mark(Sort::Own));
            line.push(Span::styled(
                format!("{own:>12}{:>8}", "%"),
                style(Sort::Own),
            ));
        }
        if self.allocs {
            let allocs = format!("{}Allocs", mark(Sort::Allocations));
            line.push(Span::styled(
                format!("{allocs:>12}"),
                style(Sort::Allocations),
            ));
        }
        if self.type_ > 0 && state.view != View::Types {
            line.push(Span::styled(
                format!("  {:<width$}", "Type", width = self.type_),
                plain,
            ));
        }
        Line::from(line)
    }
}

/// As much of a text as there is room for, the start left out where it is too long: the end says more.
fn fitted(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return format!("{text:<width$}");
    }
    let rest: String = text.chars().skip(length + 1 - width.max(1)).collect();
    format!("…{rest}")
}

/// The rows.
pub(super) fn rows(state: &State, columns: &Columns, area: Rect) -> Paragraph<'static> {
    let whole = state.view.bytes(state.model.all()).max(0).unsigned_abs();
    if state.rows.is_empty() {
        return Paragraph::new(match (&*state.wanted, state.view) {
            ("", View::Leaks) => "Nothing has grown.",
            ("", _) => "Nothing lives yet that was allocated since it is watched.",
            _ => "Nothing matches; Esc ends the search.",
        });
    }
    let height = usize::from(area.height);
    let mut lines = Vec::with_capacity(height);
    for (row, shown) in state.rows.iter().enumerate().skip(state.top) {
        if lines.len() >= height {
            break;
        }
        let group = &state.model.groups()[shown.group as usize];
        let text = |bytes: i64| units::change(bytes.into()).replace('+', "");
        let share = |bytes: i64| units::share(bytes.max(0).unsigned_abs(), whole);
        let label = if group.place.is_empty() {
            group.label.clone()
        } else {
            format!("{}  {}", group.label, group.place)
        };
        // The label says more than where it is.
        let label = if label.chars().count() > columns.location {
            group.label.clone()
        } else {
            label
        };
        let mut line = vec![
            Span::raw(fitted(&label, columns.location)),
            Span::styled(
                format!("{:>12}{:>8}", text(shown.total), share(shown.total)),
                heat(shown.total, whole),
            ),
        ];
        if columns.own {
            let own = match shown.own {
                0 => String::new(),
                own => text(own),
            };
            let share = if own.is_empty() {
                String::new()
            } else {
                share(shown.own)
            };
            line.push(Span::raw(format!("{own:>12}{share:>8}")));
        }
        if columns.allocs {
            line.push(Span::raw(format!("{:>12}", units::count(shown.allocs))));
        }
        if columns.type_ > 0 && state.view != View::Types {
            let type_ = state.model.type_of(shown.group);
            line.push(Span::styled(
                format!("  {}", fitted(type_, columns.type_)),
                dim(),
            ));
        }
        let mut line = Line::from(line);
        if row == state.cursor {
            line = line.style(Style::new().add_modifier(Modifier::REVERSED));
        }
        lines.push(line);
        if state.expanded == Some(shown.group) {
            lines.extend(stacks(state, shown.group, usize::from(area.width)));
        }
    }
    Paragraph::new(lines)
}

/// The largest stacks of a row.
fn stacks(state: &State, group: u32, width: usize) -> Vec<Line<'static>> {
    let stacks = state.model.stacks_of(group, STACKS);
    let line = |(sum, functions): (Sum, Vec<&str>)| {
        let short: Vec<&str> = functions.iter().map(|name| last_parts(name)).collect();
        let bytes = units::bytes(state.view.bytes(&sum).max(0).unsigned_abs());
        let calls = fitted(&short.join(" › "), width.saturating_sub(14));
        Line::styled(format!("{bytes:>12}  {calls}"), dim())
    };
    stacks.into_iter().map(line).collect()
}

/// The last two parts of a function's path: `Index::build`.
fn last_parts(name: &str) -> &str {
    let mut ends = name.rmatch_indices("::");
    match ends.nth(1) {
        // Not within the arguments of a type.
        Some((at, _)) if !name[at..].contains(['<', '>', '(']) => &name[at + 2..],
        _ => name,
    }
}

/// The colour of a share.
fn heat(part: i64, whole: u64) -> Style {
    let percent = i128::from(part) * 100 / i128::from(whole.max(1));
    match percent {
        50.. => Style::new().fg(Color::Red),
        10.. => Style::new().fg(Color::Yellow),
        _ => Style::new(),
    }
}
