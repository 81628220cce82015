//! What the expansion of `#[profile]` calls: frames, probes and guards.
//!
//! A frame stands for one call of a profiled function, or of a closure in it. Its methods take
//! `&self`, so that a probe within an expression never conflicts with one around it. A guard opens
//! a line when it is dropped, however the block that holds it is left.
//!
//! All of it is inlined but in debug builds, where that would cost stack rather than save time.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::cursor::{Held, TableRef};
use crate::site::Site;

/// One call of a profiled function. Its drop closes the line that is open.
pub struct Frame {
    table: Option<Held>,
    /// A frame stays on its thread.
    _not_send: PhantomData<*const ()>,
}

/// Enters a profiled function: opens its first row, which counts the calls, and after that the line of
/// its first statement, `slot`, where that is another. Its probes have slots below `slots`.
///
/// `name` and `place` are what the site is told of its function.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn enter(
    site: &'static Site,
    name: fn() -> &'static str,
    place: &'static str,
    slot: u32,
    slots: u32,
) -> Frame {
    let table = hold(site.table_of_function(name, place), slots);
    if let Some(table) = table {
        match slot {
            0 => table.get().enter(0),
            _ => table.get().enter_function(slot),
        }
    }
    Frame::of(table)
}

/// Enters a closure of a profiled function, whose first line is `slot`, and whose probes have slots
/// below `slots`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn enter_closure(site: &'static Site, slot: u32, slots: u32) -> Frame {
    let table = hold(site.table(), slots);
    if let Some(table) = table {
        table.get().enter(slot);
    }
    Frame::of(table)
}

/// The table of a frame whose probes have slots below `slots`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn hold(table: Option<TableRef>, slots: u32) -> Option<Held> {
    table.and_then(|table| Held::new(table, slots))
}

impl Drop for Frame {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if let Some(table) = self.table {
            table.get().leave();
        }
    }
}

/// Where probes go: the table of a [`Frame`], or the [`Task`](crate::future::Task) of an async
/// body. Guards hold a copy.
pub trait Cursor: Copy {
    /// Closes the open line and opens `slot`; `count` is 1 where it runs anew.
    fn turn(self, slot: u32, count: i64);
}

/// The cursor of a frame; `None` where profiling is off.
#[derive(Clone, Copy)]
pub struct Here(Option<Held>);

impl Cursor for Here {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn turn(self, slot: u32, count: i64) {
        if let Some(table) = self.0 {
            table.get().turn(slot, count);
        }
    }
}

impl Frame {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn of(table: Option<Held>) -> Self {
        Self {
            table,
            _not_send: PhantomData,
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn cursor(&self) -> Here {
        Here(self.table)
    }

    /// The probe: closes the line that is open, opens `slot` and counts it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub extern "C" fn line(&self, slot: u32) {
        self.cursor().turn(slot, 1);
    }

    /// Opens `slot` again at the end of a block within that line.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn reopen(&self, slot: u32) -> AtEnd<Here> {
        AtEnd {
            cursor: self.cursor(),
            slot,
            counts: false,
        }
    }

    /// Opens the line of a closing brace after the block's tail, and counts it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn brace(&self, slot: u32) -> AtEnd<Here> {
        AtEnd {
            cursor: self.cursor(),
            slot,
            counts: true,
        }
    }

    /// Opens the header of a loop again after each pass.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn pass(&self, slot: u32) -> Pass<Here> {
        Pass {
            cursor: self.cursor(),
            slot,
            finished: Cell::new(false),
        }
    }
}

/// Opens a line when it is dropped.
pub struct AtEnd<C: Cursor> {
    pub(crate) cursor: C,
    pub(crate) slot: u32,
    pub(crate) counts: bool,
}

impl<C: Cursor> Drop for AtEnd<C> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.cursor.turn(self.slot, i64::from(self.counts));
    }
}

/// One pass of a loop: its drop opens the header's line again, and counts it where a test
/// follows, which is to say where the pass was finished rather than left.
pub struct Pass<C: Cursor> {
    pub(crate) cursor: C,
    pub(crate) slot: u32,
    pub(crate) finished: Cell<bool>,
}

impl<C: Cursor> Pass<C> {
    /// The next test of the loop follows.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub extern "C" fn finished(&self) {
        self.finished.set(true);
    }

    /// The loop is left after all.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub extern "C" fn unfinished(&self) {
        self.finished.set(false);
    }
}

impl<C: Cursor> Drop for Pass<C> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.cursor.turn(self.slot, i64::from(self.finished.get()));
    }
}
