//! Every stack of every thread, as text.

use std::collections::HashMap;
use std::io::{self, Write};

use profile_trace::view::{Amount, View};
use serde::Serialize;

use super::grid::Grid;
use super::{Input, Reporter, heading, json};
use crate::profile::{Profile, name, sum};
use crate::units;

/// What each thread allocated at each stack.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The most rows.
    pub limit: usize,
    /// Whether a program is to read it.
    pub json: bool,
}

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Entry {
    pub(super) thread: String,
    pub(super) bytes: u64,
    pub(super) blocks: u64,
    pub(super) place: String,
    pub(super) function: String,
    /// The whole stack, the innermost call first.
    pub(super) stack: Vec<String>,
}

#[derive(Serialize)]
struct Document {
    view: &'static str,
    rows: Vec<Entry>,
}

impl Reporter for Table {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = entries(input.profile, input.view);
        if self.json {
            let view = name(input.view);
            return json(&Document { view, rows }, out);
        }
        let rest = rows.split_off(rows.len().min(self.limit));
        heading(input, out)?;
        writeln!(out)?;
        let mut grid = Grid::new(
            &["Thread", ">Size", ">Blocks", "Location", "Function"],
            input.paint,
        );
        let sum = input.profile.sum(input.view).bytes;
        for row in rows {
            grid.row(&[
                row.thread,
                input.paint.share(row.bytes, sum, units::bytes(row.bytes)),
                units::count(row.blocks),
                row.place,
                row.function,
            ]);
        }
        grid.write(out)?;
        if !rest.is_empty() {
            let bytes: u64 = rest.iter().map(|row| row.bytes).sum();
            let (count, bytes) = (units::count(rest.len() as u64), units::bytes(bytes));
            writeln!(
                out,
                "… {count} more rows with {bytes}; --limit N shows more"
            )?;
        }
        Ok(())
    }
}

/// The rows of a view, the largest first.
pub(super) fn entries(profile: &Profile, view: View) -> Vec<Entry> {
    let mut amounts = HashMap::<(u32, u32), Amount>::new();
    for row in &profile.rows {
        let amount = row.amount(view);
        if amount != Amount::default() {
            let total = amounts.entry((row.thread, row.call)).or_default();
            *total = sum([*total, amount].into_iter());
        }
    }
    let mut amounts: Vec<_> = amounts.into_iter().collect();
    amounts.sort_by_key(|&(key, amount)| (std::cmp::Reverse(amount.bytes), key));
    let entry = |((thread, call), amount): ((u32, u32), Amount)| {
        let charged = profile.charged(call);
        let charged = charged.map(|call| &profile.frames[call.frame as usize]);
        Entry {
            thread: profile.thread_name(thread),
            bytes: amount.bytes,
            blocks: amount.blocks,
            place: charged.map_or_else(|| "(no stack)".to_owned(), |frame| frame.place()),
            function: charged
                .map(|frame| frame.function.clone())
                .unwrap_or_default(),
            stack: profile
                .frames_of(call)
                .map(|frame| format!("{} ({})", frame.function, frame.place()))
                .collect(),
        }
    };
    amounts.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::sample::check;
    use super::*;

    #[test]
    fn text() {
        check(
            &Table {
                limit: 2,
                json: false,
            },
            View::Peak,
            expect![[r#"
                app folder
                Memory live at the high-water mark: 6.0 MiB in 244 blocks

                Thread     Size  Blocks  Location                   Function
                ------- -------- ------- -------------------------- ------------------
                main    5.0 MiB     240  src/index.rs:12            app::Index::build
                worker  1.0 MiB       3  worker-1.0.0/src/lib.rs:7  worker::run
                … 1 more rows with 2.0 KiB; --limit N shows more
            "#]],
        );
    }
}
