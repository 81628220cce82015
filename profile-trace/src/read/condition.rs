//! How whole a recording is.

use std::fmt;

/// What of a recording is there, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The recorder ended the file: the program did not die before.
    pub complete: bool,
    /// Why the recorder stopped before the program ended, where it did.
    pub stopped: Option<String>,
    /// Blocks of events and tables that were read.
    pub blocks: u64,
    /// Blocks that were found in the side file rather than in the recording.
    pub recovered: u64,
    /// Blocks that should be there by their numbers and are not.
    pub missing: u64,
    /// Blocks whose contents end in something that is no event or record.
    pub damaged: u64,
    /// Bytes between blocks that belong to none.
    pub skipped: u64,
    /// Bytes behind the last block: of one that was being written, where the recording is
    /// incomplete.
    pub torn: u64,
    /// Allocations whose stack is not in the recording.
    pub unknown_stacks: u64,
}

impl Condition {
    /// Whether everything that was recorded is there, whether or not the program ended well.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let torn = self.complete && self.torn > 0;
        let faults = [
            self.missing,
            self.damaged,
            self.skipped,
            self.unknown_stacks,
        ];
        faults == [0; 4] && !torn
    }
}

/// One line per thing that a reader should know; nothing for a whole, complete recording.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocks = self.blocks;
        if !self.complete {
            write!(f, "incomplete: the program was ended while it was recorded")?;
            writeln!(
                f,
                "; {blocks} blocks are there, {} of them rescued",
                self.recovered
            )?;
        }
        if let Some(reason) = &self.stopped {
            writeln!(f, "recorded only in part: {reason}")?;
        }
        if !self.is_whole() {
            write!(f, "damaged: beside {blocks} blocks that are whole")?;
            let faults = [
                (self.missing, "blocks are missing"),
                (self.damaged, "blocks end early"),
                (self.skipped + self.torn, "bytes belong to no block"),
                (self.unknown_stacks, "allocations have no stack"),
            ];
            for (count, what) in faults.into_iter().filter(|(count, _)| *count > 0) {
                write!(f, ", {count} {what}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
