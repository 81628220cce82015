//! What the frames of one table have paused: one entry for each frame within another, as recursion
//! makes them, or a closure that its function calls.
//!
//! It lies beside the table rather than in the frames, so that a frame is no more than a pointer.

use std::alloc::Layout;
use std::cell::Cell;

use crate::arena;
use crate::watch::Watch;

/// The line of an outer frame, paused by an inner one of the same table.
#[derive(Clone, Copy)]
pub(crate) struct Paused {
    pub(crate) slot: u32,
    /// The thread's balance when that line began.
    pub(crate) base: i64,
    /// The thread's highest balance since that frame was entered, but for the line.
    pub(crate) top: i64,
    pub(crate) around: &'static Watch,
}

/// A stack of them. Only the table's thread touches it.
pub(crate) struct Nest {
    entries: Cell<*mut Paused>,
    capacity: Cell<usize>,
    depth: Cell<usize>,
}

impl Nest {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Cell::new(std::ptr::null_mut()),
            capacity: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.depth.get() == 0
    }

    pub(crate) fn push(&self, paused: Paused) {
        let depth = self.depth.get();
        if depth < self.capacity.get() || self.grow().is_some() {
            // SAFETY: there is room for more than `depth` entries.
            #[expect(unsafe_code)]
            unsafe {
                self.entries.get().add(depth).write(paused);
            }
        }
        self.depth.set(depth + 1);
    }

    /// The last one pushed; `None` where there was no memory for it.
    pub(crate) fn pop(&self) -> Option<Paused> {
        let depth = self.depth.get().checked_sub(1)?;
        self.depth.set(depth);
        // SAFETY: an entry below the capacity was written when it was pushed.
        #[expect(unsafe_code)]
        (depth < self.capacity.get()).then(|| unsafe { self.entries.get().add(depth).read() })
    }

    /// Forgets all of them: the thread that pushed them is gone.
    pub(crate) fn clear(&self) {
        self.depth.set(0);
    }

    #[cold]
    fn grow(&self) -> Option<()> {
        let (old, old_capacity) = (self.entries.get(), self.capacity.get());
        if self.depth.get() > old_capacity {
            return None; // there was no memory before, and what should lie below is missing
        }
        let capacity = (2 * old_capacity).max(8);
        let layout = Layout::array::<Paused>(capacity).ok()?;
        let new = arena::alloc_zeroed(layout).cast::<Paused>();
        if new.is_null() {
            return None;
        }
        // SAFETY: both hold `old_capacity` entries, and the new one is nobody else's.
        #[expect(unsafe_code)]
        unsafe {
            new.copy_from_nonoverlapping(old, old_capacity);
        }
        self.entries.set(new);
        self.capacity.set(capacity);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_paused_comes_back_in_turn() {
        static WATCH: Watch = Watch::new();
        let nest = Nest::new();
        for slot in 0..1000 {
            nest.push(Paused {
                slot,
                base: i64::from(slot),
                top: 0,
                around: &WATCH,
            });
        }
        for slot in (0..1000).rev() {
            assert_eq!(nest.pop().map(|paused| paused.slot), Some(slot));
        }
        assert!(nest.is_empty() && nest.pop().is_none());
    }
}
