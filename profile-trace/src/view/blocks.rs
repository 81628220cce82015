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
    /// It has ended already, by this.
    Over(End),
}

/// What is known of a block that ends.
#[derive(Debug)]
pub(super) enum Ended {
    /// This block lived until now.
    Live(Block),
    /// This one, which has been taken for ended before.
    Before(Block),
    /// This one, of which another end was believed to be that, which is now that of no known block.
    Instead { block: Block, of: End },
    /// Nothing.
    Unknown,
}

/// How a thread ended a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) thread: u32,
    pub(super) how: How,
}

/// What was counted of an end before its block was known.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// So many frees.
    Freed(u64),
    /// So many bytes of what it was reallocated to.
    Reallocated(u64),
}

#[derive(Clone, Copy, Debug)]
struct Pending<T> {
    thread: u32,
    moment: Moment,
    what: T,
}

impl<T> Pending<T> {
    fn new(thread: u32, moment: Moment, what: T) -> Self {
        Self {
            thread,
            moment,
            what,
        }
    }

    /// The same event, with something else known of it.
    fn of<U>(&self, what: U) -> Pending<U> {
        Pending::new(self.thread, self.moment, what)
    }
}

/// The blocks that live, by their addresses.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    live: HashMap<u64, Block>,
    /// Ends that came before their beginnings.
    early: Waiting<How>,
    /// Those of them that a beginning has taken for its own, and the ends of others' blocks, each with
    /// the block.
    claimed: Waiting<(How, Block)>,
    /// Beginnings that came before the ends of what was there.
    owed: Waiting<Block>,
}

/// Events that wait for those of other threads which they overtook, by address.
#[derive(Debug)]
struct Waiting<T>(HashMap<u64, Vec<Pending<T>>>);

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Waiting<T> {
    /// Takes the event that one of `thread` may have been overtaken by.
    #[inline]
    fn take(&mut self, thread: u32, moment: Moment, address: u64) -> Option<Pending<T>> {
        if self.0.is_empty() {
            return None;
        }
        self.take_slowly(thread, moment, address)
    }

    fn take_slowly(&mut self, thread: u32, moment: Moment, address: u64) -> Option<Pending<T>> {
        let waiting = self.0.get_mut(&address)?;
        let overtook =
            |pending: &Pending<T>| pending.thread != thread && moment.from <= pending.moment.to;
        let found = waiting.iter().position(overtook);
        let found = found.map(|index| waiting.remove(index));
        if waiting.is_empty() {
            self.0.remove(&address);
        }
        found
    }

    fn add(&mut self, pending: Pending<T>, address: u64) {
        let moment = pending.moment;
        if self.0.len() >= PATIENCE && self.0.len().is_power_of_two() {
            self.0.retain(|_, waiting| {
                waiting.retain(|pending| moment.from <= pending.moment.to);
                !waiting.is_empty()
            });
        }
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
            let (thread, how) = (early.thread, early.what);
            self.claimed.add(early.of((how, block)), address);
            return Begun::Over(End { thread, how });
        }
        match self.live.insert(address, block) {
            None => Begun::Live,
            Some(before) => {
                self.owed.add(Pending::new(thread, moment, before), address);
                Begun::Replaced(before)
            }
        }
    }

    #[inline]
    pub(super) fn end(
        &mut self,
        end: End,
        moment: Moment,
        address: u64,
        owner: impl FnOnce(&Block) -> u32,
    ) -> Ended {
        let End { thread, how } = end;
        if let Some(owed) = self.owed.take(thread, moment, address) {
            return Ended::Before(owed.what);
        }
        if let Some(block) = self.live.remove(&address) {
            if owner(&block) != thread {
                let claimed = Pending::new(thread, moment, (how, block));
                self.claimed.add(claimed, address);
            }
            return Ended::Live(block);
        }
        // What a block's own thread frees was not freed by another: that one's free is of a block
        // that is still to come.
        if let Some(other) = self.claimed.take(thread, moment, address) {
            let (thread, (how, block)) = (other.thread, other.what);
            self.early.add(other.of(how), address);
            let of = End { thread, how };
            return Ended::Instead { block, of };
        }
        self.early.add(Pending::new(thread, moment, how), address);
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

    /// Thread 1 owns all blocks.
    fn end(blocks: &mut Blocks, thread: u32, moment: Moment, address: u64) -> Ended {
        let how = How::Freed(1);
        blocks.end(End { thread, how }, moment, address, |_| 1)
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
        assert!(
            matches!(end(&mut blocks, 2, at(5, 15), P), Ended::Before(block) if block.site == 1)
        );
        let ended = end(&mut blocks, 1, at(20, 30), P);
        assert!(matches!(ended, Ended::Live(block) if block.site == 2));
    }

    #[test]
    fn a_free_that_overtakes_the_allocation_ends_it() {
        let mut blocks = Blocks::default();
        assert!(matches!(end(&mut blocks, 2, at(0, 10), P), Ended::Unknown));
        assert!(matches!(
            blocks.begin(1, at(5, 15), P, block(1)),
            Begun::Over(End { thread: 2, .. })
        ));
        assert!(matches!(
            blocks.begin(1, at(5, 15), P, block(2)),
            Begun::Live
        ));
    }

    /// Thread 2 frees the second of two blocks of thread 1 at an address, and is read first.
    #[test]
    fn whoever_frees_its_own_takes_it_from_another() {
        let mut blocks = Blocks::default();
        assert!(matches!(end(&mut blocks, 2, at(0, 10), P), Ended::Unknown));
        let begun = blocks.begin(1, at(5, 15), P, block(1));
        assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
        let ended = end(&mut blocks, 1, at(5, 15), P);
        assert!(
            matches!(ended, Ended::Instead { block, of: End { thread: 2, .. } } if block.site == 1)
        );
        let begun = blocks.begin(1, at(5, 15), P, block(2));
        assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
    }

    /// Thread 1 grows a block in place, and thread 2, which frees it then, is read before that.
    #[test]
    fn a_block_that_grows_in_place_may_be_freed_by_another() {
        let mut blocks = Blocks::default();
        blocks.begin(1, at(0, 10), P, block(1));
        let freed = end(&mut blocks, 2, at(5, 15), P);
        assert!(matches!(freed, Ended::Live(block) if block.site == 1));
        let grown = end(&mut blocks, 1, at(10, 20), P);
        assert!(
            matches!(grown, Ended::Instead { block, of: End { thread: 2, .. } } if block.site == 1)
        );
        let begun = blocks.begin(1, at(10, 20), P, block(2));
        assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
    }

    /// A block from before the recording is freed, and its address used again.
    #[test]
    fn the_free_of_an_unknown_block_is_no_free_of_a_later_one() {
        for (thread, from) in [(1, 5), (2, 11)] {
            let mut blocks = Blocks::default();
            assert!(matches!(end(&mut blocks, 1, at(0, 10), P), Ended::Unknown));
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
            let ended = end(&mut blocks, thread, at(from, 20), P);
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
            end(&mut blocks, 1, at(index, index + 1), index * 16);
        }
        assert!(blocks.early.0.len() <= PATIENCE);
    }
}
