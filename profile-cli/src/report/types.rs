//! What memory is for: the types that it was allocated for.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Grid;
use super::{Input, Reporter, heading, json};
use crate::profile::{Grouping, groups, name};
use crate::units;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    /// The largest first.
    #[default]
    Size,
    /// The most objects first.
    Objects,
    /// By name.
    Type,
}

/// The types that memory was allocated for.
#[derive(Clone, Copy, Debug)]
pub struct Types {
    /// What rows are sorted by.
    pub sort: Sort,
    /// The most rows.
    pub limit: usize,
    /// Whether a program is to read it.
    pub json: bool,
}

#[derive(Serialize)]
struct Row {
    #[serde(rename = "type")]
    of_type: String,
    objects: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Document {
    view: &'static str,
    types: Vec<Row>,
}

impl Reporter for Types {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let groups = groups(input.profile, input.view, Grouping::Type);
        let rows = groups.into_iter().map(|group| Row {
            of_type: group.label,
            objects: group.own_blocks,
            bytes: group.own_bytes,
        });
        let mut rows: Vec<Row> = rows.collect();
        match self.sort {
            Sort::Size => {} // as groups come
            Sort::Objects => rows.sort_by_key(|row| std::cmp::Reverse(row.objects)),
            Sort::Type => rows.sort_by(|a, b| a.of_type.cmp(&b.of_type)),
        }
        if self.json {
            let document = Document {
                view: name(input.view),
                types: rows,
            };
            return json(&document, out);
        }
        heading(input, out)?;
        writeln!(out)?;
        let rest = rows.split_off(rows.len().min(self.limit));
        let mut grid = Grid::new(&[">Types", "># objects", ">Total size"], input.paint);
        for row in &rows {
            let (objects, size) = (units::count(row.objects), units::bytes(row.bytes));
            grid.row(&[row.of_type.clone(), objects, size]);
        }
        grid.write(out)?;
        if !rest.is_empty() {
            let bytes: u64 = rest.iter().map(|row| row.bytes).sum();
            let (count, bytes) = (units::count(rest.len() as u64), units::bytes(bytes));
            writeln!(
                out,
                "… {count} more types, with {bytes}; --limit N shows more"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use profile_trace::view::View;

    use super::super::sample::check;
    use super::*;

    fn check_types(sort: Sort, limit: usize, json: bool, expected: Expect) {
        check(&Types { sort, limit, json }, View::Peak, expected);
    }

    #[test]
    fn the_largest_come_first() {
        check_types(
            Sort::Size,
            10,
            false,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

                           Types  # objects  Total size
            --------------------- ---------- -----------
            in app::Index::build        240     5.0 MiB
                  in worker::run          3     1.0 MiB
                    in app::read          1     2.0 KiB
        "#]],
        );
    }

    #[test]
    fn by_name_with_a_rest() {
        check_types(
            Sort::Type,
            1,
            false,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

                           Types  # objects  Total size
            --------------------- ---------- -----------
            in app::Index::build        240     5.0 MiB
            … 2 more types, with 1.0 MiB; --limit N shows more
        "#]],
        );
    }

    #[test]
    fn as_json() {
        check_types(
            Sort::Objects,
            1,
            true,
            expect![[r#"
            {
              "view": "peak",
              "types": [
                {
                  "type": "in app::Index::build",
                  "objects": 240,
                  "bytes": 5242880
                },
                {
                  "type": "in worker::run",
                  "objects": 3,
                  "bytes": 1048576
                },
                {
                  "type": "in app::read",
                  "objects": 1,
                  "bytes": 2048
                }
              ]
            }
        "#]],
        );
    }
}
