//! The process over time, in every recording: its memory, and which profiled functions run.
//!
//! ```text
//! helper, a thread  ─► every 10 ms: RSS, live heap, calls ─► log ─► page ─► FILE
//! memline::mark!    ──────────────────────────────────────► log ─► page ─► FILE
//! ```
//!
//! | modules | |
//! |---|---|
//! | `calls` | which functions ran since the last look: their tables tell, and no probe knows of it |
//! | `log`, `tail` | what is noted, and the end of the file, each of one thread at a time |
//! | `helper`, `system`, `spin` | the thread, how it asks the system, and the lock that it may take |
//! | `run` | a file that holds nothing else, as `MEMLINE_TIMELINE=FILE` asks for |
//!
//! A recording of allocations has a log of its own, and both may be wanted at once.

mod calls;
mod helper;
mod log;
mod run;
mod spin;
mod system;
mod tail;

pub(crate) use helper::Chore;
pub(crate) use log::{Append, Log, Shared};
pub(crate) use run::{begin_if_asked, finish_at_exit, finish_in_handler, mark};
pub(crate) use spin::Spin;
pub(crate) use system::Descriptor;
pub(crate) use tail::Tail;
