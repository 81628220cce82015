//! What lives inside a program profiled with memline: the counting allocator, the probes, and the
//! report. Programs depend on the crate `memline`, which re-exports all of this.
//!
//! Data flows one way. The [`Allocator`] tallies into the record of the calling thread; a probe
//! charges what changed there to a line of that thread's table; a report adds the tables up.
//!
//! | modules | |
//! |---|---|
//! | `tally`, `counters`, `record`, `current`, `arena` | figures with one writer; a thread's counters; one record per thread, and the way to it; their memory |
//! | `allocator`, `stats` | counting, and the counters for code |
//! | `watch` | how a probe learns that something was allocated |
//! | `site`, `table`, `line`, `nest`, `cursor`, `frame`, `future` | profiled functions, their lines, and the probes |
//! | `guard` | what a test or a function may take, and the heap that a value holds |
//! | `recorder` | every allocation with its call stack, into a file |
//! | `timeline`, `mark` | the process over time, into a file |
//! | `usage` | samples while code or a process runs |
//! | `trace` | what lives, where it was allocated, and what it is |
//! | `live` | looking at all of this from outside, while the program runs |
//! | `rss`, `clock`, `process` | what the system tells |
//! | `collect`, `report` | adding up, as plain values, and their forms |
//! | `config`, `asked`, `start`, `exit`, `signal_report`, `fork`, `output` | settings; beginning and end |

mod allocator;
mod arena;
#[cfg(all(feature = "record", target_os = "linux", target_arch = "x86_64"))]
mod asked;
mod clock;
mod collect;
mod config;
mod counters;
mod current;
mod cursor;
mod exit;
#[cfg(unix)]
mod fork;
mod frame;
mod future;
mod guard;
mod line;
#[cfg(all(feature = "trace", target_os = "linux", target_arch = "x86_64"))]
mod live;
mod mark;
mod nest;
mod output;
#[doc(hidden)]
pub mod process;
mod record;
#[cfg_attr(
    not(all(feature = "record", target_os = "linux", target_arch = "x86_64")),
    path = "recorder_absent.rs"
)]
mod recorder;
pub mod report;
mod rss;
mod signal_report;
mod site;
mod start;
mod stats;
mod table;
mod tally;
#[cfg_attr(
    not(all(feature = "record", target_os = "linux", target_arch = "x86_64")),
    path = "timeline_absent.rs"
)]
mod timeline;
pub mod trace;
mod usage;
mod watch;

pub use allocator::Allocator;
pub use config::{Config, Format, Output, ParseError, Style, Unit};
pub use guard::size::{HeapSize, size_of_clone, size_of_dropped};
pub use recorder::Recorder;
pub use report::{Column, Exceeded, Figures, Function, Line, Report, Threads};
pub use stats::{Measured, is_installed, live, measure, peak, process_stats, stats};
pub use trace::{Key, Leak, on_limit};
pub use usage::{MemorySample, MemoryUsage, Usage, memory_usage};

/// What has been measured until now, as a value. Lines that are running are included.
///
/// The program goes on undisturbed, on all its threads. What the report itself allocates counts
/// for the line that called, as anything that it calls does.
#[must_use]
pub fn report() -> Report {
    collect::report()
}

/// Forgets all figures of the line tables, so that a later [`report()`] covers what happens from
/// here on. Lines that are running go on from zero. The counters of [`stats()`], [`live`] and
/// [`peak`] are not touched.
pub fn reset() {
    table::reset();
    guard::budget::reset();
}

#[doc(hidden)]
pub mod __private {
    //! What the expansion of `#[profile]` calls. Not public: it changes without notice.

    pub use crate::frame::{AtEnd, Cursor, Frame, Pass, enter, enter_closure};
    pub use crate::future::{Task, TaskPass, in_async_block, in_future, in_future_like, task};
    pub use crate::guard::budget::{Budget, Call};
    pub use crate::guard::check::{Bytes, Check};
    pub use crate::guard::limits::Limits;
    pub use crate::guard::test::{NoResult, Returned, Test};
    pub use crate::mark::mark;
    pub use crate::site::{NEW_SITE, Site};
}
