//! The stacks of all threads, as a tree: each new one is written once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use profile_trace::events::Stack;
use profile_trace::pending::SLOT_PAYLOAD;
use profile_trace::tables::{self, CUT_OFF, Encoder};

use super::modules::{self, Loaded};
use super::slot::Slot;

/// The most calls and stacks that are remembered: about five megabytes. With more, all are
/// forgotten; what comes again is then written again, and readers see the same calls twice.
const CALLS: usize = 114_688;
const STACKS: usize = 57_344;

/// The most bytes that one record of a stack's calls takes.
const RECORD: usize = 24;

/// Hashes what is a hash already, or is mixed by one multiplication.
#[derive(Default)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

type Map<K> = HashMap<K, u32, BuildHasherDefault<Mixed>>;

/// What is known of stacks, and the slot into which new ones are written.
pub(super) struct Interner {
    stacks: Map<u64>,
    calls: Map<(u32, u64)>,
    encoder: Encoder,
    pub(super) slot: Slot,
    /// Bytes in the slot; 0 where nothing has been written since the last block.
    pub(super) filled: usize,
    scratch: Vec<u8>,
    changes: (u64, u64),
    pub(super) loaded: Vec<Loaded>,
}

impl Interner {
    pub(super) fn new(slot: Slot) -> Self {
        Self {
            stacks: Map::default(),
            calls: Map::default(),
            encoder: Encoder::new(),
            slot,
            filled: 0,
            scratch: Vec::new(),
            changes: (0, 0),
            loaded: Vec::new(),
        }
    }

    /// The stack of these calls, the innermost first; 0 if there is no number for it. `flush`
    /// makes room in the slot.
    pub(super) fn stack(
        &mut self,
        hash: u64,
        calls: &[u64],
        cut_off: bool,
        mut flush: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<Stack> {
        if let Some(&stack) = self.stacks.get(&hash) {
            return Some(stack);
        }
        if self.stacks.len() >= STACKS || self.calls.len() + calls.len() >= CALLS {
            self.forget();
        }
        let mut stack = 0;
        let outermost = cut_off.then_some(CUT_OFF);
        for call in outermost.into_iter().chain(calls.iter().rev().copied()) {
            stack = match self.calls.get(&(stack, call)) {
                Some(&known) => known,
                None => {
                    self.make_room(RECORD, &mut flush)?;
                    self.begin();
                    let new = self.encoder.node(stack, call, &mut self.scratch)?;
                    self.write();
                    self.calls.insert((stack, call), new);
                    new
                }
            };
        }
        self.stacks.insert(hash, stack);
        Some(stack)
    }

    /// Writes a thread, or its new name.
    pub(super) fn thread(
        &mut self,
        number: u32,
        id: u64,
        name: &[u8],
        mut flush: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.make_room(RECORD + 16 + name.len(), &mut flush)?;
        self.begin();
        tables::thread(number, id, name, &mut self.scratch);
        self.write();
        Some(())
    }

    /// Writes the list of modules if it has changed. `Some(true)` if it has: what addresses meant
    /// is forgotten then.
    pub(super) fn look_at_modules(
        &mut self,
        mut flush: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<bool> {
        let changes = modules::changes();
        if changes == self.changes {
            return Some(false);
        }
        self.changes = changes;
        self.loaded = modules::loaded();
        self.forget();
        let list: Vec<_> = self
            .loaded
            .iter()
            .map(|loaded| loaded.module.clone())
            .collect();
        let mut record = Vec::new();
        tables::modules(&list, &mut record);
        self.make_room(record.len() + RECORD, &mut flush)?;
        if record.len() + RECORD > SLOT_PAYLOAD {
            return Some(true); // a thousand modules: their addresses stay nameless
        }
        self.begin();
        self.scratch.append(&mut record);
        self.write();
        Some(true)
    }

    fn forget(&mut self) {
        self.stacks.clear();
        self.calls.clear();
    }

    fn make_room(
        &mut self,
        bytes: usize,
        flush: &mut impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if self.filled > 0 && self.filled + bytes > SLOT_PAYLOAD {
            flush(self)?;
        }
        Some(())
    }

    /// Begins a payload where there is none.
    fn begin(&mut self) {
        if self.filled == 0 && self.scratch.is_empty() {
            self.encoder.begin(&mut self.scratch);
        }
    }

    /// Puts what has been encoded into the slot.
    fn write(&mut self) {
        // SAFETY: whoever has the interner is the slot's only writer.
        #[expect(unsafe_code)]
        let place = unsafe { self.slot.rest(self.filled) };
        if let Some(place) = place.get_mut(..self.scratch.len()) {
            place.copy_from_slice(&self.scratch);
            self.filled += self.scratch.len();
            self.slot.header().commit(self.filled as u32);
        }
        self.scratch.clear();
    }
}
