//! What the allocator tells the frames of its thread.
//!
//! A probe asks one thing: did anything happen since the last one? The allocator answers in advance:
//! it marks the watch of the innermost frame. That frame, when it settles, hands the mark on to the
//! one around it, and so does each until the outermost. So a probe looks at its own table alone, and
//! entering and leaving a frame touches nothing of the frames around.

use std::ptr;
use std::sync::atomic::{
    AtomicPtr,
    Ordering::{Relaxed, Release},
    fence,
};

use crate::tally::Balance;

/// Lower than any balance: none was reached.
pub(crate) const NONE: i64 = i64::MIN;

/// Nothing has happened.
const CALM: i64 = -1;

/// Nothing has happened, and the frame pauses another one of the same table.
const CALM_WITHIN: i64 = -2;

/// Something has happened.
const CHANGED: i64 = 0;

/// It is being settled.
const SETTLING: i64 = 1;

/// What one frame, or a thread outside of all frames, is to know of its heap.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Watch {
    /// Negative while nothing has happened since the open line was last settled: as [`rest`](Self::rest).
    /// Else [`CHANGED`] or [`SETTLING`].
    ///
    /// PERF: a probe looks at its sign and at that of its line's count at once.
    calm: Balance,
    /// [`CALM`], or [`CALM_WITHIN`].
    rest: Balance,
    /// Highest balance of the thread since the open line began, as far as it was handed on.
    top: Balance,
    /// The watch of the frame around.
    pub(crate) around: Link,
}

/// A thread's way to the watch of a frame. Watches are never freed.
#[derive(Debug)]
pub(crate) struct Link(AtomicPtr<Watch>);

/// Where a thread is outside of all frames, before it has a record of its own.
static NOWHERE: Watch = Watch::new();

impl Link {
    pub(crate) const fn nowhere() -> Self {
        Self(AtomicPtr::new((&raw const NOWHERE).cast_mut()))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> &'static Watch {
        // SAFETY: it came from a reference in `set`, or is `NOWHERE`.
        #[expect(unsafe_code)]
        unsafe {
            &*self.0.load(Relaxed)
        }
    }

    #[inline(always)]
    pub(crate) fn set(&self, watch: &'static Watch) {
        self.0.store(ptr::from_ref(watch).cast_mut(), Relaxed);
    }
}

impl Watch {
    pub(crate) const fn new() -> Self {
        Self {
            calm: Balance::new(CALM),
            rest: Balance::new(CALM),
            top: Balance::new(NONE),
            around: Link::nowhere(),
        }
    }

    #[inline(always)]
    pub(crate) fn changed(&self) -> bool {
        self.calm.get() >= 0
    }

    /// A number that is negative as long as `count` is and nothing has happened.
    #[inline(always)]
    pub(crate) fn calm_while_negative(&self, count: i64) -> i64 {
        self.calm.get() & count
    }

    /// Makes the next probe settle.
    #[inline(always)]
    pub(crate) fn mark(&self) {
        self.calm.set(CHANGED);
    }

    /// Notes a balance that was reached.
    #[inline(always)]
    pub(crate) fn raise(&self, balance: i64) {
        self.top.raise(balance);
    }

    /// The highest balance that a frame within has handed on, or [`NONE`].
    pub(crate) fn top(&self) -> i64 {
        self.top.get()
    }

    pub(crate) fn set_top(&self, top: i64) {
        self.top.set(top);
    }

    /// Says whether the frame pauses another one of the same table, where nothing has happened in it.
    pub(crate) fn set_nested(&self, nested: bool) {
        self.rest.set(if nested { CALM_WITHIN } else { CALM });
        if !self.changed() {
            self.calm.set(self.rest.get());
        }
    }

    /// Whether leaving has more to do than to close a line.
    #[inline(always)]
    pub(crate) fn changed_or_nested(&self) -> bool {
        self.calm.get() != CALM
    }

    /// Those who look at the table wait from here until [`clear`](Self::clear).
    #[inline(always)]
    pub(crate) fn begin_settling(&self) {
        self.calm.set(SETTLING);
        fence(Release);
    }

    /// Whether the table is being settled.
    pub(crate) fn is_settling(&self) -> bool {
        self.calm.get() == SETTLING
    }

    /// Starts over, as if nothing had happened.
    #[inline(always)]
    pub(crate) fn clear(&self) {
        if self.top.get() != NONE {
            self.top.set(NONE);
        }
        fence(Release);
        self.calm.set(self.rest.get());
    }

    /// Tells the frame around that something happened here, and the highest balance meanwhile.
    #[inline(always)]
    pub(crate) fn hand_on(&self, top: i64) {
        self.hand_on_mark();
        self.around.get().raise(top);
    }

    /// Tells the frame around that something happened here. Where that is a frame of the same table,
    /// which has the same watch, it is to be cleared after that.
    #[inline(always)]
    pub(crate) fn hand_on_mark(&self) {
        let around = self.around.get();
        if !around.changed() {
            around.mark();
        }
    }
}
