//! Where a recording ends: what is appended, by whichever thread, begins there.

use std::cell::UnsafeCell;
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};

use super::system;

/// A value that one thread has at a time. The sampler has no thread-locals, so that locks of the
/// standard library, which look whether the thread panics, are not for it.
pub(super) struct Spin<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `with` and `try_with` hand the value to one thread at a time.
#[expect(unsafe_code)]
unsafe impl<T: Send> Sync for Spin<T> {}

impl<T> Spin<T> {
    pub(super) const fn new(value: T) -> Self {
        Self {
            taken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Hands the value out; waits while another thread has it.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        while !self.take() {
            system::give_way();
        }
        self.lend(work)
    }

    /// The same, unless another thread keeps it for so many milliseconds.
    pub(super) fn with_patience<R>(
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

/// The end of a recording.
pub(crate) struct Tail(Spin<Whole>);

/// What of a file is whole blocks.
#[derive(Clone, Copy)]
struct Whole {
    /// Bytes.
    length: u64,
    blocks: u64,
}

impl Tail {
    /// The end of a file that holds so many bytes, and so many blocks.
    pub(crate) const fn new(length: u64, blocks: u64) -> Self {
        Self(Spin::new(Whole { length, blocks }))
    }

    /// Appends a block: `write` is told where it begins. What it could not write does not count, and
    /// is written over.
    ///
    /// # Errors
    ///
    /// That of `write`.
    pub(crate) fn append<E>(
        &self,
        block: &[u8],
        write: impl FnOnce(u64) -> Result<(), E>,
    ) -> Result<(), E> {
        self.0.with(|whole| {
            write(whole.length)?;
            whole.length += block.len() as u64;
            whole.blocks += 1;
            Ok(())
        })
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> u64 {
        self.0.with(|whole| whole.blocks)
    }
}
