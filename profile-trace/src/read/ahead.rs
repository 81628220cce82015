//! Reads a recording on another thread, some events ahead of what is done with them.
//!
//! To unpack events takes a third of the time in which a recording is added up, and waits for nothing else.

use std::panic;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, Builder};

use super::replay::NEAR;
use super::{Condition, Error, Moment, Recording, Visitor};
use crate::events::Event;

/// Events that are handed over at once, at the least.
///
/// PERF: each time wakes the other thread: with 2,048 it took a tenth longer.
const BATCH: usize = 32768;

/// Batches that lie ready, at the most.
const AHEAD: usize = 4;

/// Events, and how many of them, in turn, are of which thread and moment.
#[derive(Default)]
struct Batch {
    runs: Vec<(u32, Moment, usize)>,
    events: Vec<Event>,
}

/// What the reading thread hands its events to.
struct Feed {
    batch: Batch,
    full: SyncSender<Batch>,
    /// Those that have been looked at.
    empty: Receiver<Batch>,
}

impl Visitor for Feed {
    fn run(&mut self, thread: u32, moment: Moment, events: &[Event]) {
        self.batch.runs.push((thread, moment, events.len()));
        self.batch.events.extend_from_slice(events);
        if self.batch.events.len() >= BATCH {
            self.hand_over();
        }
    }
}

impl Feed {
    fn hand_over(&mut self) {
        let next = self.empty.try_recv().unwrap_or_default();
        // Where nobody takes it any more there has been a panic, which goes on when this has ended.
        let _ = self.full.send(std::mem::replace(&mut self.batch, next));
    }
}

impl Recording {
    /// As [`replay`](Self::replay), with the reading on a thread of its own, if there can be one.
    ///
    /// # Errors
    ///
    /// If the file can no longer be read.
    pub(crate) fn replay_ahead(&mut self, visitor: &mut impl Visitor) -> Result<Condition, Error> {
        match self.replay_beside(visitor) {
            Some(condition) => condition,
            None => self.replay(visitor),
        }
    }

    /// `None` if there can be no other thread.
    fn replay_beside(&mut self, visitor: &mut impl Visitor) -> Option<Result<Condition, Error>> {
        thread::scope(|scope| {
            // They are dropped before the reader is waited for, also where the visitor panics.
            let (full, filled) = sync_channel(AHEAD);
            let (emptied, empty) = channel();
            let mut feed = Feed {
                batch: Batch::default(),
                full,
                empty,
            };
            let read = move || {
                let condition = self.replay(&mut feed);
                feed.hand_over();
                condition
            };
            let reader = Builder::new().spawn_scoped(scope, read).ok()?;
            show(&filled, &emptied, visitor);
            let condition = reader.join();
            Some(condition.unwrap_or_else(|panic| panic::resume_unwind(panic)))
        })
    }
}

/// Shows events to a visitor until there are no more.
fn show(filled: &Receiver<Batch>, emptied: &Sender<Batch>, visitor: &mut impl Visitor) {
    for mut batch in filled {
        let mut coming = batch.events.chunks(NEAR);
        if let Some(first) = coming.next() {
            visitor.coming(first);
        }
        let mut left = batch.events.as_slice();
        let mut near = 0;
        for (thread, moment, mut count) in batch.runs.drain(..) {
            while count > 0 {
                if near == 0 {
                    if let Some(next) = coming.next() {
                        visitor.coming(next);
                    }
                    near = NEAR;
                }
                let (now, rest) = left.split_at(count.min(near));
                visitor.run(thread, moment, now);
                left = rest;
                near -= now.len();
                count -= now.len();
            }
        }
        batch.events.clear();
        let _ = emptied.send(batch); // the reader may have ended
    }
}
