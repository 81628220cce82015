//! The cursor: what a probe, a frame and a guard do with their table.
//!
//! A table has one line open. A probe closes it and opens another; a frame pauses it and goes on
//! with it in the end. This is the hot path: it is inlined into the profiled function, and calls
//! what there is to do only where something happened.

use std::ptr::{self, NonNull};

use crate::table::{Settled, Table};

/// A table, as wide as one pointer.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct TableRef(NonNull<()>);

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
    fn of(table: &'static Table) -> Self {
        Self(NonNull::from(table).cast())
    }

    #[inline(always)]
    fn len(self) -> usize {
        // SAFETY: that is where a table, however many lines it has, has the number of them.
        #[expect(unsafe_code)]
        unsafe {
            self.0.byte_add(Table::LEN).cast::<u32>().read() as usize
        }
    }

    #[inline(always)]
    pub(crate) fn get(self) -> &'static Table {
        // SAFETY: there are so many lines.
        #[expect(unsafe_code)]
        unsafe {
            self.with_len(self.len())
        }
    }

    /// The first lines of the table, if it has so many.
    ///
    /// PERF: where the number is a constant, the compiler knows of each slot that it is in range.
    #[inline(always)]
    fn first_lines(self, len: usize) -> Option<&'static Table> {
        // SAFETY: there are at least so many lines.
        #[expect(unsafe_code)]
        (self.len() >= len).then(|| unsafe { self.with_len(len) })
    }

    /// The first lines of the table.
    ///
    /// # Safety
    ///
    /// There are at least so many.
    #[inline(always)]
    #[expect(unsafe_code)]
    unsafe fn with_len(self, len: usize) -> &'static Table {
        let table = ptr::slice_from_raw_parts(self.0.as_ptr().cast_const(), len);
        // SAFETY: with the number of its lines the pointer is as wide as the table, which is never
        // freed.
        unsafe { &*(table as *const Table) }
    }
}

/// The table of a frame, as the frame and its guards hold it.
///
/// PERF: as wide as a table where all is inlined, so that the number of lines is a constant; one pointer
/// in debug builds, where it would only take stack.
#[derive(Clone, Copy)]
pub(crate) struct Held(
    #[cfg(debug_assertions)] TableRef,
    #[cfg(not(debug_assertions))] &'static Table,
);

impl Held {
    /// Holds a table whose slots below `slots` are used, if it has so many.
    #[inline(always)]
    pub(crate) fn new(table: TableRef, slots: u32) -> Option<Self> {
        let lines = table.first_lines(slots as usize)?;
        #[cfg(debug_assertions)]
        let lines = TableRef::of(lines);
        Some(Self(lines))
    }

    #[inline(always)]
    pub(crate) fn get(self) -> &'static Table {
        #[cfg(debug_assertions)]
        return self.0.get();
        #[cfg(not(debug_assertions))]
        self.0
    }
}

/// The turn that a guard makes when it is dropped.
///
/// PERF: a guard is made anew at each pass of a loop. Two words are kept in registers, where a [`Held`] table,
/// which is as wide by itself, would be stored. In debug builds, which copy what is in registers, a third one
/// keeps it in memory.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    table: TableRef,
    /// Twice the slot, which is in range, and one more where the line runs anew.
    target: u32,
    #[cfg(debug_assertions)]
    _in_memory: u32,
}

impl Turn {
    /// To the line with this slot, if the table has it; `anew` where it does not go on but runs once more.
    #[inline(always)]
    pub(crate) fn new(table: Held, slot: u32, anew: bool) -> Option<Self> {
        let table = table.get();
        ((slot as usize) < table.lines.len()).then(|| Self {
            table: TableRef::of(table),
            target: 2 * slot + u32::from(anew),
            #[cfg(debug_assertions)]
            _in_memory: 0,
        })
    }

    #[inline(always)]
    fn slot(self) -> u32 {
        self.target / 2
    }

    /// The table, as far as the line.
    #[inline(always)]
    fn table(self) -> &'static Table {
        // SAFETY: the line is one of them.
        #[expect(unsafe_code)]
        unsafe {
            self.table.with_len(self.slot() as usize + 1)
        }
    }

    #[inline(always)]
    pub(crate) fn make(self) {
        self.table().turn(self.slot(), i64::from(self.target % 2));
    }

    /// Counts the line without opening it.
    #[inline(always)]
    pub(crate) fn count(self, count: i64) {
        if let Some(line) = self.table().lines.last() {
            line.count(count);
        }
    }
}

impl Table {
    /// Closes the open line and opens `slot`. `count` is 1 where the line runs anew, 0 where it
    /// goes on.
    ///
    /// PERF: on the usual path nothing happened and no sample is due, which one branch tells.
    #[inline(always)]
    pub(crate) fn turn(&'static self, slot: u32, count: i64) {
        let Some(line) = self.lines.get(slot as usize) else {
            return;
        };
        let since_due = line.since_due_with(count);
        if self.watch.calm_while_negative(since_due) >= 0 {
            // SAFETY: the table has a line for the slot.
            #[expect(unsafe_code)]
            return unsafe { turn_after_changes(TableRef::of(self), slot, count) };
        }
        if count != 0 {
            line.set_since_due(since_due);
        }
        self.open.set(slot);
    }

    /// As [`turn`](Self::turn), unless no line is open: a future that is not being polled.
    #[inline(always)]
    pub(crate) fn turn_if_open(&'static self, slot: u32, count: i64) {
        if !self.open.is_closed() {
            self.turn(slot, count);
        }
    }

    /// Opens `slot`, where the line that was open is settled.
    ///
    /// # Safety
    ///
    /// The slot is in range.
    #[inline(always)]
    #[expect(unsafe_code)]
    unsafe fn open_anew(&'static self, slot: u32, count: i64) {
        // SAFETY: the caller knows that it is in range.
        let line = unsafe { self.lines.get_unchecked(slot as usize) };
        self.open.set(slot);
        if line.count(count) {
            begin_sample(TableRef::of(self));
        }
    }

    /// Enters a frame: pauses the line that is open, if one is, and opens `slot`.
    #[inline(always)]
    pub(crate) fn enter(&'static self, slot: u32) {
        self.begin();
        self.turn(slot, 1);
    }

    /// Enters a function's frame: counts its first row, and opens `slot`, which is another.
    ///
    /// PERF: nothing happens between the two, so that one branch tells for both.
    #[inline(always)]
    pub(crate) fn enter_function(&'static self, slot: u32) {
        self.begin();
        let (Some(row), Some(line)) = (self.lines.first(), self.lines.get(slot as usize)) else {
            return;
        };
        let (calls, runs) = (row.since_due_with(1), line.since_due_with(1));
        if self.watch.calm_while_negative(calls & runs) >= 0 {
            // SAFETY: the table has a line for the slot.
            #[expect(unsafe_code)]
            return unsafe { enter_after_changes(TableRef::of(self), slot) };
        }
        row.set_since_due(calls);
        line.set_since_due(runs);
        self.open.set(slot);
    }

    /// Enters the frame of a future that goes on where it stopped: in `slot`, of which `carried`
    /// bytes had been kept before.
    pub(crate) fn resume(&'static self, slot: u32, carried: i64) {
        self.begin();
        self.carry(carried);
        self.turn(slot, 0);
        self.sample();
    }

    #[inline(always)]
    fn begin(&'static self) {
        if self.open.is_closed_since(self.counters().operations()) {
            // PERF: it is nearly always the same, which a comparison is predicted to find.
            let rss = self.record.rss.get();
            if self.rss.get() != rss {
                self.rss.set(rss);
            }
        } else {
            begin_after_changes(TableRef::of(self));
        }
        let innermost = &self.counters().watch;
        // PERF: it is nearly always the same one. A comparison can be predicted; what is stored here
        // would have to be waited for when the frame is left.
        let around = innermost.get();
        if !ptr::eq(self.watch.around.get(), around) {
            self.watch.around.set(around);
        }
        innermost.set(&self.watch);
    }

    /// Leaves a frame: closes its line, and goes on with the one that it paused.
    #[inline(always)]
    pub(crate) fn leave(&'static self) {
        if self.watch.changed_or_nested() {
            leave_after_changes(TableRef::of(self));
        } else {
            self.close();
        }
    }

    /// Closes the line of a frame that paused no other one of its table.
    #[inline(always)]
    fn close(&self) {
        self.close_line();
        self.counters().watch.set(self.watch.around.get());
    }

    /// The open line and what it has kept so far, for a future that is suspended.
    pub(crate) fn suspended(&self) -> Option<(u32, i64)> {
        let kept = self.counters().balance() - self.base();
        Some((self.open.slot()?, kept))
    }
}

// PERF: what is called from the hot path is `extern "C"`, which cannot unwind, so that no landing
// pads are made around probes.

/// # Safety
///
/// The slot is in range.
#[cold]
#[inline(never)]
#[expect(unsafe_code)]
unsafe extern "C" fn turn_after_changes(table: TableRef, slot: u32, count: i64) {
    let held = table.get();
    if held.watch.changed() {
        match held.settle_unless_sampled() {
            Settled::Fully => {}
            // SAFETY: as for this.
            settled => return unsafe { turn_after_sample(table, slot, count, settled) },
        }
    }
    // SAFETY: as for this.
    unsafe { held.open_anew(slot, count) }
}

/// # Safety
///
/// The slot is in range, and another than the first.
#[cold]
#[inline(never)]
#[expect(unsafe_code)]
unsafe extern "C" fn enter_after_changes(table: TableRef, slot: u32) {
    // SAFETY: as for this; the first is in range where another is.
    unsafe {
        turn_after_changes(table, 0, 1);
        turn_after_changes(table, slot, 1);
    }
}

/// # Safety
///
/// The slot is in range.
#[cold]
#[inline(never)]
#[expect(unsafe_code)]
unsafe extern "C" fn turn_after_sample(table: TableRef, slot: u32, count: i64, settled: Settled) {
    let table = table.get();
    table.sample_line(settled);
    // SAFETY: as for this.
    unsafe { table.open_anew(slot, count) }
}

#[cold]
#[inline(never)]
extern "C" fn begin_sample(table: TableRef) {
    table.get().sample();
}

#[cold]
#[inline(never)]
extern "C" fn begin_after_changes(table: TableRef) {
    let table = table.get();
    if table.open.is_closed() {
        table.arm();
    } else {
        table.pause();
    }
}

#[cold]
#[inline(never)]
extern "C" fn leave_after_changes(table: TableRef) {
    let table = table.get();
    if table.watch.changed() {
        table.settle();
    }
    if table.is_nested() {
        table.go_on();
    } else {
        table.close();
    }
}
