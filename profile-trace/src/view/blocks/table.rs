//! Blocks by their addresses, in a table that can be told what it will be asked for.
//!
//! PERF: where a million blocks live nearly each event is about memory that no cache has. A table of places leads
//! to the blocks, which lie together, so that much of it stays in the cache; and what
//! [`fetch`](Table::fetch) is told of is on its way while others are still looked at. The maps of `hashbrown` do not
//! tell where they will look, so that each event waits.

use std::hash::BuildHasher;
use std::mem;

use hashbrown::DefaultHashBuilder;

use super::Block;

/// Places at first: a power of two.
const PLACES: usize = 64;

/// Where there is no block, and the end of the list of those that have gone.
const NONE: u32 = u32::MAX;

/// Leads to a block. An address has its place where the upper bits of its hash say, or in the next that is free.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    index: u32,
}

const VACANT: Place = Place {
    hash: 0,
    index: NONE,
};

/// A block, or room for one.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// Of room, the index of further room.
    address: u64,
    block: Block,
}

/// Blocks by their addresses.
#[derive(Debug)]
pub(super) struct Table {
    /// At most three quarters of them lead to a block.
    places: Vec<Place>,
    held: Vec<Held>,
    /// The room that became free last.
    room: u32,
    blocks: usize,
    hasher: DefaultHashBuilder,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            places: vec![VACANT; PLACES],
            held: Vec::new(),
            room: NONE,
            blocks: 0,
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl Table {
    #[inline]
    fn hash(&self, address: u64) -> u32 {
        (self.hasher.hash_one(address) >> 32) as u32
    }

    /// Where an address of this hash has its place, if that is free.
    #[inline]
    fn home(&self, hash: u32) -> usize {
        let bits = self.places.len().trailing_zeros();
        (u64::from(hash) << bits >> u32::BITS) as usize
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }

    /// Looks for an address. `Err` is the place that it would have.
    #[inline]
    fn find(&self, hash: u32, address: u64) -> Result<(usize, usize), usize> {
        let mut at = self.home(hash);
        loop {
            let place = self.places[at];
            if place.index == NONE {
                return Err(at);
            }
            let index = place.index as usize;
            if place.hash == hash && self.held[index].address == address {
                return Ok((at, index));
            }
            at = self.after(at);
        }
    }

    /// Has what is known of the blocks at some addresses, which come soon, brought into the processor's cache.
    #[inline]
    pub(super) fn fetch(&self, addresses: impl Iterator<Item = u64> + Clone) {
        for address in addresses.clone() {
            prefetch(&self.places[self.home(self.hash(address))]);
        }
        for address in addresses {
            let hash = self.hash(address);
            let place = self.places[self.home(hash)];
            if place.hash == hash
                && let Some(held) = self.held.get(place.index as usize)
            {
                // It may lie in two lines of the cache.
                prefetch(&held.address);
                prefetch(&held.block.began);
            }
        }
    }

    #[inline]
    pub(super) fn get(&self, address: u64) -> Option<&Block> {
        let (_, index) = self.find(self.hash(address), address).ok()?;
        Some(&self.held[index].block)
    }

    /// Adds a block. Returns the one that was there.
    #[inline]
    pub(super) fn insert(&mut self, address: u64, block: Block) -> Option<Block> {
        let hash = self.hash(address);
        match self.find(hash, address) {
            Ok((_, index)) => Some(mem::replace(&mut self.held[index].block, block)),
            Err(at) => {
                let index = self.hold(Held { address, block });
                self.places[at] = Place { hash, index };
                self.blocks += 1;
                if self.blocks > self.places.len() / 4 * 3 {
                    self.grow();
                }
                None
            }
        }
    }

    /// Takes the block at an address, if it `fits`.
    #[inline]
    pub(super) fn remove(
        &mut self,
        address: u64,
        fits: impl FnOnce(&Block) -> bool,
    ) -> Option<Block> {
        let (at, index) = self.find(self.hash(address), address).ok()?;
        let held = &mut self.held[index];
        let block = held.block;
        if !fits(&block) {
            return None;
        }
        held.address = self.room.into();
        self.room = index as u32;
        self.blocks -= 1;
        self.vacate(at);
        Some(block)
    }

    /// The blocks, each with its address.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Block)> {
        let places = self.places.iter().filter(|place| place.index != NONE);
        places.map(|place| {
            let held = &self.held[place.index as usize];
            (held.address, &held.block)
        })
    }

    #[inline]
    fn hold(&mut self, held: Held) -> u32 {
        let index = self.room;
        match self.held.get_mut(index as usize) {
            Some(room) => {
                self.room = room.address as u32;
                *room = held;
                index
            }
            None => {
                self.held.push(held);
                (self.held.len() - 1) as u32
            }
        }
    }

    /// Frees a place, and lets those behind it that would rather be there move up.
    #[inline]
    fn vacate(&mut self, at: usize) {
        let last = self.places.len() - 1;
        let distance = |from: usize, to: usize| to.wrapping_sub(from) & last;
        let mut free = at;
        let mut next = self.after(at);
        loop {
            let place = self.places[next];
            if place.index == NONE {
                break;
            }
            if distance(self.home(place.hash), next) >= distance(free, next) {
                self.places[free] = place;
                free = next;
            }
            next = self.after(next);
        }
        self.places[free] = VACANT;
    }

    #[cold]
    fn grow(&mut self) {
        let places = vec![VACANT; self.places.len() * 2];
        for place in mem::replace(&mut self.places, places) {
            if place.index == NONE {
                continue;
            }
            let mut at = self.home(place.hash);
            while self.places[at].index != NONE {
                at = self.after(at);
            }
            self.places[at] = place;
        }
    }
}

/// Has a value brought into the processor's cache, and does not wait for it.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
#[expect(unsafe_code, reason = "std has no call for it")]
fn prefetch<T>(value: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: every processor of this kind has the instruction, which changes nothing that a program sees.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn prefetch<T>(_: &T) {}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::tests::block;
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u64),
        Remove(u64),
        RemoveIf(u64, bool),
        Fetch(u64),
    }

    /// Few addresses, so that the same ones come again, and any, of which a damaged recording may have each.
    fn address() -> impl Strategy<Value = u64> {
        prop_oneof![
            (0..200u64).prop_map(|nth| nth * 16),
            Just(u64::MAX),
            any::<u64>()
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => address().prop_map(Step::Insert),
            2 => address().prop_map(Step::Remove),
            1 => (address(), any::<bool>()).prop_map(|(address, fits)| Step::RemoveIf(address, fits)),
            1 => address().prop_map(Step::Fetch),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_map(steps in prop::collection::vec(step(), 0..300)) {
            let mut table = Table::default();
            let mut map = HashMap::new();
            let site = |block: Block| block.site;
            for (nth, step) in (0..).zip(steps) {
                match step {
                    Step::Insert(address) => {
                        let before = table.insert(address, block(nth)).map(site);
                        prop_assert_eq!(before, map.insert(address, nth));
                    }
                    Step::Remove(address) => {
                        let removed = table.remove(address, |_| true).map(site);
                        prop_assert_eq!(removed, map.remove(&address));
                    }
                    Step::RemoveIf(address, fits) => {
                        let removed = table.remove(address, |_| fits).map(site);
                        let expected = if fits { map.remove(&address) } else { None };
                        prop_assert_eq!(removed, expected);
                    }
                    Step::Fetch(address) => table.fetch([address, address ^ 16].into_iter()),
                }
                prop_assert_eq!(table.blocks, map.len());
            }
            for (address, site) in &map {
                prop_assert_eq!(table.get(*address).map(|block| block.site), Some(*site));
            }
            let all: HashMap<_, _> = table.iter().map(|(address, block)| (address, block.site)).collect();
            prop_assert_eq!(all, map);
        }
    }

    /// Room of blocks that have gone is used again.
    #[test]
    fn its_size_is_that_of_what_lives_at_once() {
        let mut table = Table::default();
        for address in 0..100_000 {
            table.insert(address, block(1));
            table.remove(address.wrapping_sub(100), |_| true);
        }
        assert_eq!(table.blocks, 100);
        assert_eq!(table.held.len(), 101);
        assert_eq!(table.places.len(), 256);
    }
}
