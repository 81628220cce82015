//! The allocator: it hands every call on, and counts it for the calling thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::any;

use crate::current::Way;
use crate::record::{self, Record};
use crate::{arena, recorder, signal_report, trace};

/// A counting allocator around another one.
///
/// With memline's default features one is installed over the system's allocator already. A program
/// with an allocator of its own turns the feature `global-allocator` off and wraps it:
///
/// ```
/// use std::alloc::System; // or mimalloc::MiMalloc, …
///
/// # mod example { // a doc test has memline's own global allocator already
/// # use std::alloc::System;
/// // #[global_allocator]
/// static ALLOCATOR: profile_runtime::Allocator<System> = profile_runtime::Allocator::new(System);
/// # }
/// ```
///
/// Every call is forwarded as it is, `alloc_zeroed` and `realloc` too. A call that fails (a null
/// pointer) is not counted. Counting costs about a nanosecond: it touches one cache line, which
/// belongs to the thread, with plain loads and stores.
#[derive(Debug, Default)]
pub struct Allocator<A = System> {
    inner: A,
    way: Way,
}

impl Allocator {
    /// Counts around the system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(System)
    }
}

impl<A> Allocator<A> {
    /// Counts around `inner`.
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self {
            inner,
            way: Way::UNKNOWN,
        }
    }
}

// SAFETY: every method hands its arguments to `A` unchanged and returns what `A` returned, or, on
// a thread that writes its last report from a signal handler, serves itself from `signal_report`.
// The tally in between neither allocates from `A` nor unwinds.
//
// PERF: what is seldom done is done by the last call, so that the usual path saves no registers for it; and takes
// what the allocator was given in the same order, so that it moves none.
#[expect(unsafe_code)]
unsafe impl<A: GlobalAlloc> GlobalAlloc for Allocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `GlobalAlloc::alloc`.
        unsafe {
            match self.way.record() {
                Some(record) => self.count_alloc(record, layout, false),
                None => Self::first_alloc(layout, false, self),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            match self.way.record() {
                Some(record) => self.count_alloc(record, layout, true),
                None => Self::first_alloc(layout, true, self),
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of `GlobalAlloc::dealloc`.
        unsafe {
            match self.way.record() {
                Some(record) => self.count_free(record, block, layout),
                None => Self::first_free(block, layout, self),
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `GlobalAlloc::realloc`.
        unsafe {
            match self.way.record() {
                Some(record) => self.count_realloc(record, block, layout, new_size),
                None => Self::first_realloc(block, layout, new_size, self),
            }
        }
    }
}

/// Each method is as unsafe as that of [`GlobalAlloc`] which it serves, and has its contract.
#[expect(unsafe_code)]
impl<A: GlobalAlloc> Allocator<A> {
    #[inline(always)]
    unsafe fn count_alloc(&self, record: &Record, layout: Layout, zeroed: bool) -> *mut u8 {
        // SAFETY: the caller upholds the contract.
        let block = unsafe {
            if zeroed {
                self.inner.alloc_zeroed(layout)
            } else {
                self.inner.alloc(layout)
            }
        };
        if !block.is_null() && record.counters.alloc(layout.size()) {
            return after_alloc(record, zeroed, block, layout.size());
        }
        block
    }

    #[inline(always)]
    unsafe fn count_free(&self, record: &Record, block: *mut u8, layout: Layout) {
        // PERF: it cannot fail, so that it may be counted first, and jumped to rather than called.
        // SAFETY: the caller upholds the contract.
        unsafe {
            if record.counters.free(layout.size()) {
                Self::free_after(block, layout, record, self);
            } else {
                self.inner.dealloc(block, layout);
            }
        }
    }

    #[inline(always)]
    unsafe fn count_realloc(
        &self,
        record: &Record,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
    ) -> *mut u8 {
        if record.counters.is_unbounded() {
            // SAFETY: as below.
            return unsafe { Self::realloc_followed(block, layout, new_size, record, self) };
        }
        // SAFETY: the caller upholds the contract.
        let new = unsafe { self.inner.realloc(block, layout, new_size) };
        let (before, after) = ((block, layout.size()), (new, new_size));
        if !new.is_null() && record.counters.realloc(before, after) {
            return after_realloc(record, before, after);
        }
        new
    }

    /// A reallocation that is recorded or traced. The block is traced no more before it is resized:
    /// afterwards its place may be another thread's.
    #[cold]
    #[inline(never)]
    unsafe fn realloc_followed(
        block: *mut u8,
        layout: Layout,
        new_size: usize,
        record: &Record,
        this: &Self,
    ) -> *mut u8 {
        let resized = trace::before_realloc(block);
        // SAFETY: the caller upholds the contract.
        let new = unsafe { this.inner.realloc(block, layout, new_size) };
        let (before, after) = ((block, layout.size()), (new, new_size));
        if new.is_null() {
            if let Some(resized) = resized {
                resized.put_back();
            }
        } else if record.counters.realloc(before, after) {
            record.counters.after_realloc(before, after);
        }
        new
    }

    /// A free that is not only counted: before it, while the address is not anybody else's.
    #[cold]
    #[inline(never)]
    unsafe fn free_after(block: *mut u8, layout: Layout, record: &Record, this: &Self) {
        record.counters.after_free(block, layout.size());
        // SAFETY: the caller upholds the contract.
        unsafe { this.inner.dealloc(block, layout) };
    }

    #[cold]
    #[inline(never)]
    unsafe fn first_alloc(layout: Layout, zeroed: bool, this: &Self) -> *mut u8 {
        match this.first_record() {
            // SAFETY: the caller upholds the contract.
            Some(record) => unsafe { this.count_alloc(record, layout, zeroed) },
            None => arena::alloc_zeroed(layout),
        }
    }

    #[cold]
    #[inline(never)]
    unsafe fn first_free(block: *mut u8, layout: Layout, this: &Self) {
        if let Some(record) = this.first_record() {
            // SAFETY: the caller upholds the contract.
            unsafe { this.count_free(record, block, layout) };
        } // else the process is about to end
    }

    /// The record of a thread that has none yet, as far as the allocator knows; `None` if the thread is writing
    /// its last report from a signal handler.
    fn first_record(&self) -> Option<&'static Record> {
        if signal_report::is_mine() {
            return None;
        }
        recorder::allocator_is(any::type_name::<A>);
        let record = record::current();
        self.way.learn();
        Some(record)
    }

    #[cold]
    #[inline(never)]
    unsafe fn first_realloc(
        block: *mut u8,
        layout: Layout,
        new_size: usize,
        this: &Self,
    ) -> *mut u8 {
        // SAFETY: the caller upholds the contract.
        unsafe {
            match this.first_record() {
                Some(record) => this.count_realloc(record, block, layout, new_size),
                None => signal_report::realloc(block, layout, new_size),
            }
        }
    }
}

#[cold]
#[inline(never)]
fn after_alloc(record: &Record, zeroed: bool, block: *mut u8, size: usize) -> *mut u8 {
    record.counters.after_alloc(zeroed, block, size);
    block
}

#[cold]
#[inline(never)]
fn after_realloc(record: &Record, old: (*mut u8, usize), new: (*mut u8, usize)) -> *mut u8 {
    record.counters.after_realloc(old, new);
    new.0
}
