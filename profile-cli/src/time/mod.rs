//! Memory over time: of any program, sampled from outside, or of one that links memline.
//!
//! | module | |
//! |---|---|
//! | [`args`] | what can be typed |
//! | `sample` | samples a program from outside, into a timeline |
//! | [`curves`], [`mprof`] | timelines as data: of recordings, and of mprof's files |
//! | [`plot`] | a picture of them |
//! | [`peak`] | how high they go |
//! | [`files`] | the recordings in a folder |

pub mod args;
pub mod curves;
pub mod files;
pub mod mprof;
pub mod peak;
pub mod plot;
mod sample;

pub use sample::sample;
