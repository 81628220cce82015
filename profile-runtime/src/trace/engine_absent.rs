//! In place of the engine where there is none: without the feature `trace`, or on a system whose
//! stacks it cannot walk.

use std::io;
use std::path::Path;

use super::{Error, Filter, Frame, Key, Statistic};

pub(crate) const IS_THERE: bool = false;

/// Whether that is as the program wants it.
pub(crate) const IS_OFF: bool = !cfg!(feature = "trace");

pub(crate) const MAX_FRAMES: u32 = 256;

/// A copy of all that lives: there is none.
#[derive(Clone)]
pub(crate) enum Heap {}

impl Heap {
    pub(crate) fn now(_: Option<u32>) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    pub(crate) fn load(_: &Path) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    pub(crate) fn save(&self, _: &Path) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn statistics(&self, _: Key, _: bool) -> Vec<Statistic> {
        match *self {}
    }

    pub(crate) fn filter(&self, _: &[Filter]) -> Self {
        match *self {}
    }

    pub(crate) fn amount(&self) -> (u64, u64) {
        match *self {}
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        match *self {}
    }
}

/// What a line holds: nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    pub(crate) retained: u64,
    pub(crate) churned: u64,
}

/// What lines hold: nothing is known.
pub(crate) enum Lines {}

impl Lines {
    pub(crate) fn now(_: &mut Vec<String>) -> Option<Self> {
        None
    }

    pub(crate) fn of(&self, _: &str, _: u32) -> Held {
        match *self {}
    }
}

/// A block that is being resized: none is traced.
pub(crate) enum Resized {}

impl Resized {
    pub(crate) fn put_back(self) {
        match self {}
    }
}

pub(crate) fn is_on() -> bool {
    false
}

#[inline(always)]
pub(crate) fn alloc(_: *mut u8, _: usize) {}

#[inline(always)]
pub(crate) fn free(_: *mut u8) {}

#[inline(always)]
pub(crate) fn before_realloc(_: *mut u8) -> Option<Resized> {
    None
}

pub(crate) fn begin_if_asked() {}

pub(crate) fn thread_ended() {}

pub(crate) fn start(_: u32) {}

pub(crate) fn stop() -> bool {
    false
}

pub(crate) fn join(_: u32) -> u32 {
    0
}

pub(crate) fn leave() {}

pub(crate) fn frames() -> u32 {
    0
}

pub(crate) fn clear() {}

pub(crate) fn current_and_peak() -> (u64, u64) {
    (0, 0)
}

pub(crate) fn reset_peak() {}

pub(crate) fn overhead() -> u64 {
    0
}

pub(crate) fn lost() -> u64 {
    0
}

pub(crate) fn traceback_of(_: usize) -> Option<Vec<Frame>> {
    None
}

pub(crate) fn untraced<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Makes what `work` allocates memline's own.
pub(crate) fn apart<T>(work: impl FnOnce() -> T) -> T {
    crate::record::current().counters.uncounted(work)
}
