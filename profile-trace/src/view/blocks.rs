//! Which blocks are live, where threads' events are not in an exact order.
//!
//! What two threads did is in the order of the times among their events, which are some events
//! apart. So a block may seem to begin at an address whose block has not ended, or to end before
//! it begins, when one thread frees what another allocates. Both are told from true faults by the
//! moments: an event can only be out of order with one of another thread whose moment overlaps. Threads that
//! act at the same time tell the sizes of what they end, too, so that a block is not taken for another.

mod table;
mod waiting;

use hashbrown::HashMap;

use self::table::Table;
use self::waiting::{Pending, Waiting};
use super::Amount;
use crate::read::Moment;

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
#[repr(C, packed(4))]
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

/// The blocks that live, by their addresses.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    live: Table,
    /// Further ones at the same addresses, begun by several threads at the same time: which of them have ended
    /// is still to be told.
    beside: HashMap<u64, Vec<Block>>,
    /// Ends that came before their beginnings.
    early: Waiting<End>,
    /// Those of them that a beginning has taken for its own, and ends that may be of a later block, each with
    /// the block that it was taken for.
    claimed: Waiting<(End, Block)>,
    /// Beginnings that came before the ends of what was there.
    owed: Waiting<Block>,
}

impl Blocks {
    /// Those that live, by address.
    pub(super) fn live<'a>(&'a self) -> impl Iterator<Item = (u64, &'a Block)> {
        let all = |(address, blocks): (&u64, &'a Vec<Block>)| {
            let address = *address;
            blocks.iter().map(move |block| (address, block))
        };
        self.live.iter().chain(self.beside.iter().flat_map(all))
    }

    /// Is told which addresses come soon; see [`Table::fetch`].
    #[inline]
    pub(super) fn fetch(&self, addresses: impl Iterator<Item = u64> + Clone) {
        self.live.fetch(addresses);
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
            && !self.live.get(address).is_some_and(is_sure)
            && let Some(owed) = self.owed.take(thread, moment, address, may_be)
        {
            return Ended::Before(owed.what);
        }
        if let Some(block) = self.remove(&end, moment, address) {
            // Its own thread's end may be another block's only where threads act at the same time.
            if block.thread != thread || end.size.is_some() {
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
        let ends = |early: &Pending<End>, other: &Block| {
            early.thread != other.thread
                && other.began.may_be_before(early.moment)
                && early.what.may_be_of(other)
        };
        let early = self.early.at(address);
        if early.is_empty() {
            return None;
        }
        let may_swap = |(end, other): &(End, Block)| {
            end.may_be_of(&block) && early.iter().any(|early| ends(early, other))
        };
        let taken = self.claimed.take(thread, moment, address, may_swap)?;
        let (by, other) = taken.what;
        let found = self
            .early
            .take_first(address, |early| ends(early, &other))?;
        let of = found.what;
        self.claimed
            .add(by.thread, taken.moment, address, (by, block));
        self.claimed
            .add(of.thread, found.moment, address, (of, other));
        Some(Begun::Swapped { by, other, of })
    }

    /// Takes the live block at an address, if the end may be its.
    #[inline]
    fn remove(&mut self, end: &End, moment: Moment, address: u64) -> Option<Block> {
        if self.beside.contains_key(&address) {
            return self.remove_of_several(end, moment, address);
        }
        self.live.remove(address, |block| end.may_be_of(block))
    }

    /// The same; of several, one that its own thread ends, or one that surely began before, or the latest.
    fn remove_of_several(&mut self, end: &End, moment: Moment, address: u64) -> Option<Block> {
        let mut blocks = self.beside.remove(&address).unwrap_or_default();
        blocks.extend(self.live.remove(address, |_| true));
        let ended = (0..blocks.len())
            .filter(|index| end.may_be_of(&blocks[*index]))
            .max_by_key(|index| {
                let block = &blocks[*index];
                (block.thread == end.thread, block.began.is_before(moment))
            })
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
mod tests;
