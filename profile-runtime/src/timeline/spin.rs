//! A lock for threads that the C library does not know of, too.

use std::cell::UnsafeCell;
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};

use super::system;

/// How often a thread gives way before it sleeps.
const YIELDS: u32 = 100;

/// A value that one thread has at a time. The helper has no thread-locals, so that locks of the
/// standard library, which look whether the thread panics, are not for it.
pub(crate) struct Spin<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `with` and `with_patience` hand the value to one thread at a time.
#[expect(unsafe_code)]
unsafe impl<T: Send> Sync for Spin<T> {}

impl<T> Spin<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            taken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Hands the value out; waits while another thread has it.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let mut yields = 0;
        while !self.take() {
            // A thread of a higher priority than who has the value gives way to nobody.
            if yields < YIELDS {
                yields += 1;
                system::give_way();
            } else {
                system::sleep(100_000);
            }
        }
        self.lend(work)
    }

    /// The same, unless another thread keeps it for so many milliseconds.
    pub(crate) fn with_patience<R>(
        &self,
        milliseconds: u32,
        work: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let taken = (0..=milliseconds).any(|_| {
            let taken = self.take();
            if !taken {
                system::sleep(1_000_000);
            }
            taken
        });
        taken.then(|| self.lend(work))
    }

    fn take(&self) -> bool {
        !self.taken.load(Relaxed)
            && self
                .taken
                .compare_exchange(false, true, Acquire, Relaxed)
                .is_ok()
    }

    fn lend<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        struct GiveBack<'a>(&'a AtomicBool);
        impl Drop for GiveBack<'_> {
            fn drop(&mut self) {
                self.0.store(false, Release);
            }
        }
        let _give_back = GiveBack(&self.taken);
        // SAFETY: this thread has taken it, and gives it back only afterwards.
        #[expect(unsafe_code)]
        work(unsafe { &mut *self.value.get() })
    }
}
