//! The text tables: annotated source with its figures to the left.

use prettytable::format::{Alignment, FormatBuilder};
use prettytable::{Cell, Row, Table};

use super::columns::Column;
use super::{Function, Line, Report, hints, legend, text};
use crate::config::Config;

/// Columns between two columns of the table.
const GAP: usize = 2;

/// No column of figures is narrower, so that tables of one report look alike.
const NARROWEST: usize = 11;

/// Where the function's name stands, unless a long file name pushes it on: above the source of a
/// default table.
const NAME_COLUMN: usize = 48;

/// How many rows of a table may stand out at most.
const OUTSTANDING: usize = 3;

/// All tables, the legend and the notes. `terminal` says that the reader is one: the heaviest rows
/// stand out, unless colour is turned off.
pub(crate) fn render(report: &Report, config: &Config, terminal: bool) -> String {
    let mut out = String::new();
    for (i, function) in report.functions.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        push_function(&mut out, function, config, terminal && config.color);
    }
    if !report.functions.is_empty() {
        out.push('\n');
        out.push_str(&text::wrapped(
            &legend::text(&config.columns),
            legend::WIDTH,
        ));
        out.push('\n');
    }
    for note in &report.notes {
        out.push_str(&text::wrapped(
            &format!("Note: {}", text::one_line(note)),
            legend::WIDTH,
        ));
        out.push('\n');
    }
    out
}

fn push_function(out: &mut String, function: &Function, config: &Config, color: bool) {
    let table = layout(function, config);
    let mut lines = table.lines().map(str::trim_end);
    let titles = lines.next().unwrap_or_default();
    let file = format!("Filename: {}", text::one_line(&function.file));
    let gap = NAME_COLUMN.saturating_sub(text::width(&file)).max(3);
    let name = text::one_line(&function.name);
    out.push_str(&format!("{file}{:gap$}function: {name}\n\n", ""));
    // The rule is as long as the titles, whatever the length of the source lines.
    out.push_str(&format!("{titles}\n{}\n", "=".repeat(text::width(titles))));

    let emphasis = emphasized(function, &config.columns);
    for (row, line) in lines.enumerate() {
        let style = emphasis.iter().find(|(r, _)| *r == row && color);
        match style {
            Some((_, escape)) => out.push_str(&format!("{escape}{line}\x1b[0m\n")),
            None => out.push_str(&format!("{line}\n")),
        }
    }
    if let Some(threads) = legend::threads(&function.threads) {
        out.push_str(&format!("{threads}\n"));
    }
    for hint in hints::of(function) {
        out.push_str(&format!("{hint}\n"));
    }
}

/// A space more than the gap sets the source apart from the figures.
const SOURCE_TITLE: &str = " Line Contents";

/// The rows as prettytable lays them out, titles first.
fn layout(function: &Function, config: &Config) -> String {
    let right = |text: &str| Cell::new_align(text, Alignment::RIGHT);
    let mut table = Table::new();
    table.set_format(FormatBuilder::new().padding(0, GAP).build());

    let mut titles = vec![right("Line #")];
    let widened = |c: &Column| right(&format!("{:>NARROWEST$}", c.title()));
    titles.extend(config.columns.iter().map(widened));
    titles.push(Cell::new(SOURCE_TITLE));
    table.set_titles(Row::new(titles));

    for line in &function.lines {
        let mut cells = vec![right(&line.line.to_string())];
        let figure = |c: &Column| right(&figure(line, *c, config));
        cells.extend(config.columns.iter().map(figure));
        cells.push(Cell::new(&format!(" {}", text::one_line(&line.source))));
        table.add_row(Row::new(cells));
    }
    let mut bytes = Vec::new();
    table
        .print(&mut bytes)
        .expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("a table of strings is a string")
}

/// One cell: blank where the line never ran.
fn figure(line: &Line, column: Column, config: &Config) -> String {
    let figures = line.figures.as_ref();
    figures.map_or_else(String::new, |f| column.value(f).text(config))
}

/// The rows that stand out on a terminal, with the escape sequence that makes them: those with at
/// least half of the largest increment or, where it is shown, of the largest peak. The first of
/// all is red.
fn emphasized(function: &Function, columns: &[Column]) -> Vec<(usize, &'static str)> {
    let mut rows = Vec::new();
    for column in [Column::Increment, Column::Peak] {
        if !columns.contains(&column) {
            continue;
        }
        let mut weights: Vec<(i128, usize)> = Vec::new();
        for (row, line) in function.lines.iter().enumerate() {
            let weight = line
                .figures
                .as_ref()
                .and_then(|f| column.value(f).integer());
            weights.extend(weight.filter(|w| *w > 0).map(|w| (w, row)));
        }
        weights.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let largest = weights.first().map_or(0, |w| w.0);
        let heavy = weights
            .iter()
            .take_while(|w| w.0 * 2 >= largest)
            .take(OUTSTANDING);
        rows.extend(heavy.map(|w| w.1));
    }
    let style = |(i, row)| (row, if i == 0 { "\x1b[1;31m" } else { "\x1b[1m" });
    rows.into_iter().enumerate().map(style).collect()
}

#[cfg(test)]
mod tests;
