//! Each stack's place, with its thread.

use std::io;

use serde_json::{Value, json};

use super::{Reporter, aligned, rest};
use crate::load::{Place, Report};
use crate::units::{bytes, count};

pub(super) struct Table {
    pub(super) rows: usize,
}

impl Reporter for Table {
    fn text(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let (shown, hidden) = report.rows.split_at(self.rows.min(report.rows.len()));
        let lines = shown.iter().map(|row| {
            let place = row.place();
            vec![
                row.thread.clone(),
                bytes(row.amount.bytes),
                count(row.amount.blocks),
                place.location(),
                place.function,
            ]
        });
        aligned(
            out,
            &["Thread", "Size", "Blocks", "Location", "Function"],
            lines,
        )?;
        let hidden: Vec<_> = hidden.iter().map(|row| row.amount).collect();
        rest(out, &hidden)
    }

    fn json(&self, report: &Report) -> Value {
        let rows = report.rows.iter().map(|row| {
            let stack: Vec<Place> = row.frames.iter().map(Place::of).collect();
            json!({
                "thread": row.thread,
                "bytes": row.amount.bytes,
                "blocks": row.amount.blocks,
                "stack": stack,
            })
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::report::sample::{report, text};

    #[test]
    fn rows_and_what_is_left_out() {
        expect![[r#"
            Thread     Size  Blocks                  Location  Function
            -------------------------------------------------------------------------------------------------
              main  2.9 KiB       4           src/index.rs:10  app::Index::build
            worker  1.5 KiB      40  json-1.0.0/src/lib.rs:70  <json::Parser as core::iter::Iterator>::next
            2 more rows, 500 B together (--rows shows them)
        "#]].assert_eq(&text(&Table { rows: 2 }));
        let json = Table { rows: 1 }.json(&report());
        assert_eq!(json[0]["stack"][0]["line"], 10);
    }
}
