//! The blocks that live, by their addresses.
//!
//! The table is in shards, chosen by region of the address space: what one thread allocates is mostly
//! in regions of its own, so that threads seldom meet. Each shard is an open-addressing table behind a
//! lock of its own, grows and shrinks by itself, and takes its memory from the system.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::changes::{self, Changes, Sums};
use super::lock::Lock;
use crate::arena::system;

/// A block that lives, as it was allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it is; 0 where there is none.
    pub(crate) address: u64,
    /// The calls that led there.
    pub(crate) stack: u32,
    /// The [mark](super::mark) at that time.
    pub(crate) mark: u32,
    /// Its size, with the number of its thread above.
    size_and_thread: u64,
}

/// Bits of a size: as many as an address has.
const SIZE_BITS: u32 = 48;

impl Block {
    pub(super) fn new(address: u64, size: usize, stack: u32, mark: u32, thread: u16) -> Self {
        let size = (size as u64).min((1 << SIZE_BITS) - 1);
        Self {
            address,
            stack,
            mark,
            size_and_thread: size | u64::from(thread) << SIZE_BITS,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size_and_thread & ((1 << SIZE_BITS) - 1)
    }

    pub(crate) fn thread(&self) -> u32 {
        (self.size_and_thread >> SIZE_BITS) as u32
    }
}

const SHARDS: usize = 256;

/// Bits of an address within a region, all of whose blocks are in one shard: 64 KiB.
const REGION_BITS: u32 = 16;

/// Blocks in the smallest table: a page of them.
const SMALLEST: usize = 4096 / size_of::<Block>();

/// A table is at most 4/5 full, grows by a quarter, and shrinks to 2/3 when it is 1/3 full: a block takes
/// 30 to 38 bytes while the heap grows.
const fn most(capacity: usize) -> usize {
    capacity / 5 * 4
}

/// PERF: apart by two cache lines, which processors fetch in pairs.
#[repr(align(128))]
struct Shard(Lock<Table>);

pub(super) struct Table {
    /// Zeroed where there is no block.
    places: NonNull<Block>,
    capacity: usize,
    count: usize,
    bytes: u64,
    /// Whether blocks are accepted.
    open: bool,
    pub(super) changes: Changes,
}

// SAFETY: the memory at `places`, and that of `changes`, belongs to the table alone.
#[expect(unsafe_code)]
unsafe impl Send for Table {}

static BLOCKS: [Shard; SHARDS] = [const { Shard(Lock::new(Table::new())) }; SHARDS];

/// Blocks that could not be kept since the system had no memory.
static LOST: AtomicU64 = AtomicU64::new(0);

#[inline(always)]
fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline(always)]
fn shard(address: u64) -> &'static Lock<Table> {
    let index = mixed(address >> REGION_BITS) >> (u64::BITS - SHARDS.ilog2());
    &BLOCKS[index as usize % SHARDS].0
}

/// Puts a block in; `false` if nothing is traced any more. One that has not been taken out before is
/// replaced and returned. `is_new` says whether it has just been allocated.
#[inline(always)]
pub(super) fn insert(block: Block, is_new: bool) -> Result<Option<Block>, ()> {
    let mut table = shard(block.address).lock();
    let replaced = table.insert(block)?;
    if table.changes.is_followed() {
        table.changes.came(&block, is_new);
        if let Some(replaced) = &replaced {
            table.changes.went(replaced);
        }
    }
    Ok(replaced)
}

/// Takes a block out, if it is there.
#[inline(always)]
pub(super) fn remove(address: u64) -> Option<Block> {
    let mut table = shard(address).lock();
    let removed = table.remove(address)?;
    if table.changes.is_followed() {
        table.changes.went(&removed);
    }
    Some(removed)
}

/// The block at an address.
pub(super) fn get(address: u64) -> Option<Block> {
    let table = shard(address).lock();
    let index = table.find(address).ok()?;
    Some(table.at(index))
}

/// Begins to add up what changes, all that lives first; or ends.
pub(super) fn follow(on: bool) {
    for shard in &BLOCKS {
        let mut table = shard.0.lock();
        table.changes.follow(on);
        if on {
            table.tell_all(|changes, block| changes.came(block, true));
        }
    }
    if !on {
        changes::forget();
    }
}

/// What has changed since this was called last.
pub(super) fn take_changes() -> Sums {
    changes::take(BLOCKS.iter().map(|shard| &shard.0))
}

/// Accepts blocks from now on, or forgets them all and accepts none.
pub(super) fn open(open: bool) {
    for shard in &BLOCKS {
        let mut table = shard.0.lock();
        table.open = open;
        if !open {
            table.clear();
        }
    }
}

/// Forgets all blocks.
pub(super) fn clear() {
    for shard in &BLOCKS {
        shard.0.lock().clear();
    }
}

/// How many blocks there are, and their bytes together.
pub(super) fn amount() -> (u64, u64) {
    let tables = BLOCKS.iter().map(|shard| {
        let table = shard.0.lock();
        (table.count as u64, table.bytes)
    });
    tables.fold((0, 0), |sum, table| (sum.0 + table.0, sum.1 + table.1))
}

/// All blocks. Each shard is held for as long as its memory is copied as it stands, some ten microseconds
/// of a heap of a million blocks; what is copied to is there already, and is sorted out after.
pub(super) fn all() -> Vec<Block> {
    let (count, _) = amount();
    let mut blocks = Vec::with_capacity(count as usize + count as usize / 16);
    let mut copy = Vec::new();
    for shard in &BLOCKS {
        loop {
            let needed = shard.0.lock().capacity;
            if copy.len() < needed {
                copy.resize(needed, EMPTY);
            }
            let table = shard.0.lock();
            if let Some(copy) = copy.get_mut(..table.capacity) {
                copy.copy_from_slice(table.places());
                drop(table);
                blocks.extend(copy.iter().filter(|block| block.address != 0));
                break;
            }
        }
    }
    blocks
}

/// Bytes that the tables take, and blocks that were lost.
pub(super) fn overhead() -> (u64, u64) {
    let tables = BLOCKS.iter().map(|shard| shard.0.lock().capacity);
    let bytes = tables.map(|capacity| layout(capacity).size() as u64).sum();
    (bytes, LOST.load(Relaxed))
}

/// Holds all shards, and releases them: across a fork.
pub(super) fn hold() {
    BLOCKS.iter().for_each(|shard| shard.0.hold());
    changes::hold();
}

pub(super) fn release() {
    changes::release();
    BLOCKS.iter().for_each(|shard| shard.0.release());
}

fn layout(capacity: usize) -> Layout {
    Layout::array::<Block>(capacity).unwrap_or(Layout::new::<()>())
}

impl Table {
    const fn new() -> Self {
        Self {
            places: NonNull::dangling(),
            capacity: 0,
            count: 0,
            bytes: 0,
            open: false,
            changes: Changes::new(),
        }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Block {
        debug_assert!(index < self.capacity);
        // SAFETY: callers stay below the capacity; zeroed memory is a block, too.
        #[expect(unsafe_code)]
        unsafe {
            self.places.add(index).read()
        }
    }

    #[inline(always)]
    fn put(&mut self, index: usize, block: Block) {
        debug_assert!(index < self.capacity);
        // SAFETY: callers stay below the capacity.
        #[expect(unsafe_code)]
        unsafe {
            self.places.add(index).write(block);
        }
    }

    /// Where the search for a block begins.
    #[inline(always)]
    fn home(&self, address: u64) -> usize {
        ((mixed(address) >> 32) as usize * self.capacity) >> 32
    }

    #[inline(always)]
    fn after(&self, index: usize) -> usize {
        let next = index + 1;
        if next == self.capacity { 0 } else { next }
    }

    /// The place of a block, or else the free place for it. The table has a free place.
    #[inline(always)]
    fn find(&self, address: u64) -> Result<usize, usize> {
        if self.capacity == 0 {
            return Err(0);
        }
        let mut index = self.home(address);
        loop {
            match self.at(index).address {
                0 => return Err(index),
                found if found == address => return Ok(index),
                _ => index = self.after(index),
            }
        }
    }

    #[inline(always)]
    fn insert(&mut self, block: Block) -> Result<Option<Block>, ()> {
        if !self.open {
            return Err(());
        }
        if self.count >= most(self.capacity) && !self.resize(self.capacity + self.capacity / 4) {
            LOST.fetch_add(1, Relaxed);
            return Err(());
        }
        self.bytes += block.size();
        match self.find(block.address) {
            Ok(index) => {
                let before = self.at(index);
                self.bytes -= before.size();
                self.put(index, block);
                Ok(Some(before))
            }
            Err(index) => {
                self.count += 1;
                self.put(index, block);
                Ok(None)
            }
        }
    }

    #[inline(always)]
    fn remove(&mut self, address: u64) -> Option<Block> {
        let index = self.find(address).ok()?;
        let block = self.at(index);
        self.close_gap(index);
        self.count -= 1;
        self.bytes -= block.size();
        if self.count < self.capacity / 3 && self.capacity > SMALLEST {
            self.resize(self.count + self.count / 2);
        }
        Some(block)
    }

    /// Frees a place, and moves up those behind it that would have stood there.
    #[inline(always)]
    fn close_gap(&mut self, mut gap: usize) {
        let mut index = gap;
        loop {
            index = self.after(index);
            let block = self.at(index);
            if block.address == 0 {
                break;
            }
            let home = self.home(block.address);
            let stays = if gap < index {
                gap < home && home <= index
            } else {
                gap < home || home <= index
            };
            if !stays {
                self.put(gap, block);
                gap = index;
            }
        }
        self.put(gap, EMPTY);
    }

    /// `false` where the system has no memory.
    #[cold]
    #[inline(never)]
    fn resize(&mut self, capacity: usize) -> bool {
        // Whole pages, which is what the system gives.
        let bytes = layout(capacity.max(SMALLEST)).size().next_multiple_of(4096);
        let capacity = bytes / size_of::<Block>();
        let places = NonNull::new(system::map(bytes).cast::<Block>());
        let Some(places) = places.filter(|_| self.count < capacity) else {
            return self.count + 1 < self.capacity;
        };
        let before = std::mem::replace(
            self,
            Self {
                places,
                capacity,
                ..*self
            },
        );
        for block in before.iter() {
            if let Err(index) = self.find(block.address) {
                self.put(index, block);
            }
        }
        before.give_back();
        true
    }

    fn places(&self) -> &[Block] {
        // SAFETY: so many blocks are there, none of them while the capacity is 0; zeroed memory is a
        // block, too.
        #[expect(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts(self.places.as_ptr(), self.capacity)
        }
    }

    fn iter(&self) -> impl Iterator<Item = Block> {
        let blocks = self.places().iter().copied();
        blocks.filter(|block| block.address != 0)
    }

    fn clear(&mut self) {
        if self.changes.is_followed() {
            self.tell_all(Changes::went);
        }
        let (open, changes) = (self.open, self.changes);
        std::mem::replace(self, Self::new()).give_back();
        (self.open, self.changes) = (open, changes);
    }

    /// Tells the changes of every block.
    fn tell_all(&mut self, tell: impl Fn(&mut Changes, &Block)) {
        let mut changes = self.changes;
        self.iter().for_each(|block| tell(&mut changes, &block));
        self.changes = changes;
    }

    fn give_back(self) {
        if self.capacity > 0 {
            let bytes = layout(self.capacity).size().next_multiple_of(4096);
            system::unmap(self.places.as_ptr().cast(), bytes);
        }
    }
}

const EMPTY: Block = Block {
    address: 0,
    stack: 0,
    mark: 0,
    size_and_thread: 0,
};

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn block(address: u64, size: usize) -> Block {
        Block::new(address, size, address as u32, 7, 3)
    }

    fn opened() -> Table {
        Table {
            open: true,
            ..Table::new()
        }
    }

    #[test]
    fn a_block_keeps_what_it_is_told() {
        let block = Block::new(0x7fff_1234_5670, 1 << 47, 5, 6, u16::MAX);
        assert_eq!((block.size(), block.thread()), (1 << 47, u16::MAX.into()));
        assert_eq!((block.stack, block.mark), (5, 6));
    }

    #[test]
    fn nothing_is_kept_while_nothing_is_traced() {
        let mut table = Table::new();
        assert_eq!(table.insert(block(16, 1)), Err(()));
        assert_eq!((table.remove(16), table.count), (None, 0));
    }

    #[test]
    fn a_block_takes_forty_bytes_at_most_as_the_table_grows() {
        let mut table = opened();
        for index in 1..200_000u64 {
            table.insert(block(index * 48, 1)).expect("it is open");
            // Where whole pages, which the system gives, are more than a table grows by.
            if table.count > 20 * SMALLEST {
                let bytes = layout(table.capacity).size();
                assert!(
                    bytes <= 40 * table.count,
                    "{bytes} B, {} blocks",
                    table.count
                );
            }
        }
        for index in 1..200_000u64 {
            assert!(table.remove(index * 48).is_some());
        }
        assert!(table.capacity <= 2 * SMALLEST, "{}", table.capacity);
        table.clear();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// What is in the table is what a map says, whatever was put in and taken out.
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((any::<bool>(), 1..600u64, 0..9usize), 0..4000)) {
            let mut table = opened();
            let mut model = HashMap::new();
            for (inserts, address, size) in steps {
                let address = address * 16;
                if inserts {
                    let block = block(address, size);
                    prop_assert_eq!(table.insert(block), Ok(model.insert(address, block)));
                } else {
                    prop_assert_eq!(table.remove(address), model.remove(&address));
                }
                prop_assert_eq!(table.count, model.len());
            }
            let found: HashMap<u64, Block> = table.iter().map(|block| (block.address, block)).collect();
            prop_assert_eq!(found.len(), table.count);
            prop_assert_eq!(table.bytes, model.values().map(Block::size).sum::<u64>());
            prop_assert_eq!(found, model);
            table.clear();
        }
    }
}
