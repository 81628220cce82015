//! Reports: plain data in, text or JSON out.

mod stats;
mod summary;
mod table;
mod top;

#[cfg(test)]
mod sample;

use std::io;

use prettytable::format::{FormatBuilder, LinePosition, LineSeparator};
use prettytable::{Cell, Row as Line};
use profile_trace::view::Amount;
use serde_json::Value;

use crate::cli::By;
use crate::load::Report;

/// One form of a report.
pub(crate) trait Reporter {
    /// Writes it for a person.
    fn text(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()>;

    /// The same for a program: sizes in bytes, times in nanoseconds.
    fn json(&self, report: &Report) -> Value;
}

pub(crate) fn stats(top: usize) -> Box<dyn Reporter> {
    Box::new(stats::Stats { top })
}

pub(crate) fn summary(rows: usize) -> Box<dyn Reporter> {
    Box::new(summary::Summary { rows })
}

pub(crate) fn top(by: By, rows: usize) -> Box<dyn Reporter> {
    Box::new(top::Top { by, rows })
}

pub(crate) fn table(rows: usize) -> Box<dyn Reporter> {
    Box::new(table::Table { rows })
}

/// The sum of all rows.
fn sum(report: &Report) -> Amount {
    let amounts = report.rows.iter().map(|row| row.amount);
    amounts.fold(Amount::default(), |sum, amount| Amount {
        blocks: sum.blocks + amount.blocks,
        bytes: sum.bytes + amount.bytes,
    })
}

/// Figures to the right, the last column, which is as long as it needs to be, to the left.
fn aligned(
    out: &mut dyn io::Write,
    titles: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> io::Result<()> {
    let format = FormatBuilder::new()
        .padding(0, 2)
        .separator(LinePosition::Title, LineSeparator::new('-', '-', '-', '-'))
        .build();
    let mut table = prettytable::Table::new();
    table.set_format(format);
    let last = titles.len().saturating_sub(1);
    let line = |cells: Vec<String>| {
        let cell = |(index, text): (usize, String)| {
            let cell = Cell::new(&text);
            if index == last {
                cell
            } else {
                cell.style_spec("r")
            }
        };
        Line::new(cells.into_iter().enumerate().map(cell).collect())
    };
    table.set_titles(line(
        titles.iter().map(|title| (*title).to_owned()).collect(),
    ));
    for row in rows {
        table.add_row(line(row));
    }
    for line in table.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Says how much of a report is not shown.
fn rest(out: &mut dyn io::Write, hidden: &[Amount]) -> io::Result<()> {
    if hidden.is_empty() {
        return Ok(());
    }
    let bytes = hidden.iter().map(|amount| amount.bytes).sum();
    let bytes = crate::units::bytes(bytes);
    let rows = hidden.len();
    writeln!(
        out,
        "{rows} more rows, {bytes} together (--rows shows them)"
    )
}
