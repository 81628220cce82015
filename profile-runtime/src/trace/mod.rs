//! What lives, where it was allocated, and what it is: for when it is not known where memory goes.
//!
//! [`start`] puts every block that is allocated from then on into a table, with the calls that
//! allocated it, until it is freed. A [`Snapshot`] is a copy of the table; it tells what lives
//! [by](Key) line, stack, type, function or crate, and what has grown since another one.
//!
//! ```no_run
//! # use profile_runtime as memline;
//! use memline::Key;
//! use memline::trace::{self, Snapshot};
//!
//! trace::start(1)?;
//! let kept = vec![0u8; 1024];
//! let snapshot = Snapshot::take()?;
//! for statistic in snapshot.statistics(Key::Line, false) {
//!     println!("{statistic}"); // src/main.rs:5: size=1024 B, count=1, average=1024 B
//! }
//! # drop(kept);
//! # Ok::<(), trace::Error>(())
//! ```
//!
//! `MEMLINE_TRACE=FRAMES` in the environment starts with the program. With `debug =
//! "line-tables-only"` in the Cargo profile there are lines and types; without, functions.

#[cfg_attr(
    not(all(feature = "trace", target_os = "linux", target_arch = "x86_64")),
    path = "engine_absent.rs"
)]
pub(crate) mod engine;
mod error;
mod every;
#[cfg_attr(
    not(all(feature = "trace", target_os = "linux", target_arch = "x86_64")),
    expect(dead_code, reason = "nothing can be traced")
)]
mod filter;
mod key;
mod leak;
mod leak_report;
mod limit;
#[cfg_attr(
    not(all(feature = "trace", target_os = "linux", target_arch = "x86_64")),
    expect(dead_code, reason = "nothing can be traced")
)]
mod settings;
mod snapshot;
mod statistic;

use std::mem::ManuallyDrop;

use crate::{exit, stats};

pub(crate) use engine::{
    Held, Lines, alloc, before_realloc, begin_if_asked, free, is_on, thread_ended,
};
pub(crate) use limit::check as check_limit;

pub use error::Error;
pub use every::{Every, every};
pub use filter::Filter;
pub use key::Key;
pub use leak::{Leak, LeakBuilder};
pub use leak_report::LeakReport;
pub use limit::{OnLimit, on_limit};
pub use snapshot::Snapshot;
pub use statistic::{Change, Frame, Statistic};

/// Traces every block that is allocated from now on. Of the calls that led there the innermost
/// `frames` of the program's own are kept, 1 to 256; those of the standard library between them and
/// the allocation come in addition.
///
/// If something is traced already, it goes on, with the larger number of frames.
///
/// # Errors
///
/// If `frames` is out of range, if memline's allocator is not the program's, or if tracing is not
/// supported here.
pub fn start(frames: u32) -> Result<(), Error> {
    can_trace(frames)?;
    engine::start(frames);
    Ok(())
}

/// Ends what [`start`] or `MEMLINE_TRACE` began, and forgets all blocks. A [`Leak`] that is at work
/// goes on tracing for itself.
///
/// # Errors
///
/// If nothing was started.
pub fn stop() -> Result<(), Error> {
    if engine::stop() {
        Ok(())
    } else {
        Err(why_not())
    }
}

/// Whether anything is traced.
#[must_use]
pub fn is_tracing() -> bool {
    is_on()
}

/// How many of the program's calls are kept of each stack; `None` while nothing is traced.
#[must_use]
pub fn frames() -> Option<u32> {
    is_tracing().then(engine::frames)
}

/// Forgets all blocks, as if what lives had been allocated before tracing began.
pub fn clear() {
    engine::clear();
}

/// Bytes of traced blocks that live, and the most that lived at once since tracing began or since
/// [`reset_peak`].
///
/// The first is exact; the second is while one thread allocates, and within 32 KiB for each other one.
#[must_use]
pub fn current_and_peak() -> (u64, u64) {
    engine::current_and_peak()
}

/// Makes the present the peak.
pub fn reset_peak() {
    engine::reset_peak();
}

/// Bytes that tracing takes for itself: the table of blocks, the stacks, and the symbols by which it
/// tells the program's calls from others. Names for reports come on top once there is one.
#[must_use]
pub fn overhead() -> u64 {
    engine::overhead()
}

/// The calls that allocated the block at `block`, the oldest first, as many as are kept; `None` if it
/// is not a traced block that lives.
///
/// ```no_run
/// # use profile_runtime as memline;
/// let text = String::from("whose?");
/// if let Some(frames) = memline::trace::traceback_of(text.as_ptr()) {
///     println!("{:?}", frames.last());
/// }
/// ```
#[must_use]
pub fn traceback_of<T: ?Sized>(block: *const T) -> Option<Vec<Frame>> {
    handed_out(|| engine::traceback_of(block.addr()))
}

/// Why nothing is traced.
fn why_not() -> Error {
    if engine::IS_THERE {
        Error::NotTracing
    } else {
        Error::Unsupported
    }
}

fn can_trace(frames: u32) -> Result<(), Error> {
    if !engine::IS_THERE {
        return Err(Error::Unsupported);
    }
    if !(1..=engine::MAX_FRAMES).contains(&frames) {
        return Err(Error::Frames(frames));
    }
    if !stats::is_installed() {
        return Err(Error::NotInstalled);
    }
    Ok(())
}

/// Makes a value that the program gets. Making it is memline's own affair; the value is the program's,
/// counted as anything that it calls allocates, but not traced.
fn handed_out<T: Clone>(make: impl FnOnce() -> T) -> T {
    let value = engine::apart(|| ManuallyDrop::new(make()));
    let copy = engine::untraced(|| T::clone(&value));
    engine::apart(|| drop(ManuallyDrop::into_inner(value)));
    copy
}
