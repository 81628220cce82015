//! Tables as text.

use std::io::{self, Write};

use prettytable::format::{Alignment, FormatBuilder, LinePosition, LineSeparator};
use prettytable::{Cell, Row, Table};

/// A table of text whose columns are as wide as their cells need.
#[derive(Debug)]
pub(super) struct Grid {
    table: Table,
    alignments: Vec<Alignment>,
}

impl Grid {
    /// A table with these columns. A title that begins with `>` aligns its column to the right.
    pub(super) fn new(titles: &[&str]) -> Self {
        let mut table = Table::new();
        table.set_format(
            FormatBuilder::new()
                .column_separator(' ')
                .padding(0, 1)
                .separator(LinePosition::Title, LineSeparator::new('-', ' ', ' ', ' '))
                .build(),
        );
        let alignments: Vec<_> = titles
            .iter()
            .map(|title| match title.starts_with('>') {
                true => Alignment::RIGHT,
                false => Alignment::LEFT,
            })
            .collect();
        let cells = titles
            .iter()
            .zip(&alignments)
            .map(|(title, alignment)| Cell::new_align(title.trim_start_matches('>'), *alignment));
        table.set_titles(Row::new(cells.collect()));
        Self { table, alignments }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: &[String]) {
        let cells = cells.iter().zip(&self.alignments);
        let cells = cells.map(|(text, alignment)| Cell::new_align(text, *alignment));
        self.table.add_row(Row::new(cells.collect()));
    }

    /// Writes the table, without blanks at the ends of lines.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.table.print(&mut bytes)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
