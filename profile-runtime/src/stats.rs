//! Counters for code: of a thread, of the process, of a closure.

use stats_alloc::Stats;

use crate::counters::Counters;
use crate::record::{self, Record};
use crate::tally::Tally;

/// What this thread has done to the heap since it began.
///
/// The type is that of the crate [`stats_alloc`], with its meanings: a growing reallocation adds
/// the difference to `bytes_allocated`, a shrinking one to `bytes_deallocated`. All figures are in
/// bytes or calls. They are zero where memline's [`Allocator`](crate::Allocator) is not installed.
///
/// ```
/// let before = profile_runtime::stats();
/// let _buffer = vec![0u8; 1024];
/// let change = profile_runtime::stats() - before;
/// # if profile_runtime::is_installed() {
/// assert_eq!(change.bytes_allocated, 1024);
/// # }
/// ```
#[must_use]
pub fn stats() -> Stats {
    let Record {
        counters, start, ..
    } = record::current();
    total(counters)
        - Stats {
            allocations: start.allocs.get() as usize,
            deallocations: start.frees.get() as usize,
            reallocations: start.reallocs.get() as usize,
            bytes_allocated: start.allocated.get() as usize,
            bytes_deallocated: start.freed.get() as usize,
            bytes_reallocated: start.reallocated.get() as isize,
        }
}

/// What all threads together have done to the heap since the program began, ended ones included.
///
/// Exact when no other thread allocates meanwhile. Its cost grows with the number of threads that
/// ever ran at once; [`live`] and [`peak`] answer the most common question for less.
#[must_use]
pub fn process_stats() -> Stats {
    record::all()
        .map(|record| total(&record.counters))
        .fold(Stats::default(), |sum, thread| Stats {
            allocations: sum.allocations + thread.allocations,
            deallocations: sum.deallocations + thread.deallocations,
            reallocations: sum.reallocations + thread.reallocations,
            bytes_allocated: sum.bytes_allocated + thread.bytes_allocated,
            bytes_deallocated: sum.bytes_deallocated + thread.bytes_deallocated,
            bytes_reallocated: sum.bytes_reallocated + thread.bytes_reallocated,
        })
}

fn total(counters: &Counters) -> Stats {
    let figure = |tally: &Tally| tally.get() as usize;
    Stats {
        allocations: counters.allocs() as usize,
        deallocations: figure(&counters.frees),
        reallocations: figure(&counters.reallocs),
        bytes_allocated: figure(&counters.allocated),
        bytes_deallocated: counters.freed() as usize,
        bytes_reallocated: counters.reallocated.get() as isize,
    }
}

/// Live heap of the process in bytes: what has been allocated and not yet freed.
///
/// Exact for what this thread and ended threads did; within 32 KiB for each other thread.
#[must_use]
pub fn live() -> usize {
    record::current().counters.process_live().max(0) as usize
}

/// Highest live heap of the process until now, in bytes.
///
/// Exact while one thread allocates; within 32 KiB for each other thread.
#[must_use]
pub fn peak() -> usize {
    record::current().counters.process_peak() as usize
}

/// What [`measure`] found.
#[derive(Clone, Copy, Debug)]
pub struct Measured<T> {
    /// What the closure returned.
    pub value: T,
    /// What this thread did to the heap meanwhile.
    pub stats: Stats,
    /// Highest heap of this thread above the start, in bytes.
    pub peak: usize,
}

/// Runs `work` and measures what this thread does to the heap meanwhile.
///
/// What other threads do is not counted, so that tests which measure may run in parallel.
///
/// ```
/// let measured = profile_runtime::measure(|| drop(vec![0u8; 1024]));
/// # if profile_runtime::is_installed() {
/// assert_eq!(measured.stats.allocations, 1);
/// assert_eq!(measured.peak, 1024);
/// # }
/// ```
///
/// # Panics
///
/// Only if `work` does; the panic is passed on.
pub fn measure<T>(work: impl FnOnce() -> T) -> Measured<T> {
    let counters = &record::current().counters;
    let before = total(counters);
    let span = counters.span();
    let value = work();
    Measured {
        value,
        stats: total(counters) - before,
        peak: span.peak(),
    }
}

/// Whether memline's [`Allocator`](crate::Allocator) is the program's global allocator. Without it
/// there is nothing to count.
#[must_use]
pub fn is_installed() -> bool {
    let counters = &record::current().counters;
    counters.uncounted(|| {
        let before = counters.operations();
        drop(std::hint::black_box(Box::new(0u8)));
        counters.operations() != before
    })
}
