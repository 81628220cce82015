//! What allocated most.

use std::collections::BTreeMap;
use std::io;

use profile_trace::view::Amount;
use serde_json::{Value, json};

use super::{Reporter, aligned, rest, sum};
use crate::cli::By;
use crate::load::{Place, Report, Row, crate_of};
use crate::units::{bytes, count, percent};

pub(super) struct Top {
    pub(super) by: By,
    pub(super) rows: usize,
}

/// Rows added up, the largest first.
pub(super) fn grouped(report: &Report, by: By) -> Vec<(String, Amount)> {
    let mut groups = BTreeMap::<String, Amount>::new();
    for row in &report.rows {
        let group = groups.entry(name(row, by)).or_default();
        group.bytes += row.amount.bytes;
        group.blocks += row.amount.blocks;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // The sort keeps the order of names among equals.
    groups.sort_by_key(|(_, amount)| std::cmp::Reverse((amount.bytes, amount.blocks)));
    groups
}

fn name(row: &Row, by: By) -> String {
    let place = row.place();
    match by {
        By::Line => match (&place.file, place.line) {
            (Some(_), Some(_)) => format!("{}  {}", place.location(), place.function),
            _ => place.function,
        },
        By::Function => place.function,
        By::Crate => crate_of(&place.function),
        By::Stack if row.frames.is_empty() => place.function,
        By::Stack => {
            let calls = row
                .frames
                .iter()
                .rev()
                .map(|frame| Place::of(frame).location());
            calls.collect::<Vec<_>>().join(" > ")
        }
    }
}

impl Reporter for Top {
    fn text(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let groups = grouped(report, self.by);
        let (shown, hidden) = groups.split_at(self.rows.min(groups.len()));
        let whole = sum(report).bytes;
        let lines = shown.iter().map(|(name, amount)| {
            let (size, share) = (bytes(amount.bytes), percent(amount.bytes, whole));
            vec![size, share, count(amount.blocks), name.clone()]
        });
        aligned(out, &["Size", "Share", "Blocks", "Place"], lines)?;
        let hidden: Vec<_> = hidden.iter().map(|(_, amount)| *amount).collect();
        rest(out, &hidden)
    }

    fn json(&self, report: &Report) -> Value {
        let groups = grouped(report, self.by).into_iter();
        let group = |(name, amount): (String, Amount)| json!({ "place": name, "bytes": amount.bytes, "blocks": amount.blocks });
        groups.map(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::report::sample::text;

    fn check(by: By, rows: usize, expected: Expect) {
        expected.assert_eq(&text(&Top { by, rows }));
    }

    #[test]
    fn by_everything() {
        check(
            By::Line,
            20,
            expect![[r#"
               Size  Share  Blocks  Place
            ------------------------------------------------------------------------------------------------
            2.9 KiB  60.0%       4  src/index.rs:10  app::Index::build
            1.9 KiB  39.0%      45  json-1.0.0/src/lib.rs:70  <json::Parser as core::iter::Iterator>::next
               50 B   1.0%       1  [unknown]
        "#]],
        );
        check(
            By::Function,
            20,
            expect![[r#"
               Size  Share  Blocks  Place
            ----------------------------------------------------------------------
            2.9 KiB  60.0%       4  app::Index::build
            1.9 KiB  39.0%      45  <json::Parser as core::iter::Iterator>::next
               50 B   1.0%       1  [unknown]
        "#]],
        );
        check(
            By::Crate,
            1,
            expect![[r#"
               Size  Share  Blocks  Place
            -------------------------------
            2.9 KiB  60.0%       4  app
            2 more rows, 2.0 KiB together (--rows shows them)
        "#]],
        );
        check(
            By::Stack,
            20,
            expect![[r#"
                   Size  Share  Blocks  Place
                ----------------------------------------------------------------------------------------------------------------
                2.9 KiB  60.0%       4  src/main.rs:3 > src/index.rs:10
                1.5 KiB  30.0%      40  src/main.rs:3 > src/index.rs:10 > json-1.0.0/src/lib.rs:70 > std::alloc/raw_vec.rs:500
                  450 B   9.0%       5  src/main.rs:3 > json-1.0.0/src/lib.rs:70
                   50 B   1.0%       1  [unknown]
            "#]],
        );
    }
}
