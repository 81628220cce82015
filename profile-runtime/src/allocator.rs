//! The allocator: it hands every call on, and counts it for the calling thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::any;

use crate::record::{self, Record};
use crate::{arena, recorder, signal_report};

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
        Self { inner }
    }
}

// SAFETY: every method hands its arguments to `A` unchanged and returns what `A` returned, or, on
// a thread that writes its last report from a signal handler, serves itself from `signal_report`.
// The tally in between neither allocates from `A` nor unwinds.
#[expect(unsafe_code)]
unsafe impl<A: GlobalAlloc> GlobalAlloc for Allocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(record) = record::<A>() else {
            return arena::alloc_zeroed(layout);
        };
        // SAFETY: the caller upholds the contract of `GlobalAlloc::alloc`.
        let block = unsafe { self.inner.alloc(layout) };
        if !block.is_null() {
            record.counters.alloc(false, block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(record) = record::<A>() else {
            return arena::alloc_zeroed(layout);
        };
        // SAFETY: as above.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        if !block.is_null() {
            record.counters.alloc(true, block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(record) = record::<A>() else {
            return; // the process is about to end
        };
        // PERF: it cannot fail, so that it may be counted first, and jumped to rather than called.
        record.counters.free(block, layout.size());
        // SAFETY: the caller upholds the contract of `GlobalAlloc::dealloc`.
        unsafe { self.inner.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(record) = record::<A>() else {
            // SAFETY: `block` has `layout`, by the caller's contract.
            return unsafe { signal_report::realloc(block, layout, new_size) };
        };
        let before = record.counters.before_realloc(block);
        // SAFETY: the caller upholds the contract of `GlobalAlloc::realloc`.
        let new = unsafe { self.inner.realloc(block, layout, new_size) };
        if !new.is_null() {
            record.counters.realloc(block, layout.size(), new, new_size);
        } else if let Some(before) = before {
            before.put_back();
        }
        new
    }
}

/// This thread's record; `None` if the thread is writing its last report from a signal handler.
#[inline(always)]
fn record<A>() -> Option<&'static Record> {
    let record = record::current_if_any();
    if record.is_some() {
        record
    } else {
        first(any::type_name::<A>)
    }
}

#[cold]
#[inline(never)]
fn first(inner: fn() -> &'static str) -> Option<&'static Record> {
    if signal_report::is_mine() {
        return None;
    }
    recorder::allocator_is(inner);
    Some(record::current())
}
