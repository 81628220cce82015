//! What was done in all.

use std::io::{self, Write};

use profile_trace::view::View;
use serde::Serialize;

use super::facts::facts;
use super::{Input, Reporter, heading, json};
use crate::profile::{Group, Grouping, Profile, VIEWS, groups, name};
use crate::units;

/// The widest bar of the histogram.
const BAR: u64 = 40;

/// Totals, a histogram of sizes, and the lines that allocated most, of what passed the filter. The
/// peak is the program's: what passed is its part in it.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    /// How many lines are named.
    pub limit: usize,
    /// Whether a program is to read it.
    pub json: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    metadata: Metadata<'a>,
    total_num_allocations: u64,
    total_bytes_allocated: u64,
    total_num_frees: u64,
    total_bytes_freed: u64,
    peak_bytes: u64,
    peak_blocks: u64,
    peak_time_ns: u64,
    views: Vec<ViewSum>,
    allocation_size_histogram: Vec<Size>,
    allocator_type_distribution: Kinds,
    top_allocations_by_size: Vec<Group>,
    top_allocations_by_count: Vec<Group>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    command_line: &'a [String],
    pid: Option<u64>,
    began_unix_seconds: Option<u64>,
    duration_ns: Option<u64>,
    allocator: &'a str,
    recorder: &'a str,
    host: &'a str,
    system: &'a str,
    unwinder: &'a str,
    sample_bytes: Option<u64>,
    threads: usize,
    notes: &'a [String],
}

#[derive(Serialize)]
struct ViewSum {
    view: &'static str,
    bytes: u64,
    blocks: u64,
}

#[derive(Serialize)]
struct Size {
    min_bytes: u64,
    max_bytes: u64,
    count: u64,
}

#[derive(Serialize)]
struct Kinds {
    alloc: u64,
    alloc_zeroed: u64,
    realloc: u64,
}

impl Reporter for Stats {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let by_size = top(input.profile, self.limit, |group| group.own_bytes);
        let by_count = top(input.profile, self.limit, |group| group.own_blocks);
        if self.json {
            return json(&document(input.profile, by_size, by_count), out);
        }
        heading(input, out)?;
        writeln!(out)?;
        for (label, value) in facts(input) {
            writeln!(out, "{label:<14}{value}")?;
        }
        histogram(input.profile, out)?;
        let limit = self.limit;
        let figure = |group: &Group| units::bytes(group.own_bytes);
        let title = format!("Top {limit} lines by bytes allocated in total");
        lines(&title, &by_size, figure, out)?;
        let figure = |group: &Group| units::count(group.own_blocks);
        let title = format!("Top {limit} lines by number of allocations");
        lines(&title, &by_count, figure, out)
    }
}

fn lines(
    title: &str,
    groups: &[Group],
    figure: impl Fn(&Group) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "\n{title}")?;
    for group in groups {
        writeln!(out, "{:>12}  {}", figure(group), place(group))?;
    }
    Ok(())
}

fn histogram(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nAllocations by size")?;
    let most = profile.sizes.iter().map(|class| class.count).max();
    let most = most.unwrap_or(0).max(1);
    for class in &profile.sizes {
        // Whatever there is shows.
        let length = (u128::from(class.count) * u128::from(BAR)).div_ceil(u128::from(most));
        let bar = "█".repeat(length as usize);
        let (to, count) = (units::bytes(class.to), units::count(class.count));
        let line = format!("  up to {to:>12} {count:>13} {bar}");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn place(group: &Group) -> String {
    match &group.function {
        Some(function) if *function != group.label => format!("{} {function}", group.label),
        _ => group.label.clone(),
    }
}

fn top(profile: &Profile, limit: usize, by: fn(&Group) -> u64) -> Vec<Group> {
    let mut groups = groups(profile, View::Total, Grouping::Line);
    groups.sort_by(|a, b| by(b).cmp(&by(a)).then_with(|| a.label.cmp(&b.label)));
    groups.retain(|group| by(group) > 0);
    groups.truncate(limit);
    groups
}

fn document<'a>(profile: &'a Profile, by_size: Vec<Group>, by_count: Vec<Group>) -> Document<'a> {
    let (facts, totals) = (&profile.facts, &profile.totals);
    Document {
        metadata: Metadata {
            command_line: &facts.command_line,
            pid: facts.process,
            began_unix_seconds: facts.began.map(|began| began.as_secs()),
            duration_ns: facts.duration.map(|time| time.as_nanos() as u64),
            allocator: &facts.allocator,
            recorder: &facts.recorder,
            host: &facts.host,
            system: &facts.system,
            unwinder: &facts.unwinder,
            sample_bytes: facts.sample_rate,
            threads: profile.threads.len(),
            notes: &profile.notes,
        },
        total_num_allocations: totals.allocs + totals.zeroed + totals.reallocs,
        total_bytes_allocated: totals.allocated,
        total_num_frees: totals.frees,
        total_bytes_freed: totals.freed,
        peak_bytes: profile.sum(View::Peak).bytes,
        peak_blocks: profile.sum(View::Peak).blocks,
        peak_time_ns: profile.peak_time,
        views: VIEWS
            .into_iter()
            .map(|view| ViewSum {
                view: name(view),
                bytes: profile.sum(view).bytes,
                blocks: profile.sum(view).blocks,
            })
            .collect(),
        allocation_size_histogram: profile
            .sizes
            .iter()
            .map(|class| Size {
                min_bytes: class.from,
                max_bytes: class.to,
                count: class.count,
            })
            .collect(),
        allocator_type_distribution: Kinds {
            alloc: totals.allocs,
            alloc_zeroed: totals.zeroed,
            realloc: totals.reallocs,
        },
        top_allocations_by_size: by_size,
        top_allocations_by_count: by_count,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::sample::check;
    use super::*;

    #[test]
    fn text() {
        check(
            &Stats {
                limit: 2,
                json: false,
            },
            View::Peak,
            expect![[r#"
                app folder
                Memory live at the high-water mark: 6.0 MiB in 244 blocks

                Process       100
                Began         2026-11-25 15:29:58 UTC
                Duration      40.0 ms
                Threads       2
                Allocator     std::alloc::System
                Peak          6.0 MiB in 244 blocks, after 12.3 ms
                Allocations   544 (4 zeroed, 40 reallocations)
                Frees         501
                Allocated     14.0 MiB
                Freed         14.0 MiB

                Allocations by size
                  up to         63 B           500 ████████████████████████████████████████
                  up to        127 B             0
                  up to        255 B            44 ████

                Top 2 lines by bytes allocated in total
                     9.0 MiB  src/index.rs:12 app::Index::build
                     4.0 MiB  src/index.rs:30 app::read

                Top 2 lines by number of allocations
                         300  src/index.rs:12 app::Index::build
                         241  src/index.rs:30 app::read
            "#]],
        );
    }

    #[test]
    fn json() {
        check(
            &Stats {
                limit: 1,
                json: true,
            },
            View::Peak,
            expect![[r#"
                {
                  "metadata": {
                    "command_line": [
                      "app",
                      "folder"
                    ],
                    "pid": 100,
                    "began_unix_seconds": 1795620598,
                    "duration_ns": 40000000,
                    "allocator": "std::alloc::System",
                    "recorder": "",
                    "host": "",
                    "system": "",
                    "unwinder": "",
                    "sample_bytes": null,
                    "threads": 2,
                    "notes": []
                  },
                  "total_num_allocations": 544,
                  "total_bytes_allocated": 14680064,
                  "total_num_frees": 501,
                  "total_bytes_freed": 14675904,
                  "peak_bytes": 6293504,
                  "peak_blocks": 244,
                  "peak_time_ns": 12345678,
                  "views": [
                    {
                      "view": "peak",
                      "bytes": 6293504,
                      "blocks": 244
                    },
                    {
                      "view": "leaks",
                      "bytes": 4160,
                      "blocks": 3
                    },
                    {
                      "view": "temporary",
                      "bytes": 3145728,
                      "blocks": 200
                    },
                    {
                      "view": "total",
                      "bytes": 14680064,
                      "blocks": 544
                    }
                  ],
                  "allocation_size_histogram": [
                    {
                      "min_bytes": 32,
                      "max_bytes": 63,
                      "count": 500
                    },
                    {
                      "min_bytes": 64,
                      "max_bytes": 127,
                      "count": 0
                    },
                    {
                      "min_bytes": 128,
                      "max_bytes": 255,
                      "count": 44
                    }
                  ],
                  "allocator_type_distribution": {
                    "alloc": 500,
                    "alloc_zeroed": 4,
                    "realloc": 40
                  },
                  "top_allocations_by_size": [
                    {
                      "label": "src/index.rs:12",
                      "function": "app::Index::build",
                      "own_bytes": 9437184,
                      "own_blocks": 300,
                      "total_bytes": 13631488,
                      "total_blocks": 541
                    }
                  ],
                  "top_allocations_by_count": [
                    {
                      "label": "src/index.rs:12",
                      "function": "app::Index::build",
                      "own_bytes": 9437184,
                      "own_blocks": 300,
                      "total_bytes": 13631488,
                      "total_blocks": 541
                    }
                  ]
                }
            "#]],
        );
    }
}
