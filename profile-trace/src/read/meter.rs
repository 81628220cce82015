//! How far a long piece of work has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How much of some work is done, for another thread to show. Clones are one meter.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    done: Arc<AtomicU64>,
    whole: u64,
}

impl Meter {
    /// A meter of so much work, in any unit.
    #[must_use]
    pub fn new(whole: u64) -> Self {
        Self {
            done: Arc::default(),
            whole,
        }
    }

    /// Adds to what is done.
    pub fn add(&self, part: u64) {
        self.done.fetch_add(part, Relaxed);
    }

    pub(super) fn restart(&self) {
        self.done.store(0, Relaxed);
    }

    /// What is done, and the whole.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        (self.done.load(Relaxed), self.whole)
    }
}
