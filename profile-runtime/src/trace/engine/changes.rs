//! What has changed since somebody asked, by thread and stack: what a viewer is told.
//!
//! Each shard of the table of blocks adds up its own changes, under the lock that it has anyway. What is
//! known of one block is thus in the changes or in the table, and never in both or in neither.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;
use std::mem;
use std::ptr::NonNull;

use super::blocks::Block;
use super::lock::Lock;
use crate::arena::system;
use crate::recorder;
use crate::recorder::interner::Mixed;

/// What has changed for one thread at one stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) bytes: i64,
    pub(crate) blocks: i64,
    pub(crate) allocs: u64,
}

impl Change {
    pub(crate) fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.blocks += other.blocks;
        self.allocs += other.allocs;
    }

    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Whose changes they are: the number of the thread that allocated, and of the stack.
pub(crate) type Whose = (u32, u32);

/// Changes by whose they are.
pub(crate) type Sums = HashMap<Whose, Change, BuildHasherDefault<Mixed>>;

/// Places of a shard's changes.
const PLACES: usize = 1024;

/// So many are in use at most, before they are emptied into [`FULL`].
const MOST: u32 = PLACES as u32 / 4 * 3;

/// What shards had no room for.
static FULL: Lock<Option<Sums>> = Lock::new(None);

#[derive(Clone, Copy)]
struct Place {
    /// The thread's number above that of the stack, plus one; 0 where there is none.
    whose: u64,
    bytes: i64,
    blocks: i32,
    allocs: u32,
}

type Places = [Place; PLACES];

/// The changes of one shard.
#[derive(Clone, Copy)]
pub(super) struct Changes {
    /// `None` while nobody is told, and until something changes. It belongs to this shard alone.
    places: Option<NonNull<Places>>,
    used: u32,
    is_followed: bool,
}

impl Changes {
    pub(super) const fn new() -> Self {
        Self {
            places: None,
            used: 0,
            is_followed: false,
        }
    }

    #[inline(always)]
    pub(super) fn is_followed(&self) -> bool {
        self.is_followed
    }

    /// Begins to add up, from nothing; or ends.
    pub(super) fn follow(&mut self, on: bool) {
        self.is_followed = on;
        self.used = 0;
        if let Some(places) = self.places.take() {
            give_back(places);
        }
    }

    /// A block was allocated. `is_new` says whether that is news, or it was there before.
    #[inline(always)]
    pub(super) fn came(&mut self, block: &Block, is_new: bool) {
        self.add(block, block.size() as i64, 1, is_new.into());
    }

    /// A block was freed.
    #[inline(always)]
    pub(super) fn went(&mut self, block: &Block) {
        self.add(block, -(block.size() as i64), -1, 0);
    }

    #[inline]
    fn add(&mut self, block: &Block, bytes: i64, blocks: i32, allocs: u32) {
        if self.used >= MOST {
            self.empty();
        }
        let Some(mut places) = self.places.or_else(|| self.begin()) else {
            return;
        };
        // SAFETY: this shard's own places, which nobody else has while its lock is held.
        #[expect(unsafe_code)]
        let places = unsafe { places.as_mut() };
        let whose = (u64::from(block.thread()) << 32 | u64::from(block.stack)) + 1;
        let mut index = whose.wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 54;
        loop {
            let place = &mut places[index % PLACES];
            if place.whose == 0 {
                place.whose = whose;
                self.used += 1;
            }
            if place.whose == whose {
                place.bytes += bytes;
                place.blocks += blocks;
                place.allocs += allocs;
                return;
            }
            index += 1;
        }
    }

    #[cold]
    fn begin(&mut self) -> Option<NonNull<Places>> {
        self.places = new_places();
        self.places
    }

    /// Makes room: what is here joins [`FULL`].
    #[cold]
    #[inline(never)]
    fn empty(&mut self) {
        recorder::uncounted(|| {
            let mut full = FULL.lock();
            if let Some(mut places) = self.places {
                // SAFETY: as in `add`.
                #[expect(unsafe_code)]
                drain(unsafe { places.as_mut() }, full.get_or_insert_default());
            }
        });
        self.used = 0;
    }

    /// Hands the places over in exchange for empty ones.
    fn swap(&mut self, spare: &mut Option<NonNull<Places>>) -> bool {
        if self.used == 0 {
            return false;
        }
        self.used = 0;
        mem::swap(&mut self.places, spare);
        true
    }
}

fn new_places() -> Option<NonNull<Places>> {
    NonNull::new(system::map(size_of::<Places>()).cast()) // zeroed: no place is in use
}

fn give_back(places: NonNull<Places>) {
    system::unmap(places.as_ptr().cast(), size_of::<Places>());
}

/// Empties places into sums.
fn drain(places: &mut Places, sums: &mut Sums) {
    for place in places.iter_mut().filter(|place| place.whose != 0) {
        let whose = place.whose - 1;
        let change = Change {
            bytes: place.bytes,
            blocks: place.blocks.into(),
            allocs: place.allocs.into(),
        };
        match sums.entry(((whose >> 32) as u32, whose as u32)) {
            Entry::Occupied(mut known) => known.get_mut().add(change),
            Entry::Vacant(new) => drop(new.insert(change)),
        }
        place.whose = 0;
        (place.bytes, place.blocks, place.allocs) = (0, 0, 0);
    }
}

/// Takes what has changed out of shards, each of which is locked for the time of an exchange.
pub(super) fn take(shards: impl Iterator<Item = &'static Lock<super::blocks::Table>>) -> Sums {
    let mut sums = FULL.lock().take().unwrap_or_default();
    let mut spare = new_places();
    for shard in shards {
        if spare.is_none() || !shard.lock().changes.swap(&mut spare) {
            continue;
        }
        if let Some(mut places) = spare {
            // SAFETY: the shard has given them away.
            #[expect(unsafe_code)]
            drain(unsafe { places.as_mut() }, &mut sums);
        } else {
            spare = new_places();
        }
    }
    if let Some(places) = spare {
        give_back(places);
    }
    sums
}

/// Forgets what nobody has taken.
pub(super) fn forget() {
    *FULL.lock() = None;
}

/// Holds what is shared, and releases it: across a fork.
pub(super) fn hold() {
    FULL.hold();
}

pub(super) fn release() {
    FULL.release();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_add_up_however_many_there_are() {
        let mut changes = Changes::new();
        changes.follow(true);
        let block = |stack: u32, size| Block::new(16, size, stack, 0, 3);
        for round in 0..3 {
            for stack in 0..2000 {
                changes.came(&block(stack, 100), round == 0);
                if stack % 2 == 0 {
                    changes.went(&block(stack, 100));
                }
            }
        }
        let mut spare = new_places();
        let mut sums = FULL.lock().take().unwrap_or_default();
        assert!(changes.swap(&mut spare) && !changes.swap(&mut None));
        let mut places = spare.expect("the system has memory");
        // SAFETY: they were handed over.
        #[expect(unsafe_code)]
        drain(unsafe { places.as_mut() }, &mut sums);
        give_back(places);
        changes.follow(false);
        assert_eq!(sums.len(), 2000);
        for ((thread, stack), change) in sums {
            let blocks = if stack % 2 == 0 { 0 } else { 3 };
            let expected = Change {
                bytes: 100 * blocks,
                blocks,
                allocs: 1,
            };
            assert_eq!((thread, change), (3, expected), "{stack}");
        }
    }
}
