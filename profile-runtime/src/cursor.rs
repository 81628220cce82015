//! The cursor: what a probe, a frame and a guard do with their table.
//!
//! A table has one line open. A probe closes it and opens another; a frame pauses it and goes on
//! with it in the end. This is the hot path: it is inlined into the profiled function, and calls
//! what there is to do only where something happened.

use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::Relaxed;

use crate::table::{CLOSED, Table};

/// A table, as wide as one pointer: what frames and guards hold.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct TableRef(NonNull<()>);

/// What a frame keeps of the one around it: its open line and, if there is one, its peak's state.
#[derive(Clone, Copy)]
pub(crate) struct Outer {
    slot: u32,
    peak: PeakState,
}

/// PERF: two registers, so that a frame is made without a detour through memory.
#[derive(Clone, Copy)]
#[repr(C)]
struct PeakState {
    base: i64,
    top: i64,
}

impl Outer {
    /// There is none.
    pub(crate) const NONE: Self = Self {
        slot: CLOSED,
        peak: PeakState { base: 0, top: 0 },
    };
}

impl TableRef {
    /// The table that begins at `block`, if there is one.
    ///
    /// # Safety
    ///
    /// `block` is null, or the [`block`](Self::block) of a table.
    #[inline(always)]
    #[expect(unsafe_code)]
    pub(crate) unsafe fn from_block(block: *mut ()) -> Option<Self> {
        NonNull::new(block).map(Self)
    }

    /// Where the table begins.
    pub(crate) fn block(self) -> *mut () {
        self.0.as_ptr()
    }

    #[inline(always)]
    pub(crate) fn get(self) -> &'static Table {
        let block = self.0.as_ptr().cast_const();
        // SAFETY: a table begins with the number of its lines.
        #[expect(unsafe_code)]
        let len = unsafe { block.cast::<usize>().read() };
        // SAFETY: with that number the pointer is as wide as the table, which is never freed.
        #[expect(unsafe_code)]
        unsafe {
            &*(ptr::slice_from_raw_parts(block, len) as *const Table)
        }
    }

    /// Closes the open line and opens `slot`. `count` is 1 where the line runs anew, 0 where it
    /// goes on.
    #[inline(always)]
    pub(crate) fn turn(self, slot: u32, count: u64) {
        if self.get().changed() {
            settle(self);
        }
        self.open_line(slot, count);
    }

    /// As [`turn`](Self::turn), unless no line is open: a future that is not being polled.
    #[inline(always)]
    pub(crate) fn turn_if_open(self, slot: u32, count: u64) {
        if self.get().open.load(Relaxed) != CLOSED {
            self.turn(slot, count);
        }
    }

    #[inline(always)]
    fn open_line(self, slot: u32, count: u64) {
        let table = self.get();
        let Some(line) = table.lines.get(slot as usize) else {
            return;
        };
        let occurrences = line.occurrences.get() + count;
        line.occurrences.set(occurrences);
        table.open.store(slot, Relaxed);
        if occurrences >= line.next_sample.get() {
            sample(self);
        }
    }

    /// Enters a frame: pauses the line that is open, and opens `slot`.
    #[inline(always)]
    pub(crate) fn enter(self, slot: u32) -> Outer {
        let outer = self.pause();
        self.open_line(slot, 1);
        outer
    }

    /// Enters the frame of a future that goes on where it stopped: in `slot`, of which `carried`
    /// bytes had been kept before.
    pub(crate) fn resume(self, slot: u32, carried: i64) -> Outer {
        let outer = self.pause();
        let table = self.get();
        table.base.set(table.base.get() - carried);
        self.open_line(slot, 0);
        table.sample();
        outer
    }

    #[inline(always)]
    fn pause(self) -> Outer {
        let table = self.get();
        let slot = table.open.load(Relaxed);
        if slot != CLOSED || table.changed() {
            let peak = pause_after_changes(self);
            return Outer { slot, peak };
        }
        // PERF: nothing happened since the table was last in use, so that `base` still is the
        // balance, and the highest one too.
        table.rss.set(table.record.rss.get());
        table.top.set(table.counters().line_top.get());
        table.counters().line_top.set(table.base.get());
        Outer::NONE
    }

    /// Leaves a frame: closes its line, and goes on with the one that it paused.
    #[inline(always)]
    pub(crate) fn leave(self, outer: Outer) {
        let table = self.get();
        if table.changed() {
            settle(self);
        }
        table.open.store(outer.slot, Relaxed);
        table.counters().line_top.raise(table.top.get());
        if outer.slot != CLOSED {
            go_on(self, outer.peak);
        }
    }

    /// The open line and what it has kept so far, for a future that is suspended.
    pub(crate) fn suspended(self) -> (u32, i64) {
        let table = self.get();
        let kept = table.counters().balance() - table.base.get();
        (table.open.load(Relaxed), kept)
    }
}

// PERF: what is called from the hot path is `extern "C"`, which cannot unwind, so that no landing
// pads are made around probes.

#[inline(never)]
extern "C" fn settle(table: TableRef) {
    table.get().settle();
}

#[inline(never)]
extern "C" fn sample(table: TableRef) {
    table.get().sample();
}

#[inline(never)]
extern "C" fn pause_after_changes(table: TableRef) -> PeakState {
    let table = table.get();
    let state = PeakState {
        base: table.base.get(),
        top: table.top.get(),
    };
    let top = table.counters().peak();
    if table.open.load(Relaxed) == CLOSED {
        table.arm();
    } else {
        table.settle();
    }
    table.top.set(top);
    state
}

#[inline(never)]
extern "C" fn go_on(table: TableRef, state: PeakState) {
    let table = table.get();
    table.base.set(state.base);
    table.top.set(state.top);
    table.sample();
}
