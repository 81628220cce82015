//! Which blocks are live, where threads' events are not in an exact order.
//!
//! What two threads did is in the order of the times among their events, which are some events
//! apart. So a block may seem to begin at an address whose block has not ended, or to end before
//! it begins, when one thread frees what another allocates. Both are told from true faults by the
//! moments: an event can only be out of order with one of another thread whose moment overlaps. Threads that
//! act at the same time tell the sizes of what they end, too, so that a block is not taken for another.

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
    /// The thread that began it, and when.
    pub(super) thread: u32,
    pub(super) began: Began,
}

/// A moment that takes less room.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(4))]
pub(super) struct Began {
    to: u64,
    /// How much earlier it may have been, up to some seconds.
    lasted: u32,
}

impl Began {
    #[inline]
    pub(super) fn new(moment: Moment) -> Self {
        let lasted = u32::try_from(moment.to - moment.from).unwrap_or(u32::MAX);
        Self {
            to: moment.to,
            lasted,
        }
    }

    /// Whether it was surely before what happened at `moment`.
    #[inline]
    fn is_before(self, moment: Moment) -> bool {
        self.to < moment.from
    }

    /// Whether it can have been before what happened at `moment`.
    fn may_be_before(self, moment: Moment) -> bool {
        self.to - u64::from(self.lasted) <= moment.to
    }
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
    /// The same; and of the block that this was believed to have ended, another is the end, which had none.
    Swapped { by: End, other: Block, of: End },
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
    /// The block's size in bytes, where that was told.
    pub(super) size: Option<u64>,
}

impl End {
    /// Whether it can have been that of `block`.
    #[inline]
    fn may_be_of(&self, block: &Block) -> bool {
        self.size.is_none_or(|size| size == block.bytes)
    }
}

/// What was counted of an end before its block was known.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// So many frees.
    Freed(u64),
    /// So many bytes of what it was reallocated to.
    Reallocated(u64),
}

/// An event that waits for one of another thread, which it overtook.
#[derive(Clone, Copy, Debug)]
struct Pending<T> {
    thread: u32,
    moment: Moment,
    what: T,
}

/// The blocks that live, by their addresses.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    live: HashMap<u64, Block>,
    /// Further ones at the same addresses, begun by several threads at the same time: which of them have ended
    /// is still to be told.
    beside: HashMap<u64, Vec<Block>>,
    /// Ends that came before their beginnings.
    early: Waiting<End>,
    /// Those of them that a beginning has taken for its own, and the ends of others' blocks, each with
    /// the block.
    claimed: Waiting<(End, Block)>,
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
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the event that one of `thread` may have been overtaken by, if it `fits`.
    #[inline]
    fn take(
        &mut self,
        thread: u32,
        moment: Moment,
        address: u64,
        fits: impl Fn(&T) -> bool,
    ) -> Option<Pending<T>> {
        if self.is_empty() {
            return None;
        }
        self.take_slowly(thread, moment, address, fits)
    }

    fn take_slowly(
        &mut self,
        thread: u32,
        moment: Moment,
        address: u64,
        fits: impl Fn(&T) -> bool,
    ) -> Option<Pending<T>> {
        let waiting = self.0.get_mut(&address)?;
        let overtook = |pending: &Pending<T>| {
            pending.thread != thread && moment.from <= pending.moment.to && fits(&pending.what)
        };
        let found = waiting.iter().position(overtook);
        let found = found.map(|index| waiting.remove(index));
        if waiting.is_empty() {
            self.0.remove(&address);
        }
        found
    }

    fn add(&mut self, thread: u32, moment: Moment, address: u64, what: T) {
        if self.0.len() >= PATIENCE && self.0.len().is_power_of_two() {
            self.0.retain(|_, waiting| {
                waiting.retain(|pending| moment.from <= pending.moment.to);
                !waiting.is_empty()
            });
        }
        let pending = Pending {
            thread,
            moment,
            what,
        };
        self.0.entry(address).or_default().push(pending);
    }
}

impl Blocks {
    /// Those that live, by address.
    pub(super) fn live<'a>(&'a self) -> impl Iterator<Item = (u64, &'a Block)> {
        let live = self.live.iter().map(|(address, block)| (*address, block));
        let all = |(address, blocks): (&u64, &'a Vec<Block>)| {
            let address = *address;
            blocks.iter().map(move |block| (address, block))
        };
        live.chain(self.beside.iter().flat_map(all))
    }

    #[inline]
    pub(super) fn begin(
        &mut self,
        thread: u32,
        moment: Moment,
        address: u64,
        block: Block,
    ) -> Begun {
        let ends = |end: &End| end.may_be_of(&block);
        if let Some(early) = self.early.take(thread, moment, address, ends) {
            let end = early.what;
            let claimed = (end, block);
            self.claimed.add(end.thread, early.moment, address, claimed);
            return Begun::Over(end);
        }
        if let Some(swapped) = self.swap(thread, moment, address, block) {
            return swapped;
        }
        match self.live.insert(address, block) {
            None => Begun::Live,
            // Either may have been there first.
            Some(other) if !other.began.is_before(moment) && other.thread != thread => {
                self.beside.entry(address).or_default().push(other);
                Begun::Live
            }
            Some(before) => {
                self.owed.add(thread, moment, address, before);
                Begun::Replaced(before)
            }
        }
    }

    #[inline]
    pub(super) fn end(&mut self, end: End, moment: Moment, address: u64) -> Ended {
        let thread = end.thread;
        let may_be = |block: &Block| end.may_be_of(block);
        // A block that surely began before its end was not replaced by one that may be later.
        let is_sure = |live: &Block| live.began.is_before(moment) && end.may_be_of(live);
        if !self.owed.is_empty()
            && !self.live.get(&address).is_some_and(is_sure)
            && let Some(owed) = self.owed.take(thread, moment, address, may_be)
        {
            return Ended::Before(owed.what);
        }
        if let Some(block) = self.remove(&end, address) {
            if block.thread != thread {
                self.claimed.add(thread, moment, address, (end, block));
            }
            return Ended::Live(block);
        }
        // What a block's own thread frees was not freed by another: that one's free is of a block
        // that is still to come.
        let may_be = |(_, block): &(End, Block)| block.thread == thread && end.may_be_of(block);
        if let Some(other) = self.claimed.take(thread, moment, address, may_be) {
            let (of, block) = other.what;
            self.early.add(of.thread, other.moment, address, of);
            self.claimed.add(thread, moment, address, (end, block));
            return Ended::Instead { block, of };
        }
        self.early.add(thread, moment, address, end);
        Ended::Unknown
    }

    /// Lets a block that begins take the end of another, which takes in turn one that came before its beginning
    /// and cannot be that of this one.
    fn swap(&mut self, thread: u32, moment: Moment, address: u64, block: Block) -> Option<Begun> {
        let early = self.early.0.get_mut(&address)?;
        let ends = |early: &Pending<End>, other: &Block| {
            early.thread != other.thread
                && other.began.may_be_before(early.moment)
                && early.what.may_be_of(other)
        };
        let may_swap = |(end, other): &(End, Block)| {
            end.may_be_of(&block) && early.iter().any(|early| ends(early, other))
        };
        let taken = self.claimed.take(thread, moment, address, may_swap)?;
        let (by, other) = taken.what;
        let found = early.iter().position(|early| ends(early, &other))?;
        let found = early.remove(found);
        if early.is_empty() {
            self.early.0.remove(&address);
        }
        let of = found.what;
        self.claimed
            .add(by.thread, taken.moment, address, (by, block));
        self.claimed
            .add(of.thread, found.moment, address, (of, other));
        Some(Begun::Swapped { by, other, of })
    }

    /// Takes the live block at an address, if the end may be its.
    #[inline]
    fn remove(&mut self, end: &End, address: u64) -> Option<Block> {
        if !self.beside.is_empty() {
            return self.remove_of_several(end, address);
        }
        let block = self.live.remove(&address)?;
        if end.may_be_of(&block) {
            return Some(block);
        }
        self.live.insert(address, block);
        None
    }

    /// The same; of several, one that its own thread ends, or the latest.
    fn remove_of_several(&mut self, end: &End, address: u64) -> Option<Block> {
        let mut blocks = self.beside.remove(&address).unwrap_or_default();
        blocks.extend(self.live.remove(&address));
        let ended = (0..blocks.len())
            .filter(|index| end.may_be_of(&blocks[*index]))
            .max_by_key(|index| blocks[*index].thread == end.thread)
            .map(|index| blocks.remove(index));
        if let Some(latest) = blocks.pop() {
            self.live.insert(address, latest);
        }
        if !blocks.is_empty() {
            self.beside.insert(address, blocks);
        }
        ended
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
            thread: 1,
            began: Began::new(at(0, 10)),
        }
    }

    /// Thread 1 owns all blocks.
    fn end(blocks: &mut Blocks, thread: u32, moment: Moment, address: u64) -> Ended {
        end_of(blocks, thread, moment, address, None)
    }

    fn end_of(
        blocks: &mut Blocks,
        thread: u32,
        moment: Moment,
        address: u64,
        size: Option<u64>,
    ) -> Ended {
        let how = How::Freed(1);
        blocks.end(End { thread, how, size }, moment, address)
    }

    fn at(from: u64, to: u64) -> Moment {
        let begun = from;
        Moment { from, to, begun }
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

    /// Of two blocks of different sizes, each of which another thread frees, each is told by its size.
    #[test]
    fn an_end_of_another_size_is_another_blocks() {
        let mut blocks = Blocks::default();
        let small = Block {
            bytes: 4,
            ..block(2)
        };
        blocks.begin(1, at(0, 10), P, block(1));
        let freed = end_of(&mut blocks, 2, at(5, 15), P, Some(4));
        assert!(matches!(freed, Ended::Unknown));
        let freed = end_of(&mut blocks, 3, at(5, 15), P, Some(8));
        assert!(matches!(freed, Ended::Live(block) if block.site == 1));
        let begun = blocks.begin(1, at(5, 15), P, small);
        assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
    }

    /// Threads 1 and 2 had a block at one address one after the other, in runs that overlap; the second to be
    /// read was the first to live.
    #[test]
    fn a_block_that_is_read_first_may_outlive_the_next() {
        let mut blocks = Blocks::default();
        let others = Block {
            thread: 2,
            ..block(2)
        };
        blocks.begin(1, at(0, 10), P, block(1));
        let begun = blocks.begin(2, at(5, 15), P, others);
        assert!(matches!(begun, Begun::Live));
        assert_eq!(blocks.live().count(), 2);
        let ended = end(&mut blocks, 2, at(5, 15), P);
        assert!(matches!(ended, Ended::Live(block) if block.site == 2));
        assert_eq!(blocks.live().count(), 1);
        let ended = end(&mut blocks, 3, at(100, 110), P);
        assert!(matches!(ended, Ended::Live(block) if block.site == 1));
    }

    /// Threads 2 and 3 each free a block of thread 1, and thread 1 one of thread 4, which takes the end that was
    /// first believed to be another's.
    #[test]
    fn an_end_that_was_believed_to_be_anothers_is_found_out() {
        let mut blocks = Blocks::default();
        let others = Block {
            thread: 4,
            began: Began::new(at(7, 20)),
            ..block(2)
        };
        blocks.begin(1, at(0, 1), P, block(1));
        let ended = end(&mut blocks, 2, at(2, 6), P);
        assert!(matches!(ended, Ended::Live(block) if block.site == 1));
        let ended = end(&mut blocks, 1, at(3, 15), P);
        assert!(
            matches!(ended, Ended::Instead { block, of: End { thread: 2, .. } } if block.site == 1)
        );
        let begun = blocks.begin(4, at(7, 20), P, others);
        let Begun::Swapped { by, other, of } = begun else {
            panic!("{begun:?}");
        };
        assert_eq!((by.thread, other.site, of.thread), (1, 1, 2));
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
