//! What can go wrong.

use std::error;
use std::fmt;

use super::engine::MAX_FRAMES;

/// Why something could not be traced, or read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is traced: [`start`](super::start) comes first.
    NotTracing,
    /// So many frames cannot be kept.
    Frames(u32),
    /// memline's allocator is not the program's, so that nothing can be traced.
    NotInstalled,
    /// Not on this system, or not with these features.
    Unsupported,
    /// A file cannot be read, or is no recording; the text names it and says why.
    File(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotTracing => f.write_str(
                "nothing is traced: call memline::trace::start first, or set MEMLINE_TRACE",
            ),
            Error::Frames(frames) => {
                write!(
                    f,
                    "{frames} frames cannot be kept: expected 1 to {MAX_FRAMES}"
                )
            }
            Error::NotInstalled => f.write_str(
                "memline's allocator is not the program's: enable memline's feature \
                 `global-allocator`, or wrap the program's own allocator in memline::Allocator",
            ),
            Error::Unsupported => {
                f.write_str("tracing needs Linux on x86-64, and memline's feature `trace`")
            }
            Error::File(reason) => f.write_str(reason),
        }
    }
}

impl error::Error for Error {}
