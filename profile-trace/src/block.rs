//! Blocks: everything in a recording after its header.
//!
//! A block is found by its marker, measured by its lengths and trusted by its checksum, so that a
//! reader gets past what is damaged to the next whole one.

use std::fmt;

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

#[cfg(feature = "read")]
use crate::columns;
use crate::columns::Splitter;
use crate::varint::Writer;

/// What each block begins with.
pub const MARKER: [u8; 4] = *b"\x93BLK";

/// The largest payload, in bytes. A reader refuses larger ones before it makes room for them.
pub const MAX_PAYLOAD: usize = 1 << 20;

/// What a block holds. A reader skips kinds that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// What is known of the process at the start; see [`facts`](crate::facts).
    Start = 1,
    /// Stacks, threads and modules; see [`tables`](crate::tables).
    Tables = 2,
    /// What one thread did; see [`events`](crate::events).
    Events = 3,
    /// What is known at the end. A recording without it is incomplete.
    End = 4,
    /// What calls are called, in a recording that was packed.
    Names = 5,
    /// The process over time; see [`timeline`](crate::timeline).
    Timeline = 6,
}

impl Kind {
    /// The kind with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Kind::Start,
            2 => Kind::Tables,
            3 => Kind::Events,
            4 => Kind::End,
            5 => Kind::Names,
            6 => Kind::Timeline,
            _ => return None,
        })
    }
}

/// How a payload is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Packing {
    /// As it is.
    Stored = 0,
    /// An LZ4 block.
    Lz4 = 1,
    /// Events in [`columns`]; since version 2.
    Columns = 2,
}

#[cfg(feature = "read")]
impl Packing {
    fn from_number(number: u8) -> Option<Self> {
        [Packing::Stored, Packing::Lz4, Packing::Columns]
            .into_iter()
            .find(|packing| *packing as u8 == number)
    }
}

/// Says which block of which stream a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// What the payload holds.
    pub kind: Kind,
    /// The thread's number, from 1; 0 for what belongs to no thread.
    pub stream: u32,
    /// Counts the blocks of the stream.
    pub sequence: u32,
}

/// The header of a block: 28 bytes, numbers little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    /// A [`Kind`], or a later version's.
    pub(crate) kind: u8,
    pub(crate) packing: Packing,
    pub(crate) stream: u32,
    pub(crate) sequence: u32,
    /// Bytes that follow the header.
    pub(crate) stored: u32,
    /// Bytes of the payload once it is unpacked.
    pub(crate) length: u32,
    pub(crate) checksum: u32,
}

impl BlockHeader {
    pub(crate) const SIZE: usize = 28;

    fn encode(&self, payload: &[u8]) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..4].copy_from_slice(&MARKER);
        bytes[4] = self.kind;
        bytes[5] = self.packing as u8;
        for (place, number) in bytes[8..24].chunks_exact_mut(4).zip([
            self.stream,
            self.sequence,
            self.stored,
            self.length,
        ]) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let checksum = checksum(&bytes, payload);
        bytes[24..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The header that `bytes` are, if its lengths are possible. Its checksum is for
    /// [`is_sound`](Self::is_sound) to check, once the payload is there too.
    #[cfg(feature = "read")]
    pub(crate) fn decode(bytes: &[u8; Self::SIZE]) -> Option<Self> {
        let number = |at: usize| {
            bytes[at..]
                .first_chunk()
                .map(|bytes| u32::from_le_bytes(*bytes))
        };
        let header = Self {
            kind: bytes[4],
            packing: Packing::from_number(bytes[5])?,
            stream: number(8)?,
            sequence: number(12)?,
            stored: number(16)?,
            length: number(20)?,
            checksum: number(24)?,
        };
        let possible = bytes[..4] == MARKER
            && header.length as usize <= MAX_PAYLOAD
            && header.stored <= header.length
            && (header.packing != Packing::Stored || header.stored == header.length);
        possible.then_some(header)
    }

    /// Whether the header and what follows it are as they were written.
    #[cfg(feature = "read")]
    pub(crate) fn is_sound(&self, header: &[u8; Self::SIZE], stored: &[u8]) -> bool {
        checksum(header, stored) == self.checksum
    }
}

/// CRC-32 (that of zlib) of the header up to the checksum, and of what follows the header.
fn checksum(header: &[u8; BlockHeader::SIZE], stored: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..24]);
    hasher.update(stored);
    hasher.finalize()
}

/// How much of a block of events shows whether it repeats itself, in bytes, and how many times
/// smaller LZ4 then makes it. Other blocks are put into columns.
const TRIED: usize = 4096;
const REPEATED: usize = 8;

/// Makes blocks of payloads. It holds the memory that compression needs, for payloads up to a
/// size given beforehand, so that nothing is allocated when a block is made.
pub struct Packer {
    table: CompressTable,
    splitter: Splitter,
    out: Vec<u8>,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

impl Packer {
    /// A packer of payloads of up to `largest` bytes.
    #[must_use]
    pub fn new(largest: usize) -> Self {
        Self {
            table: CompressTable::default(),
            splitter: Splitter::new(largest),
            out: vec![0; BlockHeader::SIZE + get_maximum_output_size(largest)],
        }
    }

    /// The block of `payload`, ready to be appended to a recording; compressed where that helps.
    /// A payload of events is to be what an [`Encoder`](crate::events::Encoder) wrote. A payload
    /// larger than was announced makes an empty block.
    pub fn pack(&mut self, label: Label, payload: &[u8]) -> &[u8] {
        let largest = self.out.len() - BlockHeader::SIZE;
        let payload = if get_maximum_output_size(payload.len()) <= largest {
            payload
        } else {
            &[]
        };
        let (packing, stored) = self
            .columns(label, payload)
            .map(|stored| (Packing::Columns, stored))
            .or_else(|| Some((Packing::Lz4, self.lz4(payload)?)))
            .unwrap_or_else(|| {
                self.out[BlockHeader::SIZE..][..payload.len()].copy_from_slice(payload);
                (Packing::Stored, payload.len())
            });
        let header = BlockHeader {
            kind: label.kind as u8,
            packing,
            stream: label.stream,
            sequence: label.sequence,
            stored: stored as u32,
            length: payload.len() as u32,
            checksum: 0,
        };
        let header = header.encode(&self.out[BlockHeader::SIZE..][..stored]);
        self.out[..BlockHeader::SIZE].copy_from_slice(&header);
        &self.out[..BlockHeader::SIZE + stored]
    }

    /// Compresses `payload` into its place. `None` if that makes it no smaller.
    fn lz4(&mut self, payload: &[u8]) -> Option<usize> {
        let place = &mut self.out[BlockHeader::SIZE..];
        compress_into_with_table(payload, place, &mut self.table)
            .ok()
            .filter(|&stored| stored < payload.len())
    }

    /// Puts the columns of `payload` into its place. `None` where LZ4 makes it smaller.
    fn columns(&mut self, label: Label, payload: &[u8]) -> Option<usize> {
        if label.kind != Kind::Events {
            return None;
        }
        let start = &payload[..payload.len().min(TRIED)];
        let tried = self.lz4(start).unwrap_or(start.len());
        if tried <= start.len() / REPEATED {
            return None;
        }
        let mut writer = Writer::new(&mut self.out[BlockHeader::SIZE..]);
        self.splitter.write(payload, &mut writer)?;
        let least = if start.len() < payload.len() {
            payload.len()
        } else {
            tried
        };
        Some(writer.written()).filter(|&stored| stored < least)
    }
}

/// Makes a block, stored as it is, of a payload that has room for the header before it.
pub(crate) fn wrap(label: Label, block: &mut [u8]) {
    let Some((place, payload)) = block.split_first_chunk_mut() else {
        return;
    };
    let length = payload.len() as u32;
    *place = BlockHeader {
        kind: label.kind as u8,
        packing: Packing::Stored,
        stream: label.stream,
        sequence: label.sequence,
        stored: length,
        length,
        checksum: 0,
    }
    .encode(payload);
}

/// The payload of a block whose header is sound, into `out`; `None` if it cannot be unpacked.
#[cfg(feature = "read")]
pub(crate) fn unpack(header: &BlockHeader, stored: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    if header.packing == Packing::Stored {
        out.extend_from_slice(stored);
        return Some(());
    }
    out.resize(header.length as usize, 0);
    if header.packing == Packing::Columns {
        return columns::join(stored, out);
    }
    let length = lz4_flex::block::decompress_into(stored, out).ok()?;
    (length == out.len()).then_some(())
}
