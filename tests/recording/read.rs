//! What the tests look at in a recording, and what the programs do to be recorded.

use std::hint::black_box;
use std::path::Path;

use profile_trace::Recording;
use profile_trace::read::Condition;
use profile_trace::view::{Aggregate, Options, Totals};
use stats_alloc::Stats;

/// A recording and all that it says.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) recording: Recording,
    pub(crate) condition: Condition,
    pub(crate) aggregate: Aggregate,
}

/// Reads a recording, which need not be complete but has lost nothing.
pub(crate) fn read(path: &Path) -> Read {
    let mut recording = Recording::open(path).expect("it is a recording");
    let (aggregate, condition) =
        Aggregate::of(&mut recording, Options::default()).expect("it can be read");
    assert!(condition.is_whole(), "{condition:?}");
    Read {
        recording,
        condition,
        aggregate,
    }
}

/// Reads a recording that was ended by the recorder.
pub(crate) fn read_complete(path: &Path) -> Read {
    let read = read(path);
    assert!(read.condition.complete, "{:?}", read.condition);
    read
}

/// Totals as the counters have them.
pub(crate) fn figures(totals: &Totals) -> String {
    let Totals {
        allocs,
        zeroed,
        reallocs,
        frees,
        allocated,
        freed,
    } = totals;
    let allocs = allocs + zeroed;
    format!("{allocs} {reallocs} {frees} {allocated} {freed}")
}

/// Prints the same of the counters, allocating nothing.
pub(crate) fn print(stats: &Stats) {
    println!(
        "{} {} {} {} {}",
        stats.allocations,
        stats.reallocations,
        stats.deallocations,
        stats.bytes_allocated,
        stats.bytes_deallocated
    );
}

/// Allocates in every way, and leaves `rounds` blocks behind.
pub(crate) fn load(rounds: usize) -> Vec<String> {
    let mut kept = Vec::new();
    for round in 0..rounds {
        let mut text = String::new();
        for word in 0..round % 40 {
            text.push_str(&word.to_string());
        }
        black_box(vec![0u64; round % 100]);
        kept.push(text);
    }
    kept
}

/// Ends the process at once: nothing is freed and no handler runs.
pub(crate) fn leave_at_once() -> ! {
    // SAFETY: no preconditions.
    #[expect(unsafe_code)]
    unsafe {
        libc::_exit(0)
    }
}
