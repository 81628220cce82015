//! Tables as text.

use std::io::{self, Write};
use std::iter;

use prettytable::format::{Alignment, FormatBuilder, LinePosition, LineSeparator};
use prettytable::{Cell, Row, Table};

use super::paint::{Paint, plain};

/// A table of text whose columns are as wide as their cells need.
#[derive(Debug)]
pub(super) struct Grid {
    table: Table,
    alignments: Vec<Alignment>,
    /// What was given, with its colours: the titles, and the rows.
    lines: Vec<Vec<String>>,
}

impl Grid {
    /// A table with these columns. A title that begins with `>` aligns its column to the right.
    pub(super) fn new(titles: &[&str], paint: Paint) -> Self {
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
        let titles = titles.iter().map(|title| title.trim_start_matches('>'));
        let titles: Vec<String> = titles.map(|title| paint.heading(title)).collect();
        table.set_titles(cells(&titles, &alignments));
        Self {
            table,
            alignments,
            lines: vec![titles],
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: &[String]) {
        self.table.add_row(self::cells(cells, &self.alignments));
        self.lines.push(cells.to_vec());
    }

    /// Writes the table, without blanks at the ends of lines.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.table.print(&mut bytes)?;
        let painted = self.lines.iter().zip(0..).flat_map(|(cells, index)| {
            let heights = cells.iter().map(|cell| cell.lines().count());
            // Under the titles is a rule.
            let more = heights.max().unwrap_or(1).max(1) - 1 + usize::from(index == 0);
            iter::once(&**cells).chain(iter::repeat_n(&[][..], more))
        });
        for (line, cells) in String::from_utf8_lossy(&bytes).lines().zip(painted) {
            writeln!(out, "{}", repainted(line.trim_end(), cells))?;
        }
        Ok(())
    }
}

/// A row of plain text: a table would count a colour's codes for its width.
fn cells(texts: &[String], alignments: &[Alignment]) -> Row {
    let cells = texts.iter().zip(alignments);
    let cells = cells.map(|(text, alignment)| Cell::new_align(&plain(text), *alignment));
    Row::new(cells.collect())
}

/// A line with its cells as they were given: between them are blanks alone.
fn repainted(line: &str, cells: &[String]) -> String {
    let mut painted = String::with_capacity(line.len());
    let mut rest = line;
    for cell in cells.iter().filter_map(|cell| cell.lines().next()) {
        let text = plain(cell);
        let text = text.trim_end();
        if let Some(at) = rest.find(text) {
            painted.push_str(&rest[..at]);
            painted.push_str(cell.trim_end());
            rest = &rest[at + text.len()..];
        }
    }
    painted + rest
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn colours_stay_with_their_cells() {
        let paint = Paint { on: true };
        let mut grid = Grid::new(&[">Size", "Place"], paint);
        let cell = |size: &str, place: &str| [size.to_owned(), place.to_owned()];
        grid.row(&cell("1 B", "outer\n  inner"));
        grid.row(&[paint.change(-10, "10 B".to_owned()), "10 B".to_owned()]);
        let mut bytes = Vec::new();
        grid.write(&mut bytes).expect("memory takes it");
        let text = String::from_utf8(bytes).expect("it is UTF-8");
        let text = text.replace('\x1b', "^");
        expect![[r#"
            ^[1mSize^[0m  ^[1mPlace^[0m
            ----- --------
             1 B  outer
                    inner
            ^[32m10 B^[0m  10 B
        "#]]
        .assert_eq(&text);
    }
}
