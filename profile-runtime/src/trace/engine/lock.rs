//! A lock that may be held across a fork, and taken where nothing may be allocated.
//!
//! What it guards is touched for less than a microsecond at nearly all times, so that who waits spins
//! first and gives way then.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};
use std::{hint, thread};

/// Attempts before another thread is given way to: as many as take longer than a shard of a large heap is
/// copied. On a busy machine who gives way is not back for milliseconds.
const SPINS: u32 = 1_000;

/// A value that one thread at a time has.
pub(super) struct Lock<T> {
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `held` lets one thread at a time have the value.
#[expect(unsafe_code)]
unsafe impl<T: Send> Sync for Lock<T> {}

/// The value of a lock, as long as this lives.
pub(super) struct Held<'a, T>(&'a Lock<T>);

impl<T> Lock<T> {
    pub(super) const fn new(value: T) -> Self {
        Self {
            held: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    #[inline(always)]
    pub(super) fn lock(&self) -> Held<'_, T> {
        if !self.try_hold() {
            self.wait();
        }
        Held(self)
    }

    #[inline(always)]
    fn try_hold(&self) -> bool {
        self.held
            .compare_exchange(false, true, Acquire, Relaxed)
            .is_ok()
    }

    #[cold]
    #[inline(never)]
    fn wait(&self) {
        let mut attempts = 0;
        while !self.try_hold() {
            attempts += 1;
            if attempts < SPINS {
                hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
    }

    /// Holds it until it is [`release`](Self::release)d: across a fork.
    pub(super) fn hold(&self) {
        std::mem::forget(self.lock());
    }

    /// Begins anew with `value`, whoever held it: in a forked child, where nobody else runs.
    pub(super) fn abandon(&self, value: T) {
        // SAFETY: the only thread there is does not hold it. What was there may be half changed, and
        // is left to itself.
        #[expect(unsafe_code)]
        unsafe {
            self.value.get().write(value);
        }
        self.release();
    }

    /// Ends a [`hold`](Self::hold).
    pub(super) fn release(&self) {
        self.held.store(false, Release);
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: held, until `self` is dropped.
        #[expect(unsafe_code)]
        unsafe {
            &*self.0.value.get()
        }
    }
}

impl<T> DerefMut for Held<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `self` is borrowed exclusively.
        #[expect(unsafe_code)]
        unsafe {
            &mut *self.0.value.get()
        }
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.release();
    }
}
