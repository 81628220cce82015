//! Whose turn it is to record: what puts the events of different threads in order.
//!
//! A clock for each event would, and would cost more than all the rest. But where threads act one after
//! the other, as a lock, a channel or a join makes them, it is enough that each reads the clock before
//! its first event after another's. So the thread that records has the turn, which all look at before
//! each event, and which is written only where it goes to another.
//!
//! Threads that act at the same time would take it from each other with each event. A thread may do
//! that a thousand times in a row, and every 10 µs in the long run; then it goes on without, and asks again
//! when it reads the clock, after 16 events at most.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Nanoseconds that a turn is to take on average.
const PACE: u64 = 10_000;

/// Turns that may be shorter.
const BURST: u64 = 1_000;

/// The turn of a session.
pub(super) struct Turn {
    /// The number of the lane that has it.
    whose: AtomicU32,
    /// When it was taken, in nanoseconds since the session's start.
    since: AtomicU64,
}

impl Turn {
    /// Nobody's.
    pub(super) const fn new() -> Self {
        Self {
            whose: AtomicU32::new(0),
            since: AtomicU64::new(0),
        }
    }

    /// Whether no lane has had it yet.
    pub(super) fn is_nobodys(&self) -> bool {
        self.is_of(0)
    }

    /// Whether a lane has it.
    #[inline(always)]
    pub(super) fn is_of(&self, lane: u32) -> bool {
        self.whose.load(Relaxed) == lane
    }

    /// When it was taken last; somewhat earlier or later where it is being taken.
    pub(super) fn since(&self) -> u64 {
        self.since.load(Relaxed)
    }

    /// Gives it to a lane.
    pub(super) fn take(&self, lane: u32, now: u64) {
        self.since.store(now, Relaxed);
        self.whose.store(lane, Relaxed);
    }
}

/// How often a lane may take the turn.
pub(super) struct Allowance {
    /// Until when the turns that were taken would last at [`PACE`].
    used: u64,
}

impl Allowance {
    pub(super) const fn new() -> Self {
        Self { used: 0 }
    }

    /// Whether the turn may be taken `now`; if so, it is.
    pub(super) fn spend(&mut self, now: u64) -> bool {
        let may = self.used <= now + BURST * PACE;
        if may {
            self.used = self.used.max(now) + PACE;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_turns_at_once_then_one_in_ten_microseconds() {
        let mut allowance = Allowance::new();
        let at_once = (0..10_000).filter(|_| allowance.spend(5)).count() as u64;
        assert_eq!(at_once, BURST + 1);
        let turns = (0..1_000_000).filter(|event| allowance.spend(event * 1_000));
        assert_eq!(turns.count(), 100_000 - 1);
        assert!(allowance.spend(2_000_000_000), "after a rest at once");
    }
}
