//! memline's counters against those of `stats_alloc`, on the same calls.
//!
//! The allocators are used as values, so that only the calls made here are counted by both. Within the stretches that
//! are compared nothing else is allocated on the threads concerned.

#![expect(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::array;
use std::sync::Barrier;
use std::thread;

use memline::Allocator;
use stats_alloc::{Stats, StatsAlloc};

const THREADS: usize = 4;
const STEPS: usize = 20_000;

/// Blocks that one thread holds at a time.
const BLOCKS: usize = 64;

type Checked<'a> = Allocator<&'a StatsAlloc<System>>;

/// A block, its layout, and the byte it is filled with.
type Block = (*mut u8, Layout, u8);

/// Makes a reproducible sequence of calls.
struct Load<'a> {
    allocator: &'a Checked<'a>,
    random: u64,
    blocks: [Option<Block>; BLOCKS],
}

impl<'a> Load<'a> {
    fn new(allocator: &'a Checked<'a>, seed: u64) -> Self {
        Self {
            allocator,
            random: seed * 2 + 1,
            blocks: array::from_fn(|_| None),
        }
    }

    /// A number below `limit`, by xorshift.
    fn below(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % limit as u64) as usize
    }

    fn size(&mut self) -> usize {
        let limit = [16, 256, 4096, 100_000][self.below(4)];
        1 + self.below(limit)
    }

    fn step(&mut self) {
        let at = self.below(BLOCKS);
        let resize = self.below(2) == 0;
        self.blocks[at] = match self.blocks[at].take() {
            None => Some(self.allocate()),
            Some(block) if resize => Some(self.resize(block)),
            Some(block) => {
                self.free(block);
                None
            }
        };
    }

    fn allocate(&mut self) -> Block {
        let (size, zeroed) = (self.size(), self.below(2) == 0);
        let align = 1 << self.below(8);
        let layout = Layout::from_size_align(size, align).expect("small sizes and powers of two");
        // SAFETY: the layout is not empty.
        let block = unsafe {
            if zeroed {
                self.allocator.alloc_zeroed(layout)
            } else {
                self.allocator.alloc(layout)
            }
        };
        assert!(!block.is_null() && block.addr() % align == 0);
        // SAFETY: a zeroed block may be read, and any may be written, in its whole size.
        unsafe {
            assert!(!zeroed || *block == 0 && *block.add(size - 1) == 0);
        }
        self.fill(block, layout)
    }

    fn fill(&mut self, block: *mut u8, layout: Layout) -> Block {
        let byte = self.below(256) as u8;
        // SAFETY: the block has the layout's size, which is not zero.
        unsafe {
            *block = byte;
            *block.add(layout.size() - 1) = byte;
        }
        (block, layout, byte)
    }

    fn resize(&mut self, (block, layout, byte): Block) -> Block {
        // One in eight keeps its size.
        let size = if self.below(8) == 0 {
            layout.size()
        } else {
            self.size()
        };
        // SAFETY: the block came from this allocator with this layout, and the size is not zero.
        let block = unsafe { self.allocator.realloc(block, layout, size) };
        assert!(!block.is_null());
        // SAFETY: what was written stays.
        assert_eq!(unsafe { *block }, byte);
        let layout = Layout::from_size_align(size, layout.align()).expect("as before");
        self.fill(block, layout)
    }

    fn free(&self, (block, layout, _): Block) {
        // SAFETY: the block came from this allocator with this layout, and is forgotten.
        unsafe { self.allocator.dealloc(block, layout) }
    }
}

fn total(of: impl IntoIterator<Item = Stats>) -> Stats {
    of.into_iter().fold(Stats::default(), |sum, stats| Stats {
        allocations: sum.allocations + stats.allocations,
        deallocations: sum.deallocations + stats.deallocations,
        reallocations: sum.reallocations + stats.reallocations,
        bytes_allocated: sum.bytes_allocated + stats.bytes_allocated,
        bytes_deallocated: sum.bytes_deallocated + stats.bytes_deallocated,
        bytes_reallocated: sum.bytes_reallocated + stats.bytes_reallocated,
    })
}

/// One test, since figures of the process are compared.
#[test]
fn totals_are_those_of_stats_alloc() {
    under_load();
    failed_calls_are_not_counted();
}

fn under_load() {
    let oracle = StatsAlloc::system();
    let allocator = Allocator::new(&oracle);
    let (start, end) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let [mut process, mut under_load] = [Stats::default(); 2];
    let threads = thread::scope(|scope| {
        let threads: [_; THREADS] = array::from_fn(|seed| {
            let (allocator, start, end) = (&allocator, &start, &end);
            scope.spawn(move || {
                let mut load = Load::new(allocator, seed as u64 + 1);
                // Whoever is here has allocated what a starting thread does.
                start.wait();
                start.wait();
                let before = memline::stats();
                (0..STEPS).for_each(|_| load.step());
                let change = memline::stats() - before;
                // Nobody ends before the process's figures have been read: an ending thread frees.
                end.wait();
                end.wait();
                load.blocks
                    .iter()
                    .flatten()
                    .for_each(|block| load.free(*block));
                change
            })
        });
        start.wait();
        let before = memline::process_stats();
        start.wait();
        end.wait();
        process = memline::process_stats() - before;
        under_load = oracle.stats();
        end.wait();
        threads.map(|thread| thread.join().expect("the load is borne"))
    });
    assert_eq!(process, under_load);
    assert_eq!(total(threads), under_load);
    assert!(
        threads
            .iter()
            .all(|thread| thread.allocations > 1000 && thread.reallocations > 1000)
    );
    let Stats {
        bytes_allocated,
        bytes_deallocated,
        allocations,
        deallocations,
        ..
    } = oracle.stats();
    assert_eq!(
        (bytes_allocated, allocations),
        (bytes_deallocated, deallocations),
        "every block is freed"
    );
}

/// `stats_alloc` counts calls that return null; memline does not.
fn failed_calls_are_not_counted() {
    let oracle = StatsAlloc::system();
    let allocator = Allocator::new(&oracle);
    let huge =
        Layout::from_size_align(isize::MAX as usize, 1).expect("the largest layout there is");
    let small = Layout::new::<u64>();
    // SAFETY: no layout is empty.
    let block = unsafe { allocator.alloc(small) };
    assert!(!block.is_null());
    let before = memline::stats();
    let (process, live, peak) = (memline::process_stats(), memline::live(), memline::peak());
    // SAFETY: as above; a block whose reallocation fails stays as it is.
    let failed = unsafe {
        [
            allocator.alloc(huge),
            allocator.alloc_zeroed(huge),
            allocator.realloc(block, small, huge.size()),
        ]
    };
    assert!(failed.iter().all(|block| block.is_null()));
    assert_eq!(memline::stats(), before);
    assert_eq!(
        (memline::process_stats(), memline::live(), memline::peak()),
        (process, live, peak)
    );
    assert_eq!(
        (oracle.stats().allocations, oracle.stats().reallocations),
        (3, 1)
    );
    // SAFETY: the block is still there, with its layout.
    unsafe { allocator.dealloc(block, small) };
    assert_eq!((memline::stats() - before).bytes_deallocated, small.size());
}
