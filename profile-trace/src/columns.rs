//! The events of a block in columns: another way to store the same payload.
//!
//! What is alike stands together, and an address that was said before in the block is said by how
//! long ago that was: a block is freed some events after it was allocated, and its address is used
//! again soon. Each column is coded by itself ([`huffman`]). They are, in this order:
//!
//! | column | holds |
//! |---|---|
//! | tags | the tags of the events as in the payload, but for near frees, which are frees here |
//! | numbers | stacks and sizes, as they are in the payload |
//! | times | the time that the payload begins with; times and samples |
//! | taken, given | how each address is said: of what was freed or moved; of what was allocated |
//! | low taken, low given | the lower bytes of ages |
//! | new | addresses that were not said before, as in the payload: distances from the last one |
//!
//! Addresses are numbered from 0 as they come in a payload. The *age* of one that was said before
//! is its number less that of when it was said last, and its *step* the latter less the same of the
//! address before it in its column (0 for the first).
//!
//! | how | |
//! |---|---|
//! | 0 | in `new` |
//! | 1 | its age is 1 |
//! | 2 to 42 | a step of −20 to 20 |
//! | 64 + `a` | its age is `a` · 256 and a byte of the lower ones |

use std::mem;

use crate::events::{
    Kind, LOW, Last, TAG_FREE, TAG_NEAR_FREE, TAG_SAMPLE, TAG_SIZE, TAG_SLOT, TAG_SLOT_RESIZED,
    TAG_TIME, slot_of,
};
use crate::huffman;
use crate::varint::{Reader, Writer, gather, unzigzag};

const TAGS: usize = 0;
const NUMBERS: usize = 1;
const TIMES: usize = 2;
const TAKEN: usize = 3;
const GIVEN: usize = 4;
/// From the column of how addresses are said to that of lower bytes.
const LOWER: usize = 2;
const NEW: usize = 7;
const COLUMNS: usize = 8;

const HOW_NEW: u8 = 0;
const HOW_PREVIOUS: u8 = 1;
const HOW_STEP: u8 = 2;
const HOW_AGE: u8 = 64;

const LONGEST_STEP: i64 = 20;
const OLDEST: usize = (256 - HOW_AGE as usize) << 8;

/// Where addresses are looked up.
const PLACES: usize = 1 << 14;

/// The addresses of a payload, and what was said of them.
#[derive(Debug, Default)]
struct Said {
    addresses: Vec<u64>,
    last: Last,
    /// When the last address in [`TAKEN`] and the last in [`GIVEN`] had been said.
    before: [usize; 2],
}

impl Said {
    fn begin(&mut self) {
        self.addresses.clear();
        self.last = Last(0);
        self.before = [0; 2];
    }
}

/// Which number an address was said at last, as far as no other one has taken its place.
#[derive(Debug)]
struct Index {
    /// Numbers, above those of earlier payloads.
    places: Box<[u32; PLACES]>,
    base: u32,
}

impl Index {
    fn new() -> Self {
        Self {
            places: Box::new([0; PLACES]),
            base: 1,
        }
    }

    /// Forgets a payload of so many addresses.
    fn forget(&mut self, count: usize) {
        self.base = match u32::try_from(2 * count) {
            Ok(count) if self.base < u32::MAX / 2 - count => self.base + count,
            _ => {
                self.places.fill(0);
                1
            }
        };
    }

    /// When `address` was said, if that is known; it is said again now.
    #[inline(always)]
    fn find(&mut self, address: u64, addresses: &[u64]) -> Option<usize> {
        let now = self.base + addresses.len() as u32;
        let place = ((address >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50) as usize;
        let before = mem::replace(&mut self.places[place], now);
        let number = before.wrapping_sub(self.base) as usize;
        (addresses.get(number) == Some(&address)).then_some(number)
    }
}

/// The columns that are being written, in one piece of memory.
#[derive(Debug, Default)]
struct Out {
    bytes: Vec<u8>,
    /// The room of each.
    room: usize,
    ends: [usize; COLUMNS],
}

impl Out {
    /// Begins anew, with room for so many bytes in each column.
    fn begin(&mut self, most: usize) {
        // What is written may reach beyond what stays.
        self.room = most + size_of::<u64>();
        let needed = COLUMNS * self.room;
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
        self.ends = std::array::from_fn(|column| column * self.room);
    }

    /// Writes a word, of which the first `length` bytes stay.
    #[inline(always)]
    fn word(&mut self, column: usize, word: u64, length: usize) {
        let end = &mut self.ends[column];
        if let Some(place) = self.bytes.get_mut(*end..).and_then(<[u8]>::first_chunk_mut) {
            *place = word.to_le_bytes();
            *end += length;
        }
    }

    /// Writes a byte, which stays if `stays`.
    #[inline(always)]
    fn byte(&mut self, column: usize, byte: u8, stays: bool) {
        let end = &mut self.ends[column];
        if let Some(place) = self.bytes.get_mut(*end) {
            *place = byte;
            *end += usize::from(stays);
        }
    }

    fn column(&self, column: usize) -> &[u8] {
        &self.bytes[column * self.room..self.ends[column]]
    }
}

/// Puts payloads into columns, and holds the memory that this takes.
#[derive(Debug)]
pub(crate) struct Splitter {
    out: Out,
    said: Said,
    /// The kind that each of the payload's slots holds, as a tag.
    kinds: [u8; LOW as usize + 1],
    index: Index,
}

impl Splitter {
    /// For payloads of up to `largest` bytes, for which it then allocates nothing.
    pub(crate) fn new(largest: usize) -> Self {
        let mut splitter = Self {
            out: Out::default(),
            said: Said::default(),
            kinds: [0; LOW as usize + 1],
            index: Index::new(),
        };
        splitter.begin(largest);
        splitter
    }

    fn begin(&mut self, length: usize) {
        self.index.forget(self.said.addresses.len());
        self.said.begin();
        self.said.addresses.reserve(length);
        self.kinds = [0; LOW as usize + 1];
        // A free near the last address is a byte there, and may be two of a new one.
        self.out.begin(2 * length);
    }

    /// Writes the columns of `payload`; `None` if it holds something else than events.
    pub(crate) fn write(&mut self, payload: &[u8], out: &mut Writer<'_>) -> Option<()> {
        self.begin(payload.len());
        self.split(payload)?;
        for column in 0..COLUMNS {
            huffman::encode(self.out.column(column), out);
        }
        Some(())
    }

    fn split(&mut self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader::new(payload);
        self.number(TIMES, &mut reader)?;
        while !reader.is_empty() {
            if let Some(length) = self.usual(reader.rest()) {
                reader.skip(length);
            } else {
                self.event(&mut reader)?;
            }
        }
        Some(())
    }

    /// Puts an event into columns that is an allocation or a free as most are. Returns how many bytes it was;
    /// `None` if it is another.
    ///
    /// PERF: which it is, how long its numbers are, and whether its address was said before cannot be predicted.
    /// So nothing branches on it: what does not belong to the event is written, and then written over.
    #[inline(always)]
    fn usual(&mut self, rest: &[u8]) -> Option<usize> {
        let rest: &[u8; 24] = rest.first_chunk()?;
        let word = |at: usize| {
            rest[at..]
                .first_chunk()
                .map(|bytes| u64::from_le_bytes(*bytes))
        };
        let tag = rest[0];
        let slot = tag & LOW;
        let (is_near, is_block) = (tag & !LOW == TAG_NEAR_FREE, tag >= TAG_SLOT);
        let kind = self.kinds[usize::from(slot)];
        let is_usual = if is_block {
            kind == Kind::Alloc as u8 || kind == Kind::Zeroed as u8
        } else {
            is_near || tag == TAG_FREE
        };
        if !is_usual {
            return None;
        }
        let size = word(1)?;
        let (_, size_length) = gather(size)?;
        let size_length = size_length * usize::from(tag >= TAG_SLOT_RESIZED);
        let said = word(1 + size_length)?;
        let (code, code_length) = gather(said)?;
        let (said, code, code_length) = if is_near {
            let code = u64::from(slot) << 1; // as it would be said of an allocation
            (code, code, 0)
        } else {
            (said, code, code_length)
        };
        let has_remainder = code & 1 == 1;
        let length = code_length + usize::from(has_remainder);
        if length > size_of::<u64>() {
            return None;
        }
        let remainder = rest[1 + size_length + code_length] & 15;
        let distance = unzigzag(code >> 1) << 4 | i64::from(remainder * u8::from(has_remainder));
        let address = self.said.last.0.wrapping_add(distance as u64);

        let out = &mut self.out;
        out.byte(TAGS, if is_near { TAG_FREE } else { tag }, true);
        out.word(NUMBERS, size, size_length);
        let column = if is_block { GIVEN } else { TAKEN };
        let is_new = !self.address(column, address);
        let new_length = length + usize::from(is_near);
        self.out.word(NEW, said, new_length * usize::from(is_new));
        Some(1 + size_length + length)
    }

    /// Puts any event into columns.
    #[inline(never)]
    fn event(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let tag = reader.byte()?;
        let slot = usize::from(tag & LOW);
        if tag & !LOW == TAG_NEAR_FREE {
            self.out.byte(TAGS, TAG_FREE, true);
            let mut last = self.said.last;
            let address = last.read_near(tag);
            self.say(TAKEN, address);
            return Some(());
        }
        self.out.byte(TAGS, tag, true);
        match tag {
            TAG_SLOT_RESIZED.. => {
                self.number(NUMBERS, reader)?;
                self.block(slot, reader)
            }
            TAG_SLOT.. => self.block(slot, reader),
            TAG_FREE => self.said(TAKEN, reader),
            TAG_TIME => {
                self.number(TIMES, reader)?;
                Some(())
            }
            TAG_SAMPLE => {
                self.number(TIMES, reader)?;
                self.number(TIMES, reader)?;
                Some(())
            }
            TAG_SIZE => {
                self.number(NUMBERS, reader)?;
                Some(())
            }
            _ => {
                let kind = Kind::from_tag(tag)?;
                let stack = self.number(NUMBERS, reader)?;
                self.number(NUMBERS, reader)?;
                let slot = slot_of(u32::try_from(stack).ok()?, kind);
                self.kinds[slot] = tag;
                self.block(slot, reader)
            }
        }
    }

    /// Copies a number into a column.
    fn number(&mut self, column: usize, reader: &mut Reader<'_>) -> Option<u64> {
        let number = reader.varint()?;
        let mut place = [0; 16];
        let mut writer = Writer::new(&mut place);
        writer.varint(number);
        let length = writer.written();
        self.bytes(column, &place[..length]);
        Some(number)
    }

    fn bytes(&mut self, column: usize, bytes: &[u8]) {
        for &byte in bytes {
            self.out.byte(column, byte, true);
        }
    }

    /// The addresses of an allocation.
    fn block(&mut self, slot: usize, reader: &mut Reader<'_>) -> Option<()> {
        match Kind::from_tag(self.kinds[slot])? {
            Kind::Realloc => self.said(TAKEN, reader)?,
            Kind::Alloc | Kind::Zeroed => {}
        }
        self.said(GIVEN, reader)
    }

    fn said(&mut self, column: usize, reader: &mut Reader<'_>) -> Option<()> {
        let mut last = self.said.last;
        let address = last.read(reader)?;
        self.say(column, address);
        Some(())
    }

    fn say(&mut self, column: usize, address: u64) {
        let mut last = self.said.last;
        if !self.address(column, address) {
            let mut place = [0; 16];
            let mut writer = Writer::new(&mut place);
            last.write(address, &mut writer);
            let length = writer.written();
            self.bytes(NEW, &place[..length]);
        }
    }

    /// Says how an address is said. Whether that is all; else it belongs into [`NEW`], too.
    #[inline(always)]
    fn address(&mut self, column: usize, address: u64) -> bool {
        let said = &mut self.said;
        let now = said.addresses.len();
        let found = self.index.find(address, &said.addresses);
        let age = now - found.unwrap_or(0);
        let is_known = found.is_some() & (age < OLDEST);
        let before = said.before[column - TAKEN];
        let step = (now - age) as i64 - before as i64;
        let is_step = step.abs() <= LONGEST_STEP;
        let of_step = ((step + LONGEST_STEP) as u8).wrapping_add(HOW_STEP);
        let of_age = ((age >> 8) as u8).wrapping_add(HOW_AGE);
        let how = if is_step { of_step } else { of_age };
        let how = if age == 1 { HOW_PREVIOUS } else { how };
        let how = if is_known { how } else { HOW_NEW };
        said.before[column - TAKEN] = if is_known { now - age } else { before };
        said.last = Last(address);
        said.addresses.push(address);
        self.out.byte(column, how, true);
        self.out
            .byte(column + LOWER, age as u8, is_known & !is_step & (age != 1));
        is_known
    }
}

#[cfg(any(feature = "read", test))]
pub(crate) use join::join;

#[cfg(any(feature = "read", test))]
mod join;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::events::{Encoder, Event, MAX_EVENT, MAX_START};

    /// The payload that holds these events.
    fn payload(events: &[Event]) -> Vec<u8> {
        let mut encoder = Encoder::new();
        let mut payload = vec![0; MAX_START + events.len() * MAX_EVENT];
        let mut length = encoder.begin(77, &mut payload);
        for event in events {
            length += encoder.event(event, &mut payload[length..]);
        }
        payload.truncate(length);
        payload
    }

    /// Its columns, after those of another payload.
    fn columns(splitter: &mut Splitter, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 2 * payload.len() + 4096];
        let mut writer = Writer::new(&mut out);
        splitter
            .write(payload, &mut writer)
            .expect("it holds events");
        let length = writer.written();
        out.truncate(length);
        out
    }

    fn joined(stored: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut out = vec![0; length];
        join(stored, &mut out).map(|()| out)
    }

    fn event() -> impl Strategy<Value = Event> {
        let address = || {
            prop_oneof![
                (0..200u64).prop_map(|line| 0x5555_0000_0000 + line * 16),
                any::<u64>()
            ]
        };
        let size = || prop_oneof![Just(64), 0..100u64, any::<u64>()];
        let told = || prop::option::of(size());
        prop_oneof![
            (any::<bool>(), address(), size(), 0..9u32).prop_map(
                |(zeroed, address, size, stack)| Event::Alloc {
                    zeroed,
                    address,
                    size,
                    stack
                }
            ),
            (address(), told(), address(), size(), any::<u32>()).prop_map(
                |(old, old_size, address, size, stack)| {
                    Event::Realloc {
                        old,
                        old_size,
                        address,
                        size,
                        stack,
                    }
                }
            ),
            (address(), told()).prop_map(|(address, size)| Event::Free { address, size }),
            any::<u64>().prop_map(|elapsed| Event::Time { elapsed }),
            (any::<u64>(), any::<u64>()).prop_map(|(rss, live)| Event::Sample { rss, live }),
        ]
    }

    proptest! {
        #[test]
        fn payloads_come_back(events in vec(event(), 0..300), more in vec(event(), 0..50)) {
            let mut splitter = Splitter::new(0);
            for payload in [payload(&events), payload(&more)] {
                let stored = columns(&mut splitter, &payload);
                prop_assert_eq!(joined(&stored, payload.len()), Some(payload.clone()));
                prop_assert_eq!(joined(&stored, payload.len() + 1), None);
            }
        }

        #[test]
        fn what_is_damaged_is_a_payload_or_none(
            events in vec(event(), 0..50),
            at: prop::sample::Index,
            byte: u8,
        ) {
            let payload = payload(&events);
            let mut stored = columns(&mut Splitter::new(0), &payload);
            let at = at.index(stored.len());
            stored[at] = byte;
            let _ = joined(&stored, payload.len());
            let _ = joined(&stored[..at], payload.len());
        }

        #[test]
        fn any_bytes_are_columns_or_none(bytes: Vec<u8>, length in 0..1000usize) {
            let _ = joined(&bytes, length);
            let mut out = vec![0; 4096];
            let _ = Splitter::new(0).write(&bytes, &mut Writer::new(&mut out));
        }
    }

    /// Blocks that are freed in an order that nothing predicts take about what tells them apart.
    #[test]
    fn an_address_is_said_by_its_age() {
        let address = |index: u64| 0x7000_0000_0000 + (index * 7919 % 10_007) * 1600;
        let alloc = |index| Event::Alloc {
            zeroed: false,
            address: address(index),
            size: 64,
            stack: 1,
        };
        let frees = (0..500).map(|index| Event::Free {
            address: address(index * 211 % 500),
            size: None,
        });
        let events: Vec<Event> = (0..500).map(alloc).chain(frees).collect();
        let payload = payload(&events);
        let stored = columns(&mut Splitter::new(payload.len()), &payload);
        assert!(
            payload.len() > 4000 && stored.len() < 2700,
            "{} of {}",
            stored.len(),
            payload.len()
        );
    }
}
