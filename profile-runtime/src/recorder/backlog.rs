//! Full slots, until the helper has put them into the recording.
//!
//! A thread whose slot is full leaves it here and goes on in another one: it need not wait until the
//! block is packed. Where the helper is behind, or there is none, it packs its block itself. So the blocks
//! of a thread may stand in the recording in any order.

use std::collections::VecDeque;

use profile_trace::block::{Label, Packer};

use super::slot::Slot;
use crate::timeline::{Append, Chore, Spin};

/// Slots that wait, beyond which a thread packs its own: half a megabyte.
const DEPTH: usize = 16;

/// Slots that wait before the helper is rung for, which comes every 10 ms in any case.
///
/// PERF: to wake it for each block made recording an index 6 % slower.
const BATCH: usize = 4;

/// Milliseconds that a signal handler waits for the helper.
const PATIENCE: u32 = 200;

/// What threads leave to the helper.
pub(super) struct Backlog {
    /// Whoever has it packs a block, appends it and closes its slot. `None` once the backlog is closed.
    packer: Spin<Option<Packer>>,
    queue: Spin<Queue>,
}

#[derive(Default)]
struct Queue {
    state: State,
    waiting: VecDeque<Slot>,
    /// Closed slots, for the next threads whose own are full. The helper adds to them and must not
    /// allocate, so that there is room for all that wait and the one that it has.
    spare: Vec<Slot>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// The helper does not come, or not yet: nothing is taken.
    #[default]
    Idle,
    Open,
    /// The recording has ended.
    Closed,
}

/// What becomes of a full slot.
pub(super) enum Full {
    /// It is left to the helper, and this empty one is for the next block.
    Left(Slot),
    /// Its thread is to pack it.
    Kept,
    /// The recording ends, and nobody has this empty one.
    Late(Slot),
}

/// What is left of a backlog in the end.
pub(super) struct Rest {
    /// Slots that no thread has.
    pub(super) slots: Vec<Slot>,
    pub(super) packer: Packer,
}

impl Backlog {
    /// A backlog that takes nothing until it is [opened](Self::open).
    pub(super) fn new(packer: Packer) -> Self {
        Self {
            packer: Spin::new(Some(packer)),
            queue: Spin::new(Queue::default()),
        }
    }

    /// Says that the helper comes.
    pub(super) fn open(&self) {
        self.queue
            .with(|queue| queue.go_from(State::Idle, State::Open));
    }

    /// Leaves a full slot to the helper if not too many wait, and calls `ring` if enough do. The next
    /// slot is a closed one, or what `another` makes.
    pub(super) fn exchange(
        &self,
        full: Slot,
        another: impl FnOnce(Label) -> Option<Slot>,
        ring: impl FnOnce(),
    ) -> Full {
        let next = || {
            let (mut label, _) = full.header().read()?;
            label.sequence += 1;
            let spare = self
                .queue
                .with(|queue| queue.takes().then(|| queue.spare.pop()))?;
            let Some(spare) = spare else {
                return another(label);
            };
            spare.header().open(label);
            Some(spare)
        };
        let Some(next) = next() else {
            return Full::Kept;
        };
        let (what, waiting) = self
            .queue
            .with(|queue| (queue.put(full, next), queue.waiting.len()));
        if waiting >= BATCH {
            ring();
        }
        what
    }

    /// Ends the backlog once the helper has done with the block that it has; what waits is for the
    /// caller. `None` if that has been done before.
    pub(super) fn close(&self) -> Option<Rest> {
        self.packer.with(|packer| {
            let packer = packer.take()?;
            Some(self.queue.with(|queue| queue.close(packer)))
        })
    }

    /// The same in a signal handler, unless that has interrupted what holds the backlog.
    pub(super) fn close_in_handler(&self) -> Option<Rest> {
        let rest = |packer: &mut Option<Packer>| {
            self.queue
                .with_patience(PATIENCE, |queue| Some(queue.close(packer.take()?)))?
        };
        self.packer.with_patience(PATIENCE, rest)?
    }
}

impl Queue {
    fn takes(&self) -> bool {
        self.state == State::Open && self.waiting.len() < DEPTH
    }

    fn go_from(&mut self, before: State, now: State) {
        if self.state == before {
            self.state = now;
        }
    }

    fn put(&mut self, full: Slot, next: Slot) -> Full {
        match self.state {
            State::Open => {
                self.waiting.push_back(full);
                self.spare.reserve(self.waiting.len() + 1);
                Full::Left(next)
            }
            State::Idle => {
                next.header().close();
                self.spare.push(next);
                Full::Kept
            }
            State::Closed => Full::Late(next),
        }
    }

    fn close(&mut self, packer: Packer) -> Rest {
        let Self { waiting, spare, .. } = std::mem::take(self);
        self.state = State::Closed;
        let slots = spare.into_iter().chain(waiting).collect();
        Rest { slots, packer }
    }
}

impl Chore for Backlog {
    fn work(&self, append: Append<'_>) -> bool {
        self.packer.with(|packer| {
            let slot = self.queue.with(|queue| queue.waiting.pop_front());
            let (Some(packer), Some(slot)) = (packer, slot) else {
                return false;
            };
            let done = pack(packer, slot, append);
            self.queue.with(|queue| {
                if done {
                    queue.spare.push(slot);
                } else {
                    // A thread meets the same error, and tells it.
                    queue.go_from(State::Open, State::Idle);
                    queue.waiting.push_front(slot);
                }
            });
            done
        })
    }

    fn end(&self) {
        self.queue
            .with(|queue| queue.go_from(State::Open, State::Idle));
    }
}

/// Puts what a slot holds into the recording, and closes the slot. `false` if that fails.
fn pack(packer: &mut Packer, slot: Slot, append: Append<'_>) -> bool {
    let Some((label, _)) = slot.header().read() else {
        return true; // closed already
    };
    // SAFETY: the slot was left to the helper, and nobody writes into it before it is closed.
    #[expect(unsafe_code)]
    let block = packer.pack(label, unsafe { slot.committed() });
    let appended = append(block).is_ok();
    if appended {
        slot.header().close();
    }
    appended
}
