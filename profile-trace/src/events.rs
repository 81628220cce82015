//! What a thread did, in as few bytes as possible.
//!
//! The payload of a block of events begins with a varint, the time in nanoseconds since the
//! recording began, at or before which nothing in it happened. Events follow, each a tag and
//! varints. Both sides keep the same model of what was said before in the block, so that what
//! repeats needs a byte:
//!
//! | tag | event | followed by |
//! |---|---|---|
//! | `0000_0000` | free | address |
//! | `0000_0001` | allocation | stack, size, address |
//! | `0000_0010` | zeroed allocation | stack, size, address |
//! | `0000_0011` | reallocation | stack, size, old address, new address |
//! | `0000_0100` | time | nanoseconds since the time before |
//! | `0000_0101` | sample | resident set, live heap, in bytes |
//! | `0000_0110` | none: the size of what the next event frees or reallocates | size |
//! | `01dd_dddd` | free | nothing: the address is `d`, zigzagged, times 16 from the last one |
//! | `10ss_ssss` | what slot `s` holds, with its size | address(es) |
//! | `11ss_ssss` | what slot `s` holds, of another size | size, address(es) |
//!
//! An address is its distance from the last one said: a sixteenth of it, rounded down, zigzagged
//! and doubled. Where that leaves a remainder one is added, and the remainder follows as a byte.
//! A stack is its node ([`tables`](crate::tables)). An allocation's slot is picked by its stack and
//! kind, and holds them and the size from then on.

use crate::varint::{MAX, Reader, Writer, unzigzag, zigzag};

/// A node of the tree of stacks; 0 is the empty stack, which is also what is not known.
pub type Stack = u32;

/// How a block came about, with its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Alloc = 1,
    Zeroed = 2,
    Realloc = 3,
}

impl Kind {
    /// The kind with this tag, if there is one.
    #[inline]
    pub(crate) fn from_tag(tag: u8) -> Option<Self> {
        [Kind::Alloc, Kind::Zeroed, Kind::Realloc]
            .into_iter()
            .find(|kind| *kind as u8 == tag)
    }
}

/// One thing that a thread did or saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A block began.
    Alloc {
        /// `alloc` or `alloc_zeroed`; [`Event::Realloc`] is the third.
        zeroed: bool,
        /// Where.
        address: u64,
        /// Its size in bytes.
        size: u64,
        /// The calls that led there.
        stack: Stack,
    },
    /// A block was moved or resized.
    Realloc {
        /// Where it was.
        old: u64,
        /// Its size before, in bytes, where that was told: as of a free.
        old_size: Option<u64>,
        /// Where it is now.
        address: u64,
        /// Its new size in bytes.
        size: u64,
        /// The calls that led there.
        stack: Stack,
    },
    /// A block ended.
    Free {
        /// Where.
        address: u64,
        /// Its size in bytes, where that was told: of threads that act at the same time, the order of events
        /// may not tell which of two blocks at an address it was.
        size: Option<u64>,
    },
    /// What follows did not happen earlier, and what precedes did not happen later.
    Time {
        /// Nanoseconds since the time before, or since the block's.
        elapsed: u64,
    },
    /// The process at this moment.
    Sample {
        /// Its resident set, in bytes; 0 where the system does not tell.
        rss: u64,
        /// Its live heap, in bytes.
        live: u64,
    },
}

/// The most bytes that one event takes.
pub const MAX_EVENT: usize = 2 + 5 * (MAX + 1);

/// The most bytes that the start of a payload takes.
pub const MAX_START: usize = MAX;

const SLOTS: usize = 64;

pub(crate) const TAG_FREE: u8 = 0;
pub(crate) const TAG_TIME: u8 = 4;
pub(crate) const TAG_SAMPLE: u8 = 5;
pub(crate) const TAG_SIZE: u8 = 6;
pub(crate) const TAG_NEAR_FREE: u8 = 0x40;
pub(crate) const TAG_SLOT: u8 = 0x80;
pub(crate) const TAG_SLOT_RESIZED: u8 = 0xC0;
pub(crate) const LOW: u8 = 0x3F;

/// The slot of an allocation: the top six bits of a product modulo 2³².
#[inline]
pub(crate) fn slot_of(stack: Stack, kind: Kind) -> usize {
    let product = (stack ^ (kind as u32) << 28).wrapping_mul(0x9E37_79B1);
    (product >> 26) as usize
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) size: u64,
    pub(crate) stack: Stack,
    /// A [`Kind`]; 0 where the slot is empty.
    pub(crate) kind: u8,
}

/// The address that was said last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Last(pub(crate) u64);

impl Last {
    /// Writes an address.
    #[inline(always)]
    pub(crate) fn write(&mut self, address: u64, writer: &mut Writer<'_>) {
        let distance = address.wrapping_sub(self.0) as i64;
        self.0 = address;
        let remainder = distance as u8 & 15;
        writer.long_varint(zigzag(distance >> 4) << 1 | u64::from(remainder != 0));
        if remainder != 0 {
            writer.byte(remainder);
        }
    }

    /// Reads what [`write`](Self::write) has written.
    #[inline]
    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Option<u64> {
        let code = reader.long_varint()?;
        let mut distance = unzigzag(code >> 1) << 4;
        if code & 1 != 0 {
            distance |= i64::from(reader.byte()? & 15);
        }
        self.0 = self.0.wrapping_add(distance as u64);
        Some(self.0)
    }

    /// Writes a free, its tag included.
    #[inline]
    pub(crate) fn write_free(&mut self, address: u64, writer: &mut Writer<'_>) {
        let distance = address.wrapping_sub(self.0);
        let near = zigzag(distance as i64 >> 4);
        if distance.is_multiple_of(16) && near <= u64::from(LOW) {
            self.0 = address;
            writer.byte(TAG_NEAR_FREE | near as u8);
        } else {
            writer.byte(TAG_FREE);
            self.write(address, writer);
        }
    }

    /// Reads the address of a free whose tag is one of the near ones.
    #[inline]
    pub(crate) fn read_near(&mut self, tag: u8) -> u64 {
        let distance = unzigzag(u64::from(tag & LOW)) << 4;
        self.0 = self.0.wrapping_add(distance as u64);
        self.0
    }
}

/// What was said before in a block.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) last: Last,
    pub(crate) slots: [Slot; SLOTS],
}

impl Model {
    pub(crate) const fn new() -> Self {
        const EMPTY: Slot = Slot {
            size: 0,
            stack: 0,
            kind: 0,
        };
        Self {
            last: Last(0),
            slots: [EMPTY; SLOTS],
        }
    }
}

/// Writes the size of what the next event frees or reallocates, where it is to be told.
#[inline]
fn write_size(size: Option<u64>, writer: &mut Writer<'_>) {
    if let Some(size) = size {
        writer.byte(TAG_SIZE);
        writer.varint(size);
    }
}

/// Encodes the events of one block after the other.
#[derive(Debug)]
pub struct Encoder {
    model: Model,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder before its first block.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            model: Model::new(),
        }
    }

    /// Begins a payload in `out`, at least [`MAX_START`] bytes. Returns how many were written.
    pub fn begin(&mut self, now: u64, out: &mut [u8]) -> usize {
        self.model = Model::new();
        let mut writer = Writer::new(out);
        writer.varint(now);
        writer.written()
    }

    /// Encodes `event` into `out`, at least [`MAX_EVENT`] bytes. Returns how many were written.
    #[inline]
    pub fn event(&mut self, event: &Event, out: &mut [u8]) -> usize {
        match *event {
            Event::Alloc {
                zeroed,
                address,
                size,
                stack,
            } => self.alloc(zeroed, address, size, stack, out),
            Event::Realloc {
                old,
                old_size,
                address,
                size,
                stack,
            } => self.realloc(old, old_size, address, size, stack, out),
            Event::Free { address, size } => self.free(address, size, out),
            Event::Time { elapsed } => {
                let mut writer = Writer::new(out);
                writer.byte(TAG_TIME);
                writer.varint(elapsed);
                writer.written()
            }
            Event::Sample { rss, live } => {
                let mut writer = Writer::new(out);
                writer.byte(TAG_SAMPLE);
                writer.varint(rss);
                writer.varint(live);
                writer.written()
            }
        }
    }

    /// Encodes an allocation.
    #[inline(always)]
    pub fn alloc(
        &mut self,
        zeroed: bool,
        address: u64,
        size: u64,
        stack: Stack,
        out: &mut [u8],
    ) -> usize {
        let kind = if zeroed { Kind::Zeroed } else { Kind::Alloc };
        let mut writer = Writer::new(out);
        self.slot(kind, size, stack, &mut writer);
        self.model.last.write(address, &mut writer);
        writer.written()
    }

    /// Encodes a reallocation.
    #[inline]
    pub fn realloc(
        &mut self,
        old: u64,
        old_size: Option<u64>,
        address: u64,
        size: u64,
        stack: Stack,
        out: &mut [u8],
    ) -> usize {
        let mut writer = Writer::new(out);
        write_size(old_size, &mut writer);
        self.slot(Kind::Realloc, size, stack, &mut writer);
        self.model.last.write(old, &mut writer);
        self.model.last.write(address, &mut writer);
        writer.written()
    }

    /// Encodes a free.
    #[inline(always)]
    pub fn free(&mut self, address: u64, size: Option<u64>, out: &mut [u8]) -> usize {
        let mut writer = Writer::new(out);
        write_size(size, &mut writer);
        self.model.last.write_free(address, &mut writer);
        writer.written()
    }

    #[inline(always)]
    fn slot(&mut self, kind: Kind, size: u64, stack: Stack, writer: &mut Writer<'_>) {
        let index = slot_of(stack, kind);
        let slot = &mut self.model.slots[index];
        if slot.stack == stack && slot.kind == kind as u8 {
            if slot.size == size {
                writer.byte(TAG_SLOT | index as u8);
            } else {
                slot.size = size;
                writer.byte(TAG_SLOT_RESIZED | index as u8);
                writer.varint(size);
            }
        } else {
            *slot = Slot {
                size,
                stack,
                kind: kind as u8,
            };
            writer.byte(kind as u8);
            writer.varint(u64::from(stack));
            writer.varint(size);
        }
    }
}
