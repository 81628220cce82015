//! What a recording says, added up in one pass.
//!
//! Memory grows with the number of distinct stacks and of blocks that live at once, not with that
//! of events.

mod aggregate;
mod blocks;
mod series;
mod sizes;
mod spans;
mod weight;

pub use aggregate::{Aggregate, Counts, Life, Options, Row, Totals, View};
pub use series::{Point, Series};
pub use sizes::{Class, Sizes};
pub use spans::Division;

/// Blocks and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// Number of blocks.
    pub blocks: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
}

impl Amount {
    fn add(&mut self, other: Amount) {
        self.blocks = self.blocks.saturating_add(other.blocks);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    fn take(&mut self, other: Amount) {
        self.blocks = self.blocks.saturating_sub(other.blocks);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}
