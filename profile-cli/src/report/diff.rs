//! What grew between two recordings.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::grid::Grid;
use super::{Input, Reporter, json};
use crate::profile::{Grouping, Profile, groups, name, title};
use crate::units;

/// What grew since another recording, and what shrank.
#[derive(Debug)]
pub struct Diff {
    /// The recording that was made before.
    pub before: Profile,
    /// What is compared.
    pub by: Grouping,
    /// How many are shown.
    pub limit: usize,
    /// Whether a program is to read it.
    pub json: bool,
}

#[derive(Debug, Serialize)]
struct Change {
    label: String,
    before_bytes: u64,
    after_bytes: u64,
    before_blocks: u64,
    after_blocks: u64,
}

#[derive(Serialize)]
struct Document {
    view: &'static str,
    before_bytes: u64,
    after_bytes: u64,
    changes: Vec<Change>,
}

impl Change {
    fn bytes(&self) -> i128 {
        i128::from(self.after_bytes) - i128::from(self.before_bytes)
    }

    fn blocks(&self) -> i128 {
        i128::from(self.after_blocks) - i128::from(self.before_blocks)
    }
}

impl Reporter for Diff {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut changes = changes(&self.before, input, self.by);
        let before = self.before.sum(input.view).bytes;
        let after = input.profile.sum(input.view).bytes;
        if self.json {
            let document = Document {
                view: name(input.view),
                before_bytes: before,
                after_bytes: after,
                changes,
            };
            return json(&document, out);
        }
        writeln!(
            out,
            "before: {}\nafter:  {}",
            self.before.command(),
            input.profile.command()
        )?;
        let (before, after) = (i128::from(before), i128::from(after));
        writeln!(
            out,
            "Memory {}: {} before, {} after, {}\n",
            title(input.view),
            units::bytes(before as u64),
            units::bytes(after as u64),
            units::change(after - before)
        )?;
        if changes.is_empty() {
            return writeln!(out, "Nothing differs.");
        }
        let rest = changes.split_off(changes.len().min(self.limit));
        let mut grid = Grid::new(
            &[">Change", ">Blocks", ">Before", ">After", "Place"],
            input.paint,
        );
        for change in &changes {
            let blocks = change.blocks();
            let sign = if blocks > 0 { "+" } else { "" };
            grid.row(&[
                input
                    .paint
                    .change(change.bytes(), units::change(change.bytes())),
                format!("{sign}{blocks}"),
                units::bytes(change.before_bytes),
                units::bytes(change.after_bytes),
                change.label.clone(),
            ]);
        }
        grid.write(out)?;
        if !rest.is_empty() {
            let bytes = units::change(rest.iter().map(Change::bytes).sum());
            let count = units::count(rest.len() as u64);
            writeln!(
                out,
                "… {count} more, {bytes} together; --limit N shows more"
            )?;
        }
        Ok(())
    }
}

/// What differs, the largest difference first, whether it grew or shrank.
fn changes(before: &Profile, input: &Input<'_>, by: Grouping) -> Vec<Change> {
    let mut changes = BTreeMap::<String, Change>::new();
    let mut add = |profile: &Profile, is_after: bool| {
        for group in groups(profile, input.view, by) {
            let change = changes
                .entry(group.label.clone())
                .or_insert_with(|| Change {
                    label: group.label,
                    before_bytes: 0,
                    after_bytes: 0,
                    before_blocks: 0,
                    after_blocks: 0,
                });
            if is_after {
                change.after_bytes = group.own_bytes;
                change.after_blocks = group.own_blocks;
            } else {
                change.before_bytes = group.own_bytes;
                change.before_blocks = group.own_blocks;
            }
        }
    };
    add(before, false);
    add(input.profile, true);
    let mut changes: Vec<Change> = changes.into_values().collect();
    changes.retain(|change| change.bytes() != 0 || change.blocks() != 0);
    changes.sort_by_key(|change| std::cmp::Reverse(change.bytes().abs()));
    changes
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use profile_trace::view::View;

    use super::super::sample::{check, profile};
    use super::*;

    #[test]
    fn what_grew_comes_with_its_sign() {
        let mut before = profile();
        before.rows.retain(|row| row.thread == 1);
        before.rows[0].amounts[0].bytes *= 2;
        let diff = Diff {
            before,
            by: Grouping::Line,
            limit: 10,
            json: false,
        };
        check(
            &diff,
            View::Peak,
            expect![[r#"
            before: app folder
            after:  app folder
            Memory live at the high-water mark: 10.0 MiB before, 6.0 MiB after, -4.0 MiB

              Change  Blocks    Before    After  Place
            --------- ------- --------- -------- --------------------------
            -5.0 MiB       0  10.0 MiB  5.0 MiB  src/index.rs:12
            +1.0 MiB      +3       0 B  1.0 MiB  worker-1.0.0/src/lib.rs:7
        "#]],
        );
    }

    #[test]
    fn nothing_differs_from_itself() {
        let diff = Diff {
            before: profile(),
            by: Grouping::Function,
            limit: 10,
            json: false,
        };
        check(
            &diff,
            View::Peak,
            expect![[r#"
            before: app folder
            after:  app folder
            Memory live at the high-water mark: 6.0 MiB before, 6.0 MiB after, 0 B

            Nothing differs.
        "#]],
        );
    }
}
