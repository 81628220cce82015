//! What the expansion of `#[profile]` calls: frames, probes and guards.
//!
//! A frame stands for one call of a profiled function, or of a closure in it. Its methods take
//! `&self`, so that a probe within an expression never conflicts with one around it. A guard opens
//! a line when it is dropped, however the block that holds it is left.
//!
//! All of it is inlined but in debug builds, where that would cost stack rather than save time.

use std::marker::PhantomData;

use crate::cursor::{Held, TableRef, Turn};
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

/// What a guard does when it is dropped: it closes the open line and opens another one, of a
/// [`Frame`]'s table or of whichever the [`Task`](crate::future::Task) of an async body finds.
pub trait Cursor: Copy {
    /// Does so.
    fn turn(self);
}

/// A turn in a frame's table; `None` where profiling is off.
#[derive(Clone, Copy)]
pub struct Here(Option<Turn>);

impl Cursor for Here {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn turn(self) {
        if let Some(turn) = self.0 {
            turn.make();
        }
    }
}

impl Here {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count(self, count: i64) {
        if let Some(turn) = self.0 {
            turn.count(count);
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
    fn turn(&self, slot: u32, anew: bool) -> Here {
        Here(self.table.and_then(|table| Turn::new(table, slot, anew)))
    }

    /// The probe: closes the line that is open, opens `slot` and counts it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub extern "C" fn line(&self, slot: u32) {
        if let Some(table) = self.table {
            table.get().turn(slot, 1);
        }
    }

    /// Opens `slot` again at the end of a block within that line.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn reopen(&self, slot: u32) -> AtEnd<Here> {
        AtEnd(self.turn(slot, false))
    }

    /// Opens the line of a closing brace after the block's tail, and counts it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn brace(&self, slot: u32) -> AtEnd<Here> {
        AtEnd(self.turn(slot, true))
    }

    /// Opens the header of a loop again after each pass.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn pass(&self, slot: u32) -> Pass {
        Pass(self.turn(slot, false))
    }
}

/// Opens a line when it is dropped.
pub struct AtEnd<C: Cursor>(pub(crate) C);

impl<C: Cursor> Drop for AtEnd<C> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.0.turn();
    }
}

/// One pass of a loop: its drop opens the header's line again. The header is counted where a test
/// follows, which is to say where the pass was finished rather than left.
///
/// PERF: it is counted at once. A flag for the drop would be two stores more at each pass.
pub struct Pass(Here);

impl Pass {
    /// The next test of the loop follows.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub extern "C" fn finished(&self) {
        self.0.count(1);
    }

    /// The loop is left after all.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub extern "C" fn unfinished(&self) {
        self.0.count(-1);
    }
}

impl Drop for Pass {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.0.turn();
    }
}
