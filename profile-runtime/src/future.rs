//! Frames of async bodies, which are entered at each poll and left when the poll returns.
//!
//! Between two polls a body has no line open, on no thread: neither the time it is suspended, nor
//! other tasks, nor a move to another thread are charged to it.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use crate::frame::{AtEnd, Cursor};
use crate::site::{About, Site};
use crate::table::Table;

/// The handle that an async body holds across its awaits: it finds the table of whichever thread
/// polls it.
#[derive(Clone, Copy)]
pub struct Task {
    site: &'static Site,
}

/// The handle for the body of a future.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn task(site: &'static Site) -> Task {
    Task { site }
}

/// A turn in whichever table a [`Task`] finds.
#[derive(Clone, Copy)]
pub struct There {
    task: Task,
    slot: u32,
    count: u32,
}

impl Cursor for There {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn turn(self) {
        if let Some(table) = self.task.site.table() {
            table.get().turn_if_open(self.slot, self.count.into());
        }
    }
}

impl Task {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn turn(&self, slot: u32, count: u32) -> There {
        There {
            task: *self,
            slot,
            count,
        }
    }

    /// As [`Frame::line`](crate::frame::Frame::line).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn line(&self, slot: u32) {
        self.turn(slot, 1).turn();
    }

    /// As [`Frame::reopen`](crate::frame::Frame::reopen).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn reopen(&self, slot: u32) -> AtEnd<There> {
        AtEnd(self.turn(slot, 0))
    }

    /// As [`Frame::brace`](crate::frame::Frame::brace).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn brace(&self, slot: u32) -> AtEnd<There> {
        AtEnd(self.turn(slot, 1))
    }

    /// As [`Frame::pass`](crate::frame::Frame::pass).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn pass(&self, slot: u32) -> TaskPass {
        TaskPass {
            header: self.turn(slot, 0),
            finished: AtomicBool::new(false),
        }
    }
}

/// As [`Pass`](crate::frame::Pass). A future holds it across awaits and must stay `Sync`, which no
/// `Cell` is.
pub struct TaskPass {
    header: There,
    finished: AtomicBool,
}

impl TaskPass {
    /// The next test of the loop follows.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn finished(&self) {
        self.finished.store(true, Relaxed);
    }

    /// The loop is left after all.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn unfinished(&self) {
        self.finished.store(false, Relaxed);
    }
}

impl Drop for TaskPass {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.header.count = u32::from(*self.finished.get_mut());
        self.header.turn();
    }
}

/// A future whose body has a frame. Its name is kept to this module: a future that nobody awaits
/// is warned of in the same words as the one within.
struct InFuture<F> {
    state: State,
    /// Dropped by hand, within the frame.
    future: ManuallyDrop<F>,
}

struct State {
    site: &'static Site,
    /// The line that is open when the body runs on.
    slot: u32,
    /// Bytes that the line has kept so far.
    carried: i64,
    begun: bool,
}

/// Gives the body of an `async fn` its frame. The first poll is the call.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn in_future<F: Future>(
    site: &'static Site,
    name: fn() -> &'static str,
    place: &'static str,
    future: F,
) -> impl Future<Output = F::Output> {
    site.describe(About { name, place });
    in_async_block(site, 0, future)
}

/// As [`in_future`], where the result is of the type that `like` returns: `!`, which has no name on
/// stable Rust but as the result of a function.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn in_future_like<T, F: Future<Output = T>>(
    site: &'static Site,
    name: fn() -> &'static str,
    place: &'static str,
    _like: fn() -> T,
    future: F,
) -> impl Future<Output = T> {
    in_future(site, name, place, future)
}

/// Gives an async block its frame, in the table of the function around it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn in_async_block<F: Future>(
    site: &'static Site,
    slot: u32,
    future: F,
) -> impl Future<Output = F::Output> {
    let state = State {
        site,
        slot,
        carried: 0,
        begun: false,
    };
    InFuture {
        state,
        future: ManuallyDrop::new(future),
    }
}

impl<F: Future> Future for InFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned with `self` and never moved out of it; `state` is not pinned.
        #[expect(unsafe_code)]
        let (state, future) = unsafe {
            let this = self.get_unchecked_mut();
            (&mut this.state, Pin::new_unchecked(&mut *this.future))
        };
        let _frame = state.frame();
        future.poll(context)
    }
}

impl<F> Drop for InFuture<F> {
    fn drop(&mut self) {
        // A future that never ran has nothing but its arguments, which are its caller's.
        let _frame = if self.state.begun {
            self.state.frame()
        } else {
            None
        };
        // SAFETY: dropped once, here, in place.
        #[expect(unsafe_code)]
        unsafe {
            ManuallyDrop::drop(&mut self.future);
        }
    }
}

impl State {
    /// Enters the frame where it was left.
    fn frame(&mut self) -> Option<Polled<'_>> {
        let table = self.site.table()?.get();
        if self.begun {
            table.resume(self.slot, self.carried);
        } else {
            self.begun = true;
            table.enter(self.slot);
        }
        Some(Polled { state: self, table })
    }
}

/// A poll under way. Its drop suspends the frame, also when the poll panics.
struct Polled<'a> {
    state: &'a mut State,
    table: &'static Table,
}

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        if let Some((slot, kept)) = self.table.suspended() {
            (self.state.slot, self.state.carried) = (slot, kept);
        }
        self.table.leave();
    }
}
