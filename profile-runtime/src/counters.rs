//! What one thread did to the heap, and the live heap of the process.

mod span;

use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU64,
    Ordering::{Relaxed, SeqCst},
    fence,
};

pub(crate) use self::span::Span;
use crate::tally::{Balance, Tally};
use crate::watch::Link;
use crate::{recorder, trace};

/// A thread's balance joins the process's in steps of this many bytes, so that threads which
/// allocate and free do not fight for one cache line.
const BATCH: i64 = 32 * 1024;

/// Bounds that no balance is within.
const NO_FLOOR: i64 = i64::MAX;
const NO_CEILING: i64 = i64::MIN;

/// Live heap of the process in bytes, less what each thread has yet to publish.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// Highest live heap of the process in bytes, as far as published.
static PEAK: AtomicI64 = AtomicI64::new(0);

/// The heap counters of one thread. The thread alone writes them.
///
/// The first 64 bytes are what an allocation and a free touch.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Counters {
    /// Whom to tell that something happened: the innermost frame.
    pub(crate) watch: Link,
    /// Allocations and reallocations.
    pub(crate) gains: Tally,
    pub(crate) frees: Tally,
    pub(crate) allocated: Tally,
    /// What was allocated less what was freed.
    ///
    /// PERF: an operation looks at this sum, so that keeping it spares what is freed a count of its own.
    balance: Balance,
    /// Highest balance since it was last taken, see [`take_highest`](Self::take_highest).
    highest: Balance,
    /// Bounds of the balance, a [`BATCH`] below and above the published one. An operation beyond them takes the
    /// cold side. While the thread is followed each does, since there are [none](NO_FLOOR): there it is recorded
    /// and traced, which costs nothing while it is off.
    floor: Balance,
    ceiling: Balance,
    /// The part of the balance that [`LIVE`] holds already.
    published: Balance,
    /// Whether what the thread does is recorded or traced.
    followed: AtomicBool,
    /// The most that was found to be freed.
    freed_seen: AtomicU64,
    pub(crate) reallocs: Tally,
    /// Bytes added less bytes taken by reallocations.
    pub(crate) reallocated: Balance,
    /// Reallocations that grew a block other than the one the last growth returned.
    pub(crate) grown: Tally,
    last_grown: Tally,
    /// Highest balance since the last publication or the last boundary of a [`Span`], as it was last
    /// taken.
    folded: Balance,
    /// Highest balance since the last publication, until the last boundary of a span.
    batch_top: Balance,
    /// Highest balance since the innermost span began, until the last publication.
    span_top: Balance,
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Self {
            watch: Link::nowhere(),
            gains: Tally::new(0),
            frees: Tally::new(0),
            allocated: Tally::new(0),
            balance: Balance::new(0),
            highest: Balance::new(0),
            floor: Balance::new(-BATCH),
            ceiling: Balance::new(BATCH),
            published: Balance::new(0),
            followed: AtomicBool::new(false),
            freed_seen: AtomicU64::new(0),
            reallocs: Tally::new(0),
            reallocated: Balance::new(0),
            grown: Tally::new(0),
            last_grown: Tally::new(0),
            folded: Balance::new(0),
            batch_top: Balance::new(0),
            span_top: Balance::new(0),
        }
    }

    /// Allocations, frees and reallocations: the same number as before means that nothing happened.
    #[inline(always)]
    pub(crate) fn operations(&self) -> u64 {
        self.gains.get().wrapping_add(self.frees.get())
    }

    /// Net heap bytes of the thread: what it allocated less what it freed.
    #[inline(always)]
    pub(crate) fn balance(&self) -> i64 {
        self.balance.get()
    }

    /// Bytes freed.
    ///
    /// Any thread may ask. What this one is just allocating is in its balance first, so that another never finds
    /// more than was freed; and never less than was found before.
    pub(crate) fn freed(&self) -> u64 {
        let allocated = self.allocated.get_before();
        let freed = (allocated as i64 - self.balance()).max(0) as u64;
        self.freed_seen.fetch_max(freed, Relaxed).max(freed)
    }

    pub(crate) fn allocs(&self) -> u64 {
        self.gains.get().wrapping_sub(self.reallocs.get())
    }

    /// Counts an allocation. Whether there is more to do: [`after_alloc`](Self::after_alloc).
    #[must_use]
    #[inline(always)]
    pub(crate) fn alloc(&self, size: usize) -> bool {
        let balance = self.balance.grow(size as i64);
        self.allocated.add_after(size as u64);
        self.gains.add(1);
        self.highest.raise(balance);
        self.watch.get().mark();
        balance > self.ceiling.get()
    }

    /// Counts a free. Whether there is more to do: [`after_free`](Self::after_free).
    #[must_use]
    #[inline(always)]
    pub(crate) fn free(&self, size: usize) -> bool {
        self.watch.get().mark();
        self.frees.add(1);
        self.balance.grow((size as i64).wrapping_neg()) < self.floor.get()
    }

    /// Counts a reallocation as `stats_alloc` does: the difference is allocated or freed. Whether
    /// there is more to do: [`after_realloc`](Self::after_realloc).
    #[must_use]
    #[inline(always)]
    pub(crate) fn realloc(
        &self,
        (old, old_size): (*mut u8, usize),
        (new, new_size): (*mut u8, usize),
    ) -> bool {
        self.watch.get().mark();
        self.gains.add(1);
        self.reallocs.add(1);
        let growth = new_size as i64 - old_size as i64;
        self.reallocated.add(growth);
        let balance = self.balance.grow(growth);
        if growth > 0 {
            self.allocated.add_after(growth.unsigned_abs());
            self.highest.raise(balance);
            if self.last_grown.get() != old.addr() as u64 {
                self.grown.add(1);
            }
            self.last_grown.set(new.addr() as u64);
        }
        balance > self.ceiling.get() || balance < self.floor.get()
    }

    #[inline(always)]
    pub(crate) fn after_alloc(&self, zeroed: bool, block: *mut u8, size: usize) {
        if self.is_followed() {
            if recorder::is_wanted() {
                recorder::alloc(zeroed, block, size);
            }
            if trace::is_on() {
                trace::alloc(block, size);
            }
        }
    }

    pub(crate) fn after_free(&self, block: *mut u8, size: usize) {
        if self.is_followed() {
            if recorder::is_wanted() {
                recorder::free(block, size);
            }
            if trace::is_on() {
                trace::free(block);
            }
        }
    }

    pub(crate) fn after_realloc(&self, old: (*mut u8, usize), new: (*mut u8, usize)) {
        if self.is_followed() {
            if recorder::is_wanted() {
                recorder::realloc(old, new);
            }
            if trace::is_on() {
                trace::alloc(new.0, new.1);
            }
        }
    }

    /// Publishes the balance if that is due. Whether what the thread has just done is followed.
    #[inline(always)]
    fn is_followed(&self) -> bool {
        if recorder::is_at_work() {
            return false; // what it allocates itself counts for nobody
        }
        let pending = self.balance().wrapping_sub(self.published.get());
        if pending.wrapping_add(BATCH) as u64 > 2 * BATCH as u64 {
            self.publish_in_time();
        }
        self.follows() && is_wanted() || self.is_followed_after_all()
    }

    #[cold]
    #[inline(never)]
    fn publish_in_time(&self) {
        self.publish();
        trace::check_limit();
    }

    /// Sets the bounds as they are to be, where what follows the thread has begun or ended.
    #[cold]
    #[inline(never)]
    fn is_followed_after_all(&self) -> bool {
        if self.follows() {
            self.follow(is_wanted);
        } else {
            self.set_bounds();
        }
        self.follows()
    }

    /// Begins or ends to follow what the thread does, for a recording or to trace it, as is `wanted`. Any thread
    /// may say so; one that makes it wanted meanwhile, and says so too, is not overheard.
    pub(crate) fn follow(&self, wanted: impl Fn() -> bool) {
        fence(SeqCst); // after what makes it wanted
        self.followed.store(wanted(), Relaxed);
        fence(SeqCst);
        if wanted() {
            self.followed.store(true, Relaxed);
        }
        // Either way the next operation takes the cold side; bounds are the thread's own to set.
        fence(SeqCst);
        self.clear_bounds();
    }

    /// Whether what the thread does is recorded or traced.
    pub(crate) fn follows(&self) -> bool {
        self.followed.load(Relaxed)
    }

    /// Whether each operation takes the cold side, as it does where the thread is followed.
    #[inline(always)]
    pub(crate) fn is_unbounded(&self) -> bool {
        self.ceiling.get() == NO_CEILING
    }

    fn clear_bounds(&self) {
        self.floor.set(NO_FLOOR);
        self.ceiling.set(NO_CEILING);
    }

    /// Sets the bounds around the published balance, unless the thread is followed.
    fn set_bounds(&self) {
        if !self.follows() {
            let published = self.published.get();
            self.floor.set(published - BATCH);
            self.ceiling.set(published + BATCH);
            fence(SeqCst);
        }
        if self.follows() {
            self.clear_bounds(); // perhaps since a moment ago
        }
    }

    /// Adds what is pending to the process's balance, and raises its peak.
    #[cold]
    #[inline(never)]
    pub(crate) fn publish(&self) {
        let (balance, published) = (self.balance(), self.published.get());
        self.hand_out(balance);
        let before = LIVE.fetch_add(balance - published, Relaxed);
        PEAK.fetch_max(before + (self.batch_top.get() - published), Relaxed);
        self.published.set(balance);
        self.set_bounds();
        self.batch_top.set(balance);
    }

    /// The highest balance since it was last taken; a new one starts from the present `balance`.
    #[inline(always)]
    pub(crate) fn take_highest(&self, balance: i64) -> i64 {
        let highest = self.highest.get();
        self.folded.raise(highest);
        self.highest.set(balance);
        highest
    }

    /// Starts anew from the present `balance`, where nothing was allocated since the highest was taken.
    #[inline(always)]
    pub(crate) fn restart_highest(&self, balance: i64) {
        self.highest.set(balance);
    }

    /// Takes the highest balance and tells the innermost frame of it.
    pub(crate) fn fold(&self, balance: i64) {
        let highest = self.take_highest(balance);
        self.watch.get().raise(highest);
    }

    /// Hands the highest balance to the batch and to the span, which begin and end at other times.
    fn hand_out(&self, balance: i64) {
        self.fold(balance);
        let folded = self.folded.get();
        self.batch_top.raise(folded);
        self.span_top.raise(folded);
        self.folded.set(balance);
    }

    /// Highest balance since it was last taken.
    pub(crate) fn highest(&self) -> i64 {
        self.highest.get()
    }

    /// Live heap of the process as this thread sees it: exact for its own part, within a batch
    /// for each other thread's.
    #[inline(always)]
    pub(crate) fn process_live(&self) -> i64 {
        self.balance() + self.elsewhere()
    }

    /// The part of it that is not this thread's balance.
    #[inline(always)]
    pub(crate) fn elsewhere(&self) -> i64 {
        published_live() - self.published.get()
    }

    /// Highest live heap of the process until now, this thread's pending part included.
    pub(crate) fn process_peak(&self) -> i64 {
        self.publish();
        PEAK.load(Relaxed).max(0)
    }

    /// Sets the figures back to `saved`, so that what happened since counts for nobody.
    fn restore(&self, saved: &Saved) {
        self.gains.set(saved.gains);
        self.frees.set(saved.frees);
        self.reallocs.set(saved.reallocs);
        self.allocated.set(saved.allocated);
        self.balance.set(saved.balance);
        self.freed_seen.store(0, Relaxed);
        self.reallocated.set(saved.reallocated);
        self.grown.set(saved.grown);
        self.last_grown.set(saved.last_grown);
        self.highest.set(saved.highest);
        self.folded.set(saved.folded);
        self.batch_top.set(saved.batch_top);
        self.span_top.set(saved.span_top);
        self.watch.get().set_top(saved.watch_top);
    }

    /// Runs `work` of the runtime itself: it counts for nobody, and is not recorded.
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
                gains: self.gains.get(),
                frees: self.frees.get(),
                reallocs: self.reallocs.get(),
                allocated: self.allocated.get(),
                balance: self.balance(),
                reallocated: self.reallocated.get(),
                grown: self.grown.get(),
                last_grown: self.last_grown.get(),
                highest: self.highest.get(),
                folded: self.folded.get(),
                batch_top: self.batch_top.get(),
                span_top: self.span_top.get(),
                watch_top: self.watch.get().top(),
            },
        );
        recorder::apart(work)
    }
}

struct Saved {
    gains: u64,
    frees: u64,
    reallocs: u64,
    allocated: u64,
    balance: i64,
    reallocated: i64,
    grown: u64,
    last_grown: u64,
    highest: i64,
    folded: i64,
    batch_top: i64,
    span_top: i64,
    watch_top: i64,
}

/// Whether what threads do is recorded or traced.
#[inline(always)]
pub(crate) fn is_wanted() -> bool {
    recorder::is_wanted() || trace::is_on()
}

/// Live heap of the process as far as published: one load.
#[inline(always)]
pub(crate) fn published_live() -> i64 {
    LIVE.load(Relaxed)
}

#[cfg(test)]
mod tests;
