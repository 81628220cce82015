//! Which line of a table is open.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// No thread gets to so many operations: the next frame finds that something has happened.
pub(super) const STALE: u64 = i64::MAX as u64;

/// Which line is open: the complement of its slot, which is negative. Where none is, the thread's operations when the
/// table was last settled: a frame that is entered while they are the same finds everything as it was left.
///
/// PERF: one word, so that entering a frame compares once.
pub(crate) struct Open(AtomicI64);

impl Open {
    pub(super) const fn stale() -> Self {
        Self(AtomicI64::new(STALE as i64))
    }

    #[inline(always)]
    pub(crate) fn set(&self, slot: u32) {
        self.0.store(!i64::from(slot), Relaxed);
    }

    #[inline(always)]
    pub(crate) fn close(&self, operations: u64) {
        self.0.store(operations as i64, Relaxed);
    }

    /// Whether no line is open, and there were so many operations when the last one was closed.
    #[inline(always)]
    pub(crate) fn is_closed_since(&self, operations: u64) -> bool {
        self.0.load(Relaxed) == operations as i64
    }

    #[inline(always)]
    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Relaxed) >= 0
    }

    /// The slot of the line that is open.
    #[inline(always)]
    pub(crate) fn slot(&self) -> Option<u32> {
        let open = self.0.load(Relaxed);
        (open < 0).then_some(!open as u32)
    }

    /// Makes the next frame find that something has happened, where no line is open. Any thread may say
    /// so; where the table's own thread opens a line meanwhile, that is told otherwise.
    pub(super) fn make_stale(&self) {
        let open = self.0.load(Relaxed);
        if open >= 0 {
            let _ = self
                .0
                .compare_exchange(open, STALE as i64, Relaxed, Relaxed);
        }
    }
}
