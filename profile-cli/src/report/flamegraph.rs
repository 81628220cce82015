//! A flame graph: one HTML page that opens offline.

use std::io::{self, Write};

use serde::Serialize;

use super::page::Page;
use super::prune::pruned;
use super::{Input, Reporter};
use crate::profile::{Profile, VIEWS, name, title};
use crate::units;

/// A flame graph as a page.
#[derive(Clone, Copy, Debug)]
pub struct FlameGraph {
    /// The most calls in the tree; what is cut is merged, and says so.
    pub limit: usize,
}

/// What the page's script reads. Long lists are lists of numbers, which are short to write.
#[derive(Serialize)]
struct Data<'a> {
    command: String,
    filter: String,
    view: &'static str,
    facts: Vec<(&'static str, String)>,
    notes: &'a [String],
    views: Vec<View>,
    /// Number and name of each thread that allocated.
    threads: Vec<(u32, String)>,
    /// Function, file, line (0 where unknown), and whether it is the standard library's.
    frames: Vec<(&'a str, &'a str, u32, u8, &'a str)>,
    /// Parent and frame of each call; the root is 0, and the first call 1.
    calls: Vec<(u32, u32)>,
    /// Thread, call, and for each view bytes and blocks.
    rows: Vec<[u64; 10]>,
    /// Time in nanoseconds, heap and resident set in bytes (0 where unknown).
    series: Vec<[u64; 3]>,
    peak: [u64; 2],
}

#[derive(Serialize)]
struct View {
    name: &'static str,
    title: &'static str,
}

impl Reporter for FlameGraph {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let profile = input.profile;
        let pruned = pruned(profile, self.limit);
        let mut threads: Vec<u32> = pruned.rows.iter().map(|row| row.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        let threads = threads.into_iter();
        let data = Data {
            command: profile.command(),
            filter: input.filter.describe(),
            view: name(input.view),
            facts: facts(profile),
            notes: &profile.notes,
            views: VIEWS
                .into_iter()
                .map(|view| View {
                    name: name(view),
                    title: title(view),
                })
                .collect(),
            threads: threads
                .map(|number| (number, profile.thread_name(number)))
                .collect(),
            frames: pruned
                .frames
                .iter()
                .map(|frame| {
                    (
                        &*frame.function,
                        frame.file.as_deref().unwrap_or_default(),
                        frame.line.unwrap_or(0),
                        u8::from(frame.is_standard() && !frame.function.starts_with('…')),
                        frame.krate(),
                    )
                })
                .collect(),
            calls: pruned
                .calls
                .iter()
                .map(|call| (call.parent, call.frame))
                .collect(),
            rows: pruned
                .rows
                .iter()
                .map(|row| {
                    let [peak, leaks, temporary, total] = row.amounts;
                    let (thread, call) = (u64::from(row.thread), u64::from(row.call));
                    [
                        thread,
                        call,
                        peak.bytes,
                        peak.blocks,
                        leaks.bytes,
                        leaks.blocks,
                        temporary.bytes,
                        temporary.blocks,
                        total.bytes,
                        total.blocks,
                    ]
                })
                .collect(),
            series: profile
                .series
                .iter()
                .map(|point| [point.time, point.live, point.rss.unwrap_or(0)])
                .collect(),
            peak: [profile.peak_time, profile.peak.bytes],
        };
        let page = Page {
            title: &format!("{} · memline flame graph", program(profile)),
            style: include_str!("../../assets/flamegraph.css"),
            body: include_str!("../../assets/flamegraph.html"),
            scripts: &[
                include_str!("../../assets/d3/d3.min.js"),
                include_str!("../../assets/units.js"),
                include_str!("../../assets/flamegraph/model.js"),
                include_str!("../../assets/flamegraph/strip.js"),
                include_str!("../../assets/flamegraph/chart.js"),
                include_str!("../../assets/flamegraph/page.js"),
            ],
            licences: include_str!("../../assets/d3/LICENSE"),
        };
        page.write(&data, out)
    }
}

/// The name of the program's file.
pub(super) fn program(profile: &Profile) -> &str {
    let path = profile.facts.command_line.first();
    let path = path.map_or("program", String::as_str);
    path.rsplit('/').next().unwrap_or(path)
}

/// What the dialog says of the recording.
fn facts(profile: &Profile) -> Vec<(&'static str, String)> {
    let (facts, totals) = (&profile.facts, &profile.totals);
    let began = facts.began.map(|began| units::date(began.as_secs()));
    let duration = facts
        .duration
        .map(|time| units::time(time.as_nanos() as u64));
    let sampled = facts
        .sample_rate
        .map(|rate| format!("one per {}", units::bytes(rate)));
    let process = facts.process.map(|process| process.to_string());
    let calls = totals.allocs + totals.zeroed + totals.reallocs;
    let rows = [
        ("Command", profile.command()),
        ("Process", process.unwrap_or_default()),
        ("Began", began.unwrap_or_default()),
        ("Duration", duration.unwrap_or_default()),
        ("Threads", units::count(profile.threads.len() as u64)),
        (
            "Peak",
            format!(
                "{} in {}, after {}",
                units::bytes(profile.peak.bytes),
                units::blocks(profile.peak.blocks),
                units::time(profile.peak_time)
            ),
        ),
        (
            "Allocations",
            format!(
                "{} ({} zeroed, {} reallocations)",
                units::count(calls),
                units::count(totals.zeroed),
                units::count(totals.reallocs)
            ),
        ),
        ("Frees", units::count(totals.frees)),
        ("Allocated", units::bytes(totals.allocated)),
        ("Freed", units::bytes(totals.freed)),
        ("Allocator", facts.allocator.clone()),
        ("Host", facts.host.clone()),
        ("System", facts.system.clone()),
        ("Sampled", sampled.unwrap_or_default()),
        ("Recorded by", format!("memline {}", facts.recorder)),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    rows.collect()
}

#[cfg(test)]
mod tests {
    use profile_trace::view;

    use super::super::sample::profile;
    use super::*;
    use crate::profile::Filter;

    fn page(profile: &Profile) -> String {
        let mut bytes = Vec::new();
        let input = Input {
            profile,
            view: view::View::Peak,
            filter: &Filter::default(),
        };
        let written = FlameGraph { limit: 100 }.write(&input, &mut bytes);
        written.expect("memory takes it");
        String::from_utf8(bytes).expect("it is UTF-8")
    }

    #[test]
    fn a_page_needs_nothing_else_and_is_small_before_data() {
        let empty = page(&Profile::default());
        assert!(empty.len() < 300 * 1024, "{} bytes", empty.len());
        for outside in ["src=", "<link", "@import", "url(", "fetch("] {
            let own = empty.replace("d3.min.js", "");
            assert!(!own.contains(outside), "{outside}");
        }
    }

    #[test]
    fn names_cannot_end_the_data() {
        let mut profile = profile();
        profile.frames[2].function = "</script><script>alert(1)</script>".to_owned();
        profile.facts.command_line = vec!["<b>".to_owned()];
        let page = page(&profile);
        assert!(!page.contains("</script><script>alert") && !page.contains("<b>"));
        let data = page
            .split("id=\"data\">")
            .nth(1)
            .and_then(|rest| rest.split("</script>").next());
        let data: serde_json::Value =
            serde_json::from_str(data.expect("it is there")).expect("JSON");
        assert_eq!(data["frames"][2][0], "</script><script>alert(1)</script>");
        assert_eq!(data["rows"][0][2], 5 << 20);
    }
}
