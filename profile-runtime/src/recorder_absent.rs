//! In place of the recorder where there is none: without the feature `record`, or on a system
//! whose stacks it cannot walk.

use std::fmt;
use std::io;
use std::path::Path;

/// A recording of the program by itself. There is none here: recordings need Linux on x86-64, and
/// the feature `record`.
#[derive(Debug)]
#[must_use = "the recording ends when this is dropped"]
pub struct Recorder(());

impl Recorder {
    /// Begins a recording, elsewhere.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn start(path: impl AsRef<Path>) -> io::Result<Self> {
        let _ = path;
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "recordings need Linux on x86-64, and memline's feature `record`",
        ))
    }
}

pub(crate) fn mark(_: fmt::Arguments<'_>) {}

pub(crate) fn is_at_work() -> bool {
    false
}

pub(crate) fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

pub(crate) fn finish_at_exit() {}

pub(crate) fn finish_in_handler() {}

pub(crate) fn is_wanted() -> bool {
    false
}

pub(crate) fn allocator_is(_: fn() -> &'static str) {}

pub(crate) fn begin_if_asked() {}

pub(crate) fn thread_ended() {}

pub(crate) fn alloc(_: bool, _: *mut u8, _: usize) {}

pub(crate) fn realloc(_: (*mut u8, usize), _: (*mut u8, usize)) {}

pub(crate) fn free(_: *mut u8, _: usize) {}
