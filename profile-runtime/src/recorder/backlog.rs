//! Full slots, until the helper has put them into the recording.
//!
//! A thread whose slot is full leaves it here and goes on in another one: it need not wait until the
//! block is packed. Where the helper is behind, or there is none, it packs its block itself. So the blocks
//! of a thread may stand in the recording in any order.

use std::collections::VecDeque;
use std::mem;

use profile_trace::block::{Label, Packer};

use super::slot::Slot;
use crate::timeline::{Append, Chore, Spin};

/// Slots that wait, beyond which a thread packs its own: half a megabyte.
const DEPTH: usize = 16;

/// Milliseconds that a signal handler waits for the helper.
const PATIENCE: u32 = 200;

/// What threads leave to the helper.
pub(super) struct Backlog {
    /// Whoever has it packs a block, appends it and closes its slot.
    packer: Spin<Option<Packer>>,
    queue: Spin<Queue>,
}

struct Queue {
    /// Whether the helper comes and looks.
    open: bool,
    waiting: VecDeque<Slot>,
    /// Closed slots, for the next threads whose own are full. The helper adds to them and must not
    /// allocate, so that there is room for all that wait and the one that it has.
    spare: Vec<Slot>,
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
            queue: Spin::new(Queue {
                open: false,
                waiting: VecDeque::new(),
                spare: Vec::new(),
            }),
        }
    }

    /// Says that the helper comes.
    pub(super) fn open(&self) {
        self.queue.with(|queue| queue.open = true);
    }

    /// Leaves a full slot to the helper. Returns an empty one for the next block: a closed one, or what
    /// `another` makes. `None` if too many wait.
    pub(super) fn exchange(
        &self,
        full: Slot,
        another: impl FnOnce(Label) -> Option<Slot>,
    ) -> Option<Slot> {
        let (mut label, _) = full.header().read()?;
        label.sequence += 1;
        let spare = self.queue.with(|queue| {
            let takes = queue.open && queue.waiting.len() < DEPTH;
            takes.then(|| queue.spare.pop())
        })?;
        let next = match spare {
            Some(spare) => {
                spare.header().open(label);
                spare
            }
            None => another(label)?,
        };
        self.queue.with(|queue| {
            queue.waiting.push_back(full);
            queue.spare.reserve(queue.waiting.len() + 1);
        });
        Some(next)
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
    fn close(&mut self, packer: Packer) -> Rest {
        self.open = false;
        let mut slots = mem::take(&mut self.spare);
        slots.extend(mem::take(&mut self.waiting));
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
            let done = self.queue.with(|queue| queue.open) && pack(packer, slot, append);
            self.queue.with(|queue| {
                if done {
                    queue.spare.push(slot);
                } else {
                    // A thread meets the same error, and tells it.
                    queue.open = false;
                    queue.waiting.push_front(slot);
                }
            });
            done
        })
    }

    fn end(&self) {
        self.queue.with(|queue| queue.open = false);
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
