//! Which blocks are live, where threads' events are not in an exact order.
//!
//! What two threads did is in the order of the times among their events, which are some events
//! apart. So a block may seem to begin at an address whose block has not ended, or to end before
//! it begins, when one thread frees what another allocates. Both are told from true faults by the
//! moments: an event can only be out of order with one of another thread whose moment overlaps.

use hashbrown::HashMap;

use super::Amount;
use crate::read::Moment;

/// Addresses at which events wait before those are looked through that wait in vain.
const PATIENCE: usize = 1024;

/// A live block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// The index of its site.
    pub(super) site: u32,
    /// What it counts for.
    pub(super) blocks: u32,
    pub(super) bytes: u64,
    pub(super) birth: Birth,
}

/// When a block began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Birth(u64);

impl Birth {
    /// `order` says how many allocations the block's thread had made, itself included, and `span`
    /// in which span of time that was.
    #[inline]
    pub(super) fn new(order: u64, span: u8) -> Self {
        Self(order << 8 | u64::from(span))
    }

    #[inline]
    pub(super) fn order(self) -> u64 {
        self.0 >> 8
    }

    #[inline]
    pub(super) fn span(self) -> u8 {
        self.0 as u8
    }
}

impl Block {
    pub(super) fn amount(&self) -> Amount {
        Amount {
            blocks: self.blocks.into(),
            bytes: self.bytes,
        }
    }
}

/// What becomes of a block that begins.
#[derive(Debug)]
pub(super) enum Begun {
    /// It lives.
    Live,
    /// It lives, and that which was there before has ended, though nothing has said so.
    Replaced(Block),
    /// It has ended already.
    Over,
}

/// What is known of a block that ends.
#[derive(Debug)]
pub(super) enum Ended {
    /// This block lived until now.
    Live(Block),
    /// It has been taken for ended before.
    Before,
    /// Nothing.
    Unknown,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    thread: u32,
    moment: Moment,
}

/// The blocks that live, by their addresses.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    live: HashMap<u64, Block>,
    /// Ends that came before their beginnings.
    early: Waiting,
    /// Those of them that a beginning has taken for its own.
    claimed: Waiting,
    /// Beginnings that came before the ends of what was there.
    owed: Waiting,
}

/// Events that wait for those of other threads which they overtook, by address.
#[derive(Debug, Default)]
struct Waiting(HashMap<u64, Vec<Pending>>);

impl Waiting {
    /// Takes the event that one of `thread` may have been overtaken by.
    #[inline]
    fn take(&mut self, thread: u32, moment: Moment, address: u64) -> Option<Pending> {
        if self.0.is_empty() {
            return None;
        }
        self.take_slowly(thread, moment, address)
    }

    fn take_slowly(&mut self, thread: u32, moment: Moment, address: u64) -> Option<Pending> {
        let waiting = self.0.get_mut(&address)?;
        let overtook =
            |pending: &Pending| pending.thread != thread && moment.from <= pending.moment.to;
        let found = waiting.iter().position(overtook);
        let found = found.map(|index| waiting.remove(index));
        if waiting.is_empty() {
            self.0.remove(&address);
        }
        found
    }

    fn add(&mut self, Pending { thread, moment }: Pending, address: u64) {
        if self.0.len() >= PATIENCE && self.0.len().is_power_of_two() {
            self.0.retain(|_, waiting| {
                waiting.retain(|pending| moment.from <= pending.moment.to);
                !waiting.is_empty()
            });
        }
        let pending = Pending { thread, moment };
        self.0.entry(address).or_default().push(pending);
    }
}

impl Blocks {
    /// Those that live, by address.
    pub(super) fn live(&self) -> impl Iterator<Item = (u64, &Block)> {
        self.live.iter().map(|(address, block)| (*address, block))
    }

    #[inline]
    pub(super) fn begin(
        &mut self,
        thread: u32,
        moment: Moment,
        address: u64,
        block: Block,
    ) -> Begun {
        if let Some(early) = self.early.take(thread, moment, address) {
            self.claimed.add(early, address);
            return Begun::Over;
        }
        match self.live.insert(address, block) {
            None => Begun::Live,
            Some(before) => {
                self.owed.add(Pending { thread, moment }, address);
                Begun::Replaced(before)
            }
        }
    }

    #[inline]
    pub(super) fn end(&mut self, thread: u32, moment: Moment, address: u64) -> Ended {
        if self.owed.take(thread, moment, address).is_some() {
            return Ended::Before;
        }
        if let Some(block) = self.live.remove(&address) {
            return Ended::Live(block);
        }
        // What a block's own thread frees was not freed by another: that one's free is of a block
        // that is still to come.
        let other = self.claimed.take(thread, moment, address);
        self.early
            .add(other.unwrap_or(Pending { thread, moment }), address);
        Ended::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: u64 = 0x1000;

    fn block(site: u32) -> Block {
        Block {
            site,
            blocks: 1,
            bytes: 8,
            birth: Birth::new(0, 0),
        }
    }

    fn at(from: u64, to: u64) -> Moment {
        Moment { from, to }
    }

    /// Thread 2 frees what thread 1 allocated, and thread 1 reuses the address, in runs that
    /// overlap: whichever comes first, the second block lives.
    #[test]
    fn a_reuse_that_overtakes_the_free_is_no_second_free() {
        let mut blocks = Blocks::default();
        assert!(matches!(
            blocks.begin(1, at(0, 10), P, block(1)),
            Begun::Live
        ));
        let begun = blocks.begin(1, at(0, 10), P, block(2));
        assert!(matches!(begun, Begun::Replaced(block) if block.site == 1));
        assert!(matches!(blocks.end(2, at(5, 15), P), Ended::Before));
        let ended = blocks.end(1, at(20, 30), P);
        assert!(matches!(ended, Ended::Live(block) if block.site == 2));
    }

    #[test]
    fn a_free_that_overtakes_the_allocation_ends_it() {
        let mut blocks = Blocks::default();
        assert!(matches!(blocks.end(2, at(0, 10), P), Ended::Unknown));
        assert!(matches!(
            blocks.begin(1, at(5, 15), P, block(1)),
            Begun::Over
        ));
        assert!(matches!(
            blocks.begin(1, at(5, 15), P, block(2)),
            Begun::Live
        ));
    }

    /// A block from before the recording is freed, and its address used again.
    #[test]
    fn the_free_of_an_unknown_block_is_no_free_of_a_later_one() {
        for (thread, from) in [(1, 5), (2, 11)] {
            let mut blocks = Blocks::default();
            assert!(matches!(blocks.end(1, at(0, 10), P), Ended::Unknown));
            let begun = blocks.begin(thread, at(from, 20), P, block(1));
            assert!(matches!(begun, Begun::Live), "thread {thread}");
        }
    }

    /// Where the free of a block is lost, that of the next block is its own.
    #[test]
    fn a_lost_free_does_not_swallow_another() {
        for (thread, from) in [(1, 5), (2, 11)] {
            let mut blocks = Blocks::default();
            blocks.begin(1, at(0, 10), P, block(1));
            blocks.begin(1, at(0, 10), P, block(2));
            let ended = blocks.end(thread, at(from, 20), P);
            assert!(
                matches!(ended, Ended::Live(block) if block.site == 2),
                "thread {thread}"
            );
        }
    }

    #[test]
    fn frees_of_unknown_blocks_are_forgotten_in_time() {
        let mut blocks = Blocks::default();
        for index in 0..100_000 {
            blocks.end(1, at(index, index + 1), index * 16);
        }
        assert!(blocks.early.0.len() <= PATIENCE);
    }
}
