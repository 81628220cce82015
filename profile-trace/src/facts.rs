//! What is known of a process at the start of its recording, and at the end.
//!
//! A payload is a list of facts, each a varint tag and bytes behind their length. A number is
//! bytes that hold a varint. Tags that a reader does not know are skipped.

use crate::varint::{self, push_bytes};

/// The facts, with the numbers that stand for them in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fact {
    /// The arguments, the program first, each ended by a zero byte.
    CommandLine = 1,
    /// The path of the executable.
    Executable = 2,
    /// The working directory.
    Directory = 3,
    /// The process's id: a number.
    Process = 4,
    /// When the recording began: nanoseconds since 1970, a number.
    Began = 5,
    /// The type of the allocator around which memline counts.
    Allocator = 6,
    /// What memline was: its version.
    Recorder = 7,
    /// The host's name.
    Host = 8,
    /// The operating system, its version and the machine, as `uname` says.
    System = 9,
    /// The processors that the process could run on: a number.
    Processors = 10,
    /// Memory of the host in bytes: a number.
    Memory = 11,
    /// Bytes per sample, a number; missing where every allocation was recorded. An allocation of
    /// `size` bytes was recorded with a chance of `1 - exp(-size / rate)`.
    SampleRate = 12,
    /// Live heap when the recording began, in bytes: a number.
    LiveBefore = 13,
    /// Only at the end: nanoseconds since the start, a number.
    Ended = 14,
    /// Only at the end: why the recording ended before the program did; missing where it did not.
    Stopped = 15,
    /// Only at the end: `frame pointers` or `unwind tables`, by which stacks were walked.
    Unwinder = 16,
    /// Only at the end: sampled allocations that were not recorded for want of room, a number.
    Lost = 17,
    /// Only at the end: the blocks before this one, a number, so that none goes missing unseen.
    Blocks = 18,
    /// Empty: each thread tells the time before its first event after another's, so that runs are in the
    /// order in which they begin.
    Turns = 19,
}

/// Adds a fact that is a text.
pub fn text(fact: Fact, text: &[u8], out: &mut Vec<u8>) {
    varint::push(out, fact as u64);
    push_bytes(out, text);
}

/// Adds a fact that is a number.
pub fn number(fact: Fact, number: u64, out: &mut Vec<u8>) {
    let mut bytes = Vec::with_capacity(varint::MAX);
    varint::push(&mut bytes, number);
    text(fact, &bytes, out);
}
