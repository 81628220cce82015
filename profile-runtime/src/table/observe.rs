//! A look at a table while its thread may be counting.

use std::sync::atomic::{Ordering::Acquire, fence};

use super::Table;
use crate::line::LineTally;
use crate::tally::Tally;

/// How often a reader tries to find a table at rest.
const ATTEMPTS: u32 = 10_000;

/// What an open line has yet to be charged.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) gains: u64,
    pub(crate) frees: u64,
    pub(crate) reallocs: u64,
    pub(crate) allocated: u64,
    pub(crate) freed: u64,
    pub(crate) grown: u64,
    pub(crate) peak: i64,
}

impl Table {
    /// The slot of the line that is open now, and what it has yet to be charged. `look` reads
    /// what must belong to the same moment.
    ///
    /// A thread that is settling just now is waited for, but not for ever: it may be the one that
    /// asks, interrupted by a signal.
    pub(crate) fn observe(&self, mut look: impl FnMut(&[LineTally], Option<(u32, Pending)>)) {
        let Some(lines) = self.lines() else {
            return;
        };
        for attempt in 1..=ATTEMPTS {
            let before = self.moment();
            fence(Acquire);
            let pending = before.open.map(|slot| (slot, self.pending()));
            fence(Acquire);
            let calm = before.sequence.is_multiple_of(2) && self.moment() == before;
            if calm || attempt == ATTEMPTS {
                look(lines, pending.filter(|_| calm));
                fence(Acquire);
                if self.sequence.get() == before.sequence {
                    return;
                }
            }
            if attempt.is_multiple_of(64) {
                std::thread::yield_now();
            }
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            sequence: self.sequence.get(),
            open: self.open.slot(),
            operations: self.counters().operations(),
        }
    }

    fn pending(&self) -> Pending {
        let (start, counters) = (&self.start, self.counters());
        let since = |now: &Tally, then: &Tally| now.get().wrapping_sub(then.get());
        Pending {
            gains: since(&counters.gains, &start.gains),
            frees: counters.frees.get().wrapping_sub(start.frees()),
            reallocs: since(&counters.reallocs, &self.reallocs.count),
            allocated: since(&counters.allocated, &start.allocated),
            freed: counters.freed().saturating_sub(start.freed()),
            grown: since(&counters.grown, &self.reallocs.grown),
            peak: self.watch.top().max(counters.highest()) - self.base(),
        }
    }
}

/// What stays the same as long as a table and its thread's counters do.
#[derive(PartialEq)]
struct Moment {
    sequence: u64,
    open: Option<u32>,
    operations: u64,
}
