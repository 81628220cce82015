//! The side file of a recording that is being written: what is not yet in it.
//!
//! Beside `FILE` lies `FILE.pending`. Its header is followed by slots of [`SLOT`] bytes, of which
//! each is the buffer of one stream: a [`SlotHeader`], then the payload of the block that it will
//! become. The process writes there through shared mappings, so that what it had written is kept
//! however it ends. At the end of a recording the side file is removed.
//!
//! A block that is already in the recording is there in whole: a reader takes from slots only what the
//! recording lacks. A stream has one slot that is being filled, and may have full ones.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::block::{Kind, Label};

/// Bytes of a slot; the header of the side file has as much room.
pub const SLOT: usize = 32 * 1024;

/// Bytes of a slot's header.
pub const SLOT_HEADER: usize = size_of::<SlotHeader>();

/// Room for a payload in a slot, in bytes.
pub const SLOT_PAYLOAD: usize = SLOT - SLOT_HEADER;

/// What is appended to a recording's name to name its side file.
pub const SUFFIX: &str = ".pending";

/// The header of a slot: 64 bytes, numbers as the machine has them (little-endian wherever
/// recordings are made), so that a store makes them whole.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct SlotHeader {
    /// A block's [`Kind`]; 0 in a slot that is not in use.
    kind: AtomicU32,
    stream: AtomicU32,
    /// The sequence number in the upper half, the bytes of the payload in the lower.
    progress: AtomicU64,
}

impl SlotHeader {
    /// Begins the use of a slot.
    pub fn open(&self, label: Label) {
        self.restart(label.sequence);
        self.stream.store(label.stream, Relaxed);
        self.kind.store(label.kind as u32, Release);
    }

    /// Ends it.
    pub fn close(&self) {
        self.kind.store(0, Release);
    }

    /// Empties the slot for the block with this number: the one before is in the recording.
    #[inline]
    pub fn restart(&self, sequence: u32) {
        self.progress.store(u64::from(sequence) << 32, Release);
    }

    /// Makes `length` bytes of the payload count.
    #[inline]
    pub fn commit(&self, length: u32) {
        let sequence = self.progress.load(Relaxed) & !u64::from(u32::MAX);
        self.progress.store(sequence | u64::from(length), Release);
    }

    /// Which block the slot will be, and the bytes of its payload that count; `None` if the slot
    /// is not in use.
    pub fn read(&self) -> Option<(Label, u32)> {
        let progress = self.progress.load(Acquire);
        let label = Label {
            kind: Kind::from_number(u8::try_from(self.kind.load(Acquire)).ok()?)?,
            stream: self.stream.load(Relaxed),
            sequence: (progress >> 32) as u32,
        };
        Some((label, progress as u32))
    }

    /// [`read`](Self::read) from the bytes of a slot.
    #[cfg(feature = "read")]
    pub(crate) fn decode(slot: &[u8]) -> Option<(Label, u32)> {
        let header: &[u8; SLOT_HEADER] = slot.first_chunk()?;
        let number = |at: usize| {
            let bytes = header[at..].first_chunk();
            bytes.map(|bytes| u32::from_le_bytes(*bytes))
        };
        let copy = Self {
            kind: AtomicU32::new(number(0)?),
            stream: AtomicU32::new(number(4)?),
            progress: AtomicU64::new(u64::from(number(12)?) << 32 | u64::from(number(8)?)),
        };
        copy.read()
    }
}
