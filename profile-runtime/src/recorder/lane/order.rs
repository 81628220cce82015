//! What puts a thread's events in order with those of others: whose turn it is, and the time now and then.

use std::mem;

use profile_trace::events::Event;

use super::{FULL, Lane};
use crate::record;
use crate::recorder::walk::Way;

/// Events between two readings of the clock, at most.
const LONGEST_RUN: u32 = 64;

/// The same where threads take the turn from each other all the time.
const RUN_WITHOUT_TURN: u32 = 16;

/// Nanoseconds that are to lie between two readings, which take about 25.
const TICK: u64 = 10_000;

/// Nanoseconds in which a thread that the system stopped in the middle of its events goes on, nearly always.
const RACING: u64 = 100_000_000;

/// Bytes that a thread's balance is away from what it was at a reading, at most, until the next: where
/// threads act at the same time, their events are in order to so much.
const FAR: i64 = 32 * 1024;

impl Lane {
    /// Before each event: what puts it in order.
    #[inline(always)]
    pub(super) fn look_at_turn(&mut self) {
        let asks = if self.looks {
            !self.session.turn.is_of(self.number)
        } else {
            self.is_far()
        };
        if asks {
            self.ask_for_turn();
        }
    }

    /// Whether the thread's balance is far from what it was when the clock was read.
    #[inline(always)]
    pub(super) fn is_far(&self) -> bool {
        self.counters.balance().wrapping_sub(self.floor) as u64 > 2 * FAR as u64
    }

    /// What comes next is after what another thread did: says so.
    #[cold]
    #[inline(never)]
    fn ask_for_turn(&mut self) {
        let now = self.session.now();
        if !self.session.turn.is_nobodys() {
            self.races_until = now + RACING;
            self.tells_sizes = true;
        }
        self.tell_end_of_turn();
        self.try_for_turn(now);
    }

    /// Takes the turn, if it may.
    fn try_for_turn(&mut self, now: u64) {
        let may = self.allowance.spend(now) || self.is_far();
        if may {
            self.session.turn.take(self.number, now);
            self.has_turn = true;
            self.tell_time(now);
        } else {
            self.spare += self.left.saturating_sub(RUN_WITHOUT_TURN);
            self.left = self.left.min(RUN_WITHOUT_TURN);
        }
        self.looks = may;
    }

    /// Writes when this thread's turn ended, if it has: what it did before is not later.
    fn tell_end_of_turn(&mut self) -> bool {
        let turn = &self.session.turn;
        let ended = self.has_turn && !turn.is_of(self.number);
        if ended {
            self.has_turn = false;
            self.tell_time(turn.since());
        }
        ended
    }

    #[cold]
    #[inline(never)]
    pub(super) fn pause(&mut self) {
        let now = self.session.now();
        self.left = mem::take(&mut self.spare);
        if self.left == 0 || self.filled > FULL || self.is_far() {
            self.end_run(now);
        }
        if !self.looks {
            self.try_for_turn(now);
        }
    }

    fn end_run(&mut self, now: u64) {
        let elapsed = self.tell_time(now);
        let ideal = u64::from(self.run) * TICK / elapsed.max(1);
        self.run = ideal.clamp(1, LONGEST_RUN.min(4 * self.run).into()) as u32;
        self.left = self.run;
        if !self.looks {
            self.races_until = now + RACING;
        }
        self.tells_sizes = now < self.races_until;
        self.floor = self.counters.balance() - FAR;
        let session = self.session;
        let stale = self.epoch != session.epoch()
            || (self.walker.way == Way::Both) != (session.way() == Way::Both)
            || (session.way() == Way::Tables && self.walker.way == Way::Pointers);
        if stale || self.filled > FULL {
            record::current().counters.uncounted(|| {
                if stale {
                    self.catch_up();
                }
                if self.filled > FULL {
                    self.flush();
                }
            });
        }
    }

    /// Writes the time after what this thread does last.
    pub(in crate::recorder) fn conclude(&mut self) {
        if !self.tell_end_of_turn() {
            self.tell_time(self.session.now());
        }
    }

    /// Writes a time. Returns what has gone by since the time before.
    fn tell_time(&mut self, now: u64) -> u64 {
        let now = now.max(self.now);
        let elapsed = now - self.now;
        self.now = now;
        let (encoder, out) = self.pen();
        let written = encoder.event(&Event::Time { elapsed }, out);
        self.commit(written);
        elapsed
    }
}
