//! Figures with one writer.
//!
//! Every figure on the hot path belongs to one thread, which alone writes it. A relaxed load and a
//! relaxed store are plain machine instructions there, with no lock prefix and no fence, and still
//! let any other thread read at any time.

use std::sync::atomic::{
    AtomicI64, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// An unsigned figure with one writer. Arithmetic wraps, so that differences stay right.
#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    pub(crate) const fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn add(&self, value: u64) {
        self.set(self.get().wrapping_add(value));
    }

    /// Adds `value`; who [sees](Self::get_before) that sees all that was written before, too.
    #[inline(always)]
    pub(crate) fn add_after(&self, value: u64) {
        self.0.store(self.get().wrapping_add(value), Release);
    }

    /// The figure, read before all that is read from now on.
    #[inline(always)]
    pub(crate) fn get_before(&self) -> u64 {
        self.0.load(Acquire)
    }

    /// Becomes `now`, and returns how much that is more.
    #[inline(always)]
    pub(crate) fn catch_up(&self, now: u64) -> u64 {
        let more = now.wrapping_sub(self.get());
        self.set(now);
        more
    }

    #[inline(always)]
    pub(crate) fn raise(&self, value: u64) {
        if value > self.get() {
            self.set(value);
        }
    }
}

/// A signed figure with one writer.
#[derive(Debug, Default)]
pub(crate) struct Balance(AtomicI64);

impl Balance {
    pub(crate) const fn new(value: i64) -> Self {
        Self(AtomicI64::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn add(&self, value: i64) {
        self.set(self.get().wrapping_add(value));
    }

    /// Adds `value`, and returns the sum.
    #[inline(always)]
    pub(crate) fn grow(&self, value: i64) -> i64 {
        let sum = self.get().wrapping_add(value);
        self.set(sum);
        sum
    }

    /// Becomes `now`, and returns how much that is more.
    #[inline(always)]
    pub(crate) fn catch_up(&self, now: i64) -> i64 {
        let more = now.wrapping_sub(self.get());
        self.set(now);
        more
    }

    #[inline(always)]
    pub(crate) fn raise(&self, value: i64) {
        if value > self.get() {
            self.set(value);
        }
    }
}
