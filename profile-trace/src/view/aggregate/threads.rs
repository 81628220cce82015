//! What each thread did.

use hashbrown::HashMap;

/// What was done in all. A growing reallocation adds the difference to `allocated`, a shrinking one
/// to `freed`, as the crate `stats_alloc` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Calls of `alloc`.
    pub allocs: u64,
    /// Calls of `alloc_zeroed`.
    pub zeroed: u64,
    /// Calls of `realloc`.
    pub reallocs: u64,
    /// Calls of `dealloc`.
    pub frees: u64,
    /// Bytes allocated.
    pub allocated: u64,
    /// Bytes freed, of blocks that were allocated while the recording ran.
    pub freed: u64,
}

/// What one thread did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doings {
    pub(super) totals: Totals,
    /// Allocations so far.
    pub(super) order: u64,
}

/// What each thread did.
#[derive(Debug, Default)]
pub(super) struct Threads {
    doings: Vec<Doings>,
    index_of: HashMap<u32, usize>,
    /// The thread that was asked for last, and its index.
    last: (u32, usize),
}

impl Threads {
    /// What `thread` did.
    #[inline]
    pub(super) fn of(&mut self, thread: u32) -> &mut Doings {
        if self.last.0 != thread || self.doings.is_empty() {
            self.last = (thread, self.index(thread));
        }
        &mut self.doings[self.last.1]
    }

    #[cold]
    fn index(&mut self, thread: u32) -> usize {
        let next = self.doings.len();
        let index = *self.index_of.entry(thread).or_insert(next);
        if index == next {
            self.doings.push(Doings::default());
        }
        index
    }

    pub(super) fn totals_of(&self, thread: u32) -> Totals {
        let index = self.index_of.get(&thread);
        index.map_or(Totals::default(), |index| self.doings[*index].totals)
    }

    /// What all of them did.
    pub(super) fn totals(&self) -> Totals {
        let threads = self.doings.iter().map(|doings| doings.totals);
        threads.fold(Totals::default(), |sum, thread| Totals {
            allocs: sum.allocs + thread.allocs,
            zeroed: sum.zeroed + thread.zeroed,
            reallocs: sum.reallocs + thread.reallocs,
            frees: sum.frees + thread.frees,
            allocated: sum.allocated + thread.allocated,
            freed: sum.freed + thread.freed,
        })
    }
}
