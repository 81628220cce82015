//! What lives, by thread and stack, as long as there are viewers.

use std::fs;

use profile_trace::live::{Moment, OTHER_THREADS};

use crate::trace::engine::{self, changes::Sums};
use crate::{clock, rss, stats};

/// Threads that are told apart: a program that starts one for each task would have no end of rows.
const THREADS: u32 = 1000;

/// The table of live blocks, followed.
pub(super) struct Watch {
    /// All that has been told to anybody.
    pub(super) all: Sums,
    /// Bytes that lived already and are not among it, since nothing was traced then.
    pub(super) before: u64,
}

impl Watch {
    /// Begins to watch, on a thread that holds so many bytes for memline itself.
    pub(super) fn begin(own: i64) -> Self {
        let all = stats::process_stats();
        let live = all.bytes_allocated as i64 - all.bytes_deallocated as i64 - own;
        let (traced, _) = engine::current_and_peak();
        engine::follow();
        Self {
            all: Sums::default(),
            before: (live.max(0) as u64).saturating_sub(traced),
        }
    }

    /// What has changed since the last time.
    pub(super) fn look(&mut self) -> Sums {
        let mut changes = engine::changes();
        if changes.keys().any(|(thread, _)| *thread > THREADS) {
            let mut merged = Sums::default();
            for ((thread, stack), change) in changes {
                let thread = if thread > THREADS {
                    OTHER_THREADS
                } else {
                    thread
                };
                merged.entry((thread, stack)).or_default().add(change);
            }
            changes = merged;
        }
        for (whose, change) in &changes {
            self.all.entry(*whose).or_default().add(*change);
        }
        changes
    }

    /// The process now.
    pub(super) fn moment() -> Moment {
        let (rss, heap) = (rss::read().unwrap_or(0), stats::live() as u64);
        // The server's own thread is none of the program's.
        let threads = fs::read_dir("/proc/self/task").map_or(0, |tasks| tasks.count() as u64);
        Moment {
            time: clock::now(),
            rss,
            highest_rss: rss,
            heap,
            peak: stats::peak() as u64,
            highest_heap: heap,
            threads: threads.saturating_sub(1),
            skipped: 0,
            lost: engine::lost(),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        engine::unfollow();
    }
}
