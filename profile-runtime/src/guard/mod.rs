//! Guards: what a piece of work may do to the heap, and what is said where it did more.
//!
//! ```text
//! begin ──► Stretch, a mark in the thread's counters; Lines, a copy of its tables
//! end   ──► Usage ──► Limits ──► Excess ──► a panic with the lines that allocated most,
//!                                           or a note in the report
//! ```
//!
//! | module | |
//! |---|---|
//! | [`usage`] | what the calling thread did since a mark |
//! | [`limits`] | how much is allowed, and by how much that was exceeded |
//! | [`lines`] | which lines did it |
//! | [`check`] | `assert_peak!`, `assert_allocs!`, `assert_no_leaks!` |
//! | [`test`] | `#[memline::test]` |
//! | [`budget`] | budgets of `#[profile]` |
//! | [`size`] | the heap that one value holds |
//!
//! All of it is of one thread: other threads, such as those of tests that run at the same time, are
//! not counted. Nothing here is on the path of an allocation or of a probe.

pub(crate) mod budget;
pub(crate) mod check;
pub(crate) mod limits;
mod lines;
pub(crate) mod size;
pub(crate) mod test;
mod usage;

use crate::{record, stats};
use limits::{Excess, Limits};
use lines::Lines;
use usage::Usage;

/// Why nothing can be checked, if so: what was counted would be zero, whatever happened.
///
/// Without the feature `checks`, which memline's own feature `profile` turns on, all guards are off,
/// and nothing is said.
fn unchecked(usage: &Usage) -> Option<&'static str> {
    let unseen = cfg!(feature = "checks") && usage.allocs == 0 && !stats::is_installed();
    unseen.then_some(
        "there is nothing to count: memline's allocator is not installed; enable memline's feature \
         `global-allocator`, or wrap the program's own allocator in `memline::Allocator`",
    )
}

/// What is to be said of `who`, if `usage` is beyond the limits.
fn judge(who: &str, limits: &Limits, usage: &Usage, before: &Lines) -> Option<String> {
    limits.exceeded_by(usage, "leaks").next()?;
    // They are read before anything is allocated.
    let now = Lines::now();
    Some(record::current().counters.uncounted(|| {
        let excesses: Vec<_> = limits.exceeded_by(usage, "leaks").collect();
        describe(who, &excesses, &now.since(before))
    }))
}

/// A line for each of `excesses`, and the lines of the source that did most of `done`.
fn describe(who: &str, excesses: &[Excess], done: &Lines) -> String {
    let mut text = format!("memline: {who} took more than it may:");
    for excess in excesses {
        text.push_str(&format!("\n  {excess}"));
    }
    if let Some(first) = excesses.first() {
        text.push('\n');
        text.push_str(&lines::text(done, first.figure));
    }
    text
}
