//! What one thread did to the heap, and the live heap of the process.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use crate::recorder;
use crate::tally::{Balance, Tally};

/// A thread's balance joins the process's in steps of this many bytes, so that threads which
/// allocate and free do not fight for one cache line.
const BATCH: i64 = 32 * 1024;

/// What a balance's distance from [`BATCH`] below the published one stays under within a batch:
/// one comparison for both directions.
const LIMIT: u64 = 2 * BATCH as u64 + 1;

/// Live heap of the process in bytes, less what each thread has yet to publish.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// Highest live heap of the process in bytes, as far as published.
static PEAK: AtomicI64 = AtomicI64::new(0);

/// The heap counters of one thread. The thread alone writes them.
///
/// The first 64 bytes are what an allocation, a free and a probe touch.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Counters {
    /// Allocations, frees and reallocations together: it tells a probe whether anything happened.
    pub(crate) operations: Tally,
    pub(crate) frees: Tally,
    pub(crate) allocated: Tally,
    pub(crate) freed: Tally,
    /// Highest balance since the last [`fold`](Self::fold).
    highest: Balance,
    /// The part of the balance that [`LIVE`] holds already.
    published: Balance,
    /// [`LIMIT`], or 0 while the thread is recorded: then no operation is within it, and each takes
    /// the cold side, where it is recorded. Recording costs nothing while it is off.
    limit: Tally,
    pub(crate) reallocs: Tally,
    /// Bytes added less bytes taken by reallocations.
    pub(crate) reallocated: Balance,
    /// Reallocations that grew a block other than the one the last growth returned.
    pub(crate) grown: Tally,
    last_grown: Tally,
    /// Highest balance since the open line began, as of the last fold.
    pub(crate) line_top: Balance,
    /// Highest balance since the last publication, as of the last fold.
    batch_top: Balance,
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Self {
            operations: Tally::new(0),
            frees: Tally::new(0),
            allocated: Tally::new(0),
            freed: Tally::new(0),
            highest: Balance::new(0),
            published: Balance::new(0),
            limit: Tally::new(LIMIT),
            reallocs: Tally::new(0),
            reallocated: Balance::new(0),
            grown: Tally::new(0),
            last_grown: Tally::new(0),
            line_top: Balance::new(0),
            batch_top: Balance::new(0),
        }
    }

    /// Net heap bytes of the thread: what it allocated less what it freed.
    #[inline(always)]
    pub(crate) fn balance(&self) -> i64 {
        self.allocated.get().wrapping_sub(self.freed.get()) as i64
    }

    /// Bytes allocated and freed so far: how much memory has moved.
    #[inline(always)]
    pub(crate) fn moved(&self) -> u64 {
        self.allocated.get().wrapping_add(self.freed.get())
    }

    pub(crate) fn allocs(&self) -> u64 {
        let others = self.frees.get().wrapping_add(self.reallocs.get());
        self.operations.get().wrapping_sub(others)
    }

    #[inline(always)]
    pub(crate) fn alloc(&self, zeroed: bool, block: *mut u8, size: usize) {
        let allocated = self.allocated.get().wrapping_add(size as u64);
        self.allocated.set(allocated);
        self.operations.add(1);
        let balance = allocated.wrapping_sub(self.freed.get()) as i64;
        self.highest.raise(balance);
        if self.is_beyond(balance) {
            self.after_alloc(zeroed, block, size);
        }
    }

    #[inline(always)]
    pub(crate) fn free(&self, block: *mut u8, size: usize) {
        let freed = self.freed.get().wrapping_add(size as u64);
        self.freed.set(freed);
        self.operations.add(1);
        self.frees.add(1);
        if self.is_beyond(self.allocated.get().wrapping_sub(freed) as i64) {
            self.after_free(block);
        }
    }

    /// Counts a reallocation as `stats_alloc` does: the difference is allocated or freed.
    #[inline(always)]
    pub(crate) fn realloc(&self, old: *mut u8, old_size: usize, new: *mut u8, new_size: usize) {
        self.operations.add(1);
        self.reallocs.add(1);
        self.reallocated.add(new_size as i64 - old_size as i64);
        if new_size > old_size {
            self.allocated.add((new_size - old_size) as u64);
            self.highest.raise(self.balance());
            if self.last_grown.get() != old.addr() as u64 {
                self.grown.add(1);
            }
            self.last_grown.set(new.addr() as u64);
        } else {
            self.freed.add((old_size - new_size) as u64);
        }
        if self.is_beyond(self.balance()) {
            self.after_realloc(old, new, new_size);
        }
    }

    /// Whether there is more to do than to count.
    #[inline(always)]
    fn is_beyond(&self, balance: i64) -> bool {
        let pending = balance.wrapping_sub(self.published.get());
        pending.wrapping_add(BATCH) as u64 >= self.limit.get()
    }

    #[cold]
    #[inline(never)]
    fn after_alloc(&self, zeroed: bool, block: *mut u8, size: usize) {
        if self.is_recorded() {
            recorder::alloc(zeroed, block, size);
        }
    }

    #[cold]
    #[inline(never)]
    fn after_free(&self, block: *mut u8) {
        if self.is_recorded() {
            recorder::free(block);
        }
    }

    #[cold]
    #[inline(never)]
    fn after_realloc(&self, old: *mut u8, new: *mut u8, new_size: usize) {
        if self.is_recorded() {
            recorder::realloc(old, new, new_size);
        }
    }

    /// Publishes the balance if that is due. Whether what the thread has just done is recorded.
    #[inline(always)]
    fn is_recorded(&self) -> bool {
        if recorder::is_at_work() {
            return false; // what it allocates itself counts for nobody
        }
        let pending = self.balance().wrapping_sub(self.published.get());
        if pending.wrapping_add(BATCH) as u64 >= LIMIT {
            self.publish();
        }
        self.limit.get() == 0
    }

    /// Begins or ends the recording of the thread.
    pub(crate) fn record(&self, on: bool) {
        self.limit.set(if on { 0 } else { LIMIT });
    }

    /// Adds what is pending to the process's balance, and raises its peak.
    #[cold]
    #[inline(never)]
    pub(crate) fn publish(&self) {
        self.fold();
        let (balance, published) = (self.balance(), self.published.get());
        let before = LIVE.fetch_add(balance - published, Relaxed);
        PEAK.fetch_max(before + (self.batch_top.get() - published), Relaxed);
        self.published.set(balance);
        self.batch_top.set(balance);
    }

    /// Hands the highest balance on to the two that need it, and starts a new one.
    #[inline(always)]
    fn fold(&self) {
        let highest = self.highest.get();
        self.line_top.raise(highest);
        self.batch_top.raise(highest);
        self.highest.set(self.balance());
    }

    /// Begins to look for a highest balance. What [`peak`](Self::peak) was before goes back into
    /// [`end_peak`](Self::end_peak).
    #[inline(always)]
    pub(crate) fn begin_peak(&self) {
        self.fold();
        self.line_top.set(self.balance());
    }

    /// The highest balance since `begin_peak`.
    #[inline(always)]
    pub(crate) fn peak(&self) -> i64 {
        self.line_top.get().max(self.highest.get())
    }

    /// Ends what `begin_peak` began: the outer search goes on, with what was found in between.
    #[inline(always)]
    pub(crate) fn end_peak(&self, outer: i64) {
        self.line_top.raise(outer);
    }

    /// Live heap of the process as this thread sees it: exact for its own part, within a batch
    /// for each other thread's.
    #[inline(always)]
    pub(crate) fn process_live(&self) -> i64 {
        published_live() + (self.balance() - self.published.get())
    }

    /// Highest live heap of the process until now, this thread's pending part included.
    pub(crate) fn process_peak(&self) -> i64 {
        self.publish();
        PEAK.load(Relaxed).max(0)
    }

    /// Sets the figures back to `saved`, so that what happened since counts for nobody.
    fn restore(&self, saved: &Saved) {
        self.operations.set(saved.operations);
        self.frees.set(saved.frees);
        self.reallocs.set(saved.reallocs);
        self.allocated.set(saved.allocated);
        self.freed.set(saved.freed);
        self.reallocated.set(saved.reallocated);
        self.grown.set(saved.grown);
        self.highest.set(saved.highest);
        self.line_top.set(saved.line_top);
        self.batch_top.set(saved.batch_top);
    }

    /// Runs `work` of the runtime itself without counting it.
    pub(crate) fn uncounted<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Restore<'a>(&'a Counters, Saved);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.restore(&self.1);
            }
        }
        let _restore = Restore(
            self,
            Saved {
                operations: self.operations.get(),
                frees: self.frees.get(),
                reallocs: self.reallocs.get(),
                allocated: self.allocated.get(),
                freed: self.freed.get(),
                reallocated: self.reallocated.get(),
                grown: self.grown.get(),
                highest: self.highest.get(),
                line_top: self.line_top.get(),
                batch_top: self.batch_top.get(),
            },
        );
        work()
    }
}

struct Saved {
    operations: u64,
    frees: u64,
    reallocs: u64,
    allocated: u64,
    freed: u64,
    reallocated: i64,
    grown: u64,
    highest: i64,
    line_top: i64,
    batch_top: i64,
}

/// Live heap of the process as far as published: one load.
#[inline(always)]
pub(crate) fn published_live() -> i64 {
    LIVE.load(Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Address of a block; the counters only compare it.
    fn block(address: usize) -> *mut u8 {
        std::ptr::without_provenance_mut(address)
    }

    fn alloc(counters: &Counters, size: usize) {
        counters.alloc(false, block(16), size);
    }

    fn free(counters: &Counters, size: usize) {
        counters.free(block(16), size);
    }

    #[test]
    fn counts_every_operation() {
        let counters = Counters::new();
        alloc(&counters, 100);
        alloc(&counters, 50);
        counters.realloc(block(8), 50, block(16), 80);
        counters.realloc(block(16), 80, block(16), 20);
        free(&counters, 100);
        assert_eq!(counters.operations.get(), 5);
        assert_eq!(
            (
                counters.allocs(),
                counters.frees.get(),
                counters.reallocs.get()
            ),
            (2, 1, 2)
        );
        assert_eq!((counters.allocated.get(), counters.freed.get()), (180, 160));
        assert_eq!(counters.reallocated.get(), -30);
        assert_eq!(counters.balance(), 20);
    }

    #[test]
    fn growth_of_one_block_is_one_buffer() {
        let counters = Counters::new();
        counters.realloc(block(8), 4, block(16), 8);
        counters.realloc(block(16), 8, block(16), 16);
        counters.realloc(block(16), 16, block(64), 32);
        counters.realloc(block(128), 4, block(128), 8);
        assert_eq!(counters.grown.get(), 2);
    }

    #[test]
    fn peaks_nest() {
        let counters = Counters::new();
        alloc(&counters, 10);
        let outer = counters.peak();
        counters.begin_peak();
        alloc(&counters, 1000);
        free(&counters, 1000);
        assert_eq!(counters.peak(), 1010);
        counters.end_peak(outer);
        let outer = counters.peak();
        counters.begin_peak();
        alloc(&counters, 5);
        assert_eq!(counters.peak(), 15);
        counters.end_peak(outer);
        assert_eq!(counters.peak(), 1010);
    }

    #[test]
    fn a_publication_keeps_the_peak_of_the_line() {
        let counters = Counters::new();
        counters.begin_peak();
        alloc(&counters, BATCH as usize + 1);
        free(&counters, BATCH as usize + 1);
        counters.publish();
        assert_eq!(counters.peak(), BATCH + 1);
    }

    #[test]
    fn the_runtimes_own_work_counts_for_nobody() {
        let counters = Counters::new();
        alloc(&counters, 10);
        counters.uncounted(|| alloc(&counters, 1 << 20));
        assert_eq!(
            (
                counters.balance(),
                counters.operations.get(),
                counters.peak()
            ),
            (10, 1, 10)
        );
        assert_eq!(counters.process_live(), {
            counters.publish();
            published_live()
        });
    }
}
