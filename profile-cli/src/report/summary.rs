//! Functions, with what they allocated themselves and with what they called.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use profile_trace::view::Amount;
use serde_json::{Value, json};

use super::{Reporter, aligned, rest, sum};
use crate::load::Report;
use crate::units::{bytes, count, percent};

pub(super) struct Summary {
    pub(super) rows: usize,
}

/// What a function allocated, and what of it itself.
#[derive(Clone, Copy, Debug, Default)]
struct Function {
    total: Amount,
    own: u64,
}

fn functions(report: &Report) -> Vec<(String, Function)> {
    let mut functions = BTreeMap::<String, Function>::new();
    for row in &report.rows {
        // A function that called itself counts once.
        let names: BTreeSet<&str> = row.frames.iter().map(|frame| &*frame.function).collect();
        for name in names {
            let function = functions.entry(name.to_owned()).or_default();
            function.total.bytes += row.amount.bytes;
            function.total.blocks += row.amount.blocks;
        }
        let own = functions.entry(row.place().function).or_default();
        own.own += row.amount.bytes;
        if row.frames.is_empty() {
            own.total.bytes += row.amount.bytes;
            own.total.blocks += row.amount.blocks;
        }
    }
    let mut functions: Vec<_> = functions.into_iter().collect();
    functions.sort_by_key(|(_, function)| std::cmp::Reverse((function.total, function.own)));
    functions.sort_by_key(|(_, function)| std::cmp::Reverse(function.total.bytes));
    functions
}

impl Reporter for Summary {
    fn text(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let functions = functions(report);
        let (shown, hidden) = functions.split_at(self.rows.min(functions.len()));
        let whole = sum(report).bytes;
        let lines = shown.iter().map(|(name, function)| {
            let Function { total, own } = *function;
            vec![
                bytes(total.bytes),
                percent(total.bytes, whole),
                bytes(own),
                percent(own, whole),
                count(total.blocks),
                name.clone(),
            ]
        });
        let titles = ["Total", "Share", "Own", "Share", "Blocks", "Function"];
        aligned(out, &titles, lines)?;
        // Totals contain each other: what the rows have of their own adds up.
        let own = |(_, function): &(String, Function)| Amount {
            blocks: 0,
            bytes: function.own,
        };
        let hidden: Vec<_> = hidden.iter().map(own).collect();
        rest(out, &hidden)
    }

    fn json(&self, report: &Report) -> Value {
        let function = |(name, function): (String, Function)| {
            json!({
                "function": name,
                "total_bytes": function.total.bytes,
                "own_bytes": function.own,
                "blocks": function.total.blocks,
            })
        };
        functions(report).into_iter().map(function).collect()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::report::sample::text;

    #[test]
    fn own_and_with_callees() {
        expect![[r#"
              Total  Share      Own  Share  Blocks  Function
            --------------------------------------------------------------------------------------
            4.8 KiB  99.0%      0 B   0.0%      49  app::main
            4.4 KiB  90.0%  2.9 KiB  60.0%      44  app::Index::build
            1.9 KiB  39.0%  1.9 KiB  39.0%      45  <json::Parser as core::iter::Iterator>::next
            2 more rows, 50 B together (--rows shows them)
        "#]]
        .assert_eq(&text(&Summary { rows: 3 }));
    }
}
