//! Totals, peak, sizes, and the places that allocate most.

use std::io;

use profile_trace::view::Amount;
use serde_json::{Value, json};

use super::Reporter;
use super::top::grouped;
use crate::cli::By;
use crate::load::Report;
use crate::units::{bytes, count};

/// The longest bar of the histogram, in characters.
const BAR: u64 = 40;

pub(super) struct Stats {
    pub(super) top: usize,
}

/// Groups by line, those with the most bytes and those with the most blocks first.
fn ranked(report: &Report, top: usize) -> [Vec<(String, Amount)>; 2] {
    let by_bytes = grouped(report, By::Line);
    let mut by_blocks = by_bytes.clone();
    by_blocks.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.blocks));
    [by_bytes, by_blocks].map(|mut groups| {
        groups.truncate(top);
        groups
    })
}

impl Reporter for Stats {
    fn text(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let totals = &report.totals;
        let allocations = totals.allocs + totals.zeroed + totals.reallocs;
        writeln!(out, "Command:            {}", report.command_line)?;
        if let Some(duration) = report.duration {
            writeln!(out, "Duration:           {duration:.1?}")?;
        }
        writeln!(out, "Threads:            {}", count(report.threads as u64))?;
        writeln!(out, "Allocations:        {}", count(allocations))?;
        writeln!(out, "  alloc:            {}", count(totals.allocs))?;
        writeln!(out, "  alloc_zeroed:     {}", count(totals.zeroed))?;
        writeln!(out, "  realloc:          {}", count(totals.reallocs))?;
        writeln!(out, "Frees:              {}", count(totals.frees))?;
        writeln!(out, "Allocated:          {}", bytes(totals.allocated))?;
        let peak = report.peak;
        writeln!(
            out,
            "Peak:               {} in {} blocks, after {:.1?}",
            bytes(peak.bytes),
            count(peak.blocks),
            report.peak_time
        )?;
        writeln!(out, "\nSizes of allocations:")?;
        let most = report
            .sizes
            .iter()
            .map(|class| class.count)
            .max()
            .unwrap_or(0);
        for class in &report.sizes {
            let length = (class.count * BAR).div_ceil(most.max(1)) as usize;
            let bar = "█".repeat(length);
            let line = format!(
                "{:>10} …  {:>12}  {bar}",
                bytes(class.from),
                count(class.count)
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        let titles = ["the most bytes", "the most blocks"];
        for (title, groups) in titles.into_iter().zip(ranked(report, self.top)) {
            writeln!(out, "\nLines with {title}:")?;
            for (name, amount) in groups {
                let (bytes, blocks) = (bytes(amount.bytes), count(amount.blocks));
                writeln!(out, "{bytes:>12}  {blocks:>10}  {name}")?;
            }
        }
        Ok(())
    }

    fn json(&self, report: &Report) -> Value {
        let totals = &report.totals;
        let places = |groups: Vec<(String, Amount)>| -> Vec<Value> {
            let place = |(name, amount): (String, Amount)| json!({ "place": name, "bytes": amount.bytes, "blocks": amount.blocks });
            groups.into_iter().map(place).collect()
        };
        let sizes = report.sizes.iter();
        let sizes =
            sizes.map(|class| json!({ "from": class.from, "to": class.to, "count": class.count }));
        let [by_bytes, by_blocks] = ranked(report, self.top);
        json!({
            "command_line": report.command_line,
            "duration_ns": report.duration.map(|duration| duration.as_nanos() as u64),
            "threads": report.threads,
            "allocs": totals.allocs,
            "zeroed": totals.zeroed,
            "reallocs": totals.reallocs,
            "frees": totals.frees,
            "allocated": totals.allocated,
            "freed": totals.freed,
            "peak": {
                "bytes": report.peak.bytes,
                "blocks": report.peak.blocks,
                "time_ns": report.peak_time.as_nanos() as u64,
            },
            "sizes": sizes.collect::<Vec<_>>(),
            "top_by_bytes": places(by_bytes),
            "top_by_blocks": places(by_blocks),
        })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::report::sample::{report, text};

    #[test]
    fn all_figures() {
        expect![[r#"
            Command:            app --all
            Duration:           1.5s
            Threads:            2
            Allocations:        1,320
              alloc:            1,000
              alloc_zeroed:     20
              realloc:          300
            Frees:              980
            Allocated:          117.7 MiB
            Peak:               4.9 KiB in 50 blocks, after 2.5ms

            Sizes of allocations:
                  16 B …         1,000  ████████████████████████████████████████
                  32 B …             0
                  64 B …           320  █████████████

            Lines with the most bytes:
                 2.9 KiB           4  src/index.rs:10  app::Index::build
                 1.9 KiB          45  json-1.0.0/src/lib.rs:70  <json::Parser as core::iter::Iterator>::next

            Lines with the most blocks:
                 1.9 KiB          45  json-1.0.0/src/lib.rs:70  <json::Parser as core::iter::Iterator>::next
                 2.9 KiB           4  src/index.rs:10  app::Index::build
        "#]].assert_eq(&text(&Stats { top: 2 }));
        let json = Stats { top: 1 }.json(&report());
        assert_eq!(json["peak"]["bytes"], 5000);
        assert_eq!(json["top_by_blocks"][0]["blocks"], 45);
    }
}
