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
            let pending = before.open.map(|slot| (slot, self.pending()));
            let calm = before.version.is_some() && self.moment() == before;
            if calm || attempt == ATTEMPTS {
                look(lines, pending.filter(|_| calm));
                if self.version() == before.version {
                    return;
                }
            }
            if attempt.is_multiple_of(64) {
                std::thread::yield_now();
            }
        }
    }

    fn moment(&self) -> Moment {
        let moment = Moment {
            version: self.version(),
            open: self.open.slot(),
            operations: self.counters().operations(),
        };
        fence(Acquire);
        moment
    }

    /// Which figures the lines have; `None` while these change.
    fn version(&self) -> Option<Version> {
        fence(Acquire);
        let read = || Version {
            sequence: self.sequence.get(),
            settled: self.start.operations.get(),
        };
        let version = read();
        fence(Acquire);
        let at_rest = !self.watch.is_settling() && version.sequence.is_multiple_of(2);
        fence(Acquire);
        (at_rest && read() == version).then_some(version)
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
    version: Option<Version>,
    open: Option<u32>,
    operations: u64,
}

/// What every change of a line's figures changes, unless nothing was allocated or freed: then each figure is
/// right by itself.
#[derive(PartialEq)]
struct Version {
    sequence: u64,
    /// The thread's operations when the table was last settled.
    settled: u64,
}
