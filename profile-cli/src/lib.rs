//! memline's commands: record a program, and look at what its memory did.
//!
//! Data flows one way:
//!
//! ```text
//! arguments ─► checked plan ─► recording ─► Profile ─► Reporter ─► bytes
//!   args.rs      plan.rs        profile-trace  load.rs    report/     output.rs
//! ```
//!
//! | module | |
//! |---|---|
//! | [`args`] | what can be typed |
//! | [`plan`] | what is meant by it, checked |
//! | [`commands`] | carries a plan out |
//! | [`load`] | makes a [`Profile`](profile::Profile) of a recording |
//! | [`profile`] | plain data, and its sums |
//! | [`report`] | what is written of it: pure functions from data to bytes |
//! | [`record`] | runs a program under memline |
//! | [`baseline`] | runs tests, and compares their figures with those of an earlier run |
//! | [`time`] | memory over time: sampling, plots, peaks |
//! | [`live`] | shows a program while it runs |
//! | [`tree`] | the terminal screen |

pub mod args;
pub mod baseline;
pub mod commands;
mod error;
mod keys;
pub mod live;
pub mod load;
mod naming;
pub mod output;
pub mod plan;
pub mod profile;
mod progress;
pub mod record;
pub mod report;
pub mod time;
pub mod tree;
pub mod units;

pub use error::{Error, exit_code};
