//! The places that allocated most, by line, function, crate or stack.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Grid;
use super::{Input, Paint, Reporter, heading, json};
use crate::profile::{Group, Grouping, groups, name};
use crate::units;

/// The places that allocated most.
#[derive(Clone, Copy, Debug)]
pub struct Top {
    /// What is added up.
    pub by: Grouping,
    /// How many are shown.
    pub limit: usize,
    /// Whether a program is to read it.
    pub json: bool,
}

#[derive(Serialize)]
struct Document {
    view: &'static str,
    bytes: u64,
    blocks: u64,
    groups: Vec<Group>,
}

impl Reporter for Top {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut groups = groups(input.profile, input.view, self.by);
        let sum = input.profile.sum(input.view);
        let rest = groups.split_off(groups.len().min(self.limit));
        if self.json {
            let document = Document {
                view: name(input.view),
                bytes: sum.bytes,
                blocks: sum.blocks,
                groups,
            };
            return json(&document, out);
        }
        heading(input, out)?;
        writeln!(out)?;
        if self.by == Grouping::Stack {
            for group in &groups {
                stack(group, sum.bytes, out)?;
            }
        } else {
            grid(&groups, sum.bytes, self.by, input.paint).write(out)?;
        }
        if !rest.is_empty() {
            let bytes: u64 = rest.iter().map(|group| group.own_bytes).sum();
            writeln!(
                out,
                "… {} more, with {} of their own; --limit N shows more",
                units::count(rest.len() as u64),
                units::bytes(bytes)
            )?;
        }
        Ok(())
    }
}

/// A table of groups.
pub(super) fn grid(groups: &[Group], whole: u64, by: Grouping, paint: Paint) -> Grid {
    let title = match by {
        Grouping::Line => "Line",
        Grouping::Function => "Function",
        Grouping::Crate => "Crate",
        Grouping::Stack => "Stack",
        Grouping::Type => "Type",
    };
    let mut titles = vec![">Own", ">%", ">Blocks", ">Total", ">%", title];
    let with_function = by == Grouping::Line;
    if with_function {
        titles.push("Function");
    }
    let mut grid = Grid::new(&titles, paint);
    for group in groups {
        let mut cells = vec![
            units::bytes(group.own_bytes),
            paint.share(group.own_bytes, whole, units::share(group.own_bytes, whole)),
            units::count(group.own_blocks),
            units::bytes(group.total_bytes),
            paint.share(
                group.total_bytes,
                whole,
                units::share(group.total_bytes, whole),
            ),
            group.label.clone(),
        ];
        if with_function {
            cells.push(group.function.clone().unwrap_or_default());
        }
        grid.row(&cells);
    }
    grid
}

fn stack(group: &Group, whole: u64, out: &mut dyn Write) -> io::Result<()> {
    let (bytes, blocks) = (
        units::bytes(group.own_bytes),
        units::blocks(group.own_blocks),
    );
    let share = units::share(group.own_bytes, whole);
    writeln!(out, "{bytes} ({share}) in {blocks}\n  {}\n", group.label)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use profile_trace::view::View;

    use super::super::paint::plain;
    use super::super::sample::check;
    use super::*;

    fn check_top(by: Grouping, limit: usize, expected: Expect) {
        check(
            &Top {
                by,
                limit,
                json: false,
            },
            View::Peak,
            expected,
        );
    }

    #[test]
    fn by_line() {
        check_top(
            Grouping::Line,
            10,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

                Own       %  Blocks    Total       %  Line                       Function
            -------- ------- ------- -------- ------- -------------------------- ------------------
            5.0 MiB  83.3 %     240  5.0 MiB  83.3 %  src/index.rs:12            app::Index::build
            1.0 MiB  16.7 %       3  1.0 MiB  16.7 %  worker-1.0.0/src/lib.rs:7  worker::run
            2.0 KiB   0.0 %       1  2.0 KiB   0.0 %  src/index.rs:30            app::read
                0 B   0.0 %       0  5.0 MiB  83.3 %  src/main.rs:40             app::main
        "#]],
        );
    }

    /// The columns stay as wide as without.
    #[test]
    fn colours_change_nothing_but_the_colour() {
        let profile = super::super::sample::profile();
        let written = |on| {
            let input = Input {
                profile: &profile,
                view: View::Peak,
                filter: &crate::profile::Filter::default(),
                paint: Paint { on },
            };
            let mut bytes = Vec::new();
            let top = Top {
                by: Grouping::Crate,
                limit: 10,
                json: false,
            };
            top.write(&input, &mut bytes).expect("memory takes it");
            String::from_utf8(bytes).expect("reports are UTF-8")
        };
        let painted = written(true);
        assert!(painted.contains("\x1b[31m83.3 %\x1b[0m"), "{painted:?}");
        assert_eq!(plain(&painted), written(false));
    }

    #[test]
    fn by_function() {
        check_top(
            Grouping::Function,
            10,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

                Own       %  Blocks    Total       %  Function
            -------- ------- ------- -------- ------- ------------------
            5.0 MiB  83.3 %     240  5.0 MiB  83.3 %  app::Index::build
            1.0 MiB  16.7 %       3  1.0 MiB  16.7 %  worker::run
            2.0 KiB   0.0 %       1  2.0 KiB   0.0 %  app::read
                0 B   0.0 %       0  5.0 MiB  83.3 %  app::main
        "#]],
        );
    }

    #[test]
    fn by_crate() {
        check_top(
            Grouping::Crate,
            10,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

                Own       %  Blocks    Total       %  Crate
            -------- ------- ------- -------- ------- -------
            5.0 MiB  83.3 %     241  5.0 MiB  83.3 %  app
            1.0 MiB  16.7 %       3  1.0 MiB  16.7 %  worker
        "#]],
        );
    }

    #[test]
    fn by_stack_with_a_rest() {
        check_top(
            Grouping::Stack,
            1,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

            5.0 MiB (83.3 %) in 240 blocks
              app::Index::build (src/index.rs:12)
              app::main (src/main.rs:40)

            … 2 more, with 1.0 MiB of their own; --limit N shows more
        "#]],
        );
    }

    #[test]
    fn as_json() {
        let top = Top {
            by: Grouping::Line,
            limit: 1,
            json: true,
        };
        check(
            &top,
            View::Leaks,
            expect![[r#"
            {
              "view": "leaks",
              "bytes": 4160,
              "blocks": 3,
              "groups": [
                {
                  "label": "worker-1.0.0/src/lib.rs:7",
                  "function": "worker::run",
                  "own_bytes": 4096,
                  "own_blocks": 2,
                  "total_bytes": 4096,
                  "total_blocks": 2
                }
              ]
            }
        "#]],
        );
    }
}
