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

use crate::events::{
    Kind, LOW, Last, TAG_FREE, TAG_NEAR_FREE, TAG_SAMPLE, TAG_SLOT, TAG_SLOT_RESIZED, TAG_TIME,
    slot_of,
};
use crate::huffman;
use crate::varint::{Reader, Writer};

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

/// Where addresses are looked up, and how many places are looked at for one.
const PLACES: usize = 1 << 14;
const PROBES: usize = 8;

/// A payload in columns, and the memory that it takes to make one of the other.
#[derive(Debug)]
pub(crate) struct Columns {
    bytes: [Vec<u8>; COLUMNS],
    said: Said,
    /// The kind that each of the payload's slots holds, as a tag.
    kinds: [u8; LOW as usize + 1],
}

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

    /// What was said at `number`, said again in a column.
    fn again(&mut self, column: usize, number: usize) -> Option<u64> {
        let address = *self.addresses.get(number)?;
        self.before[column - TAKEN] = number;
        self.last = Last(address);
        self.addresses.push(address);
        Some(address)
    }
}

/// Which number an address was said at last.
#[derive(Debug)]
struct Index {
    /// Numbers, above those of earlier payloads.
    places: Box<[u32]>,
    base: u32,
}

impl Index {
    fn new() -> Self {
        Self {
            places: vec![0; PLACES].into(),
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

    /// When `address` was said, if it was; it is said again now.
    fn find(&mut self, address: u64, addresses: &[u64]) -> Option<usize> {
        let now = self.base + addresses.len() as u32;
        let first = ((address >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50) as usize;
        for probe in 0..PROBES {
            let place = &mut self.places[(first + probe) % PLACES];
            let Some(number) = place.checked_sub(self.base) else {
                *place = now;
                return None;
            };
            if addresses.get(number as usize) == Some(&address) {
                *place = now;
                return Some(number as usize);
            }
        }
        self.places[first] = now; // the address that was there will be new again
        None
    }
}

/// Puts payloads into columns.
#[derive(Debug)]
pub(crate) struct Splitter {
    columns: Columns,
    index: Index,
}

impl Columns {
    fn new() -> Self {
        Self {
            bytes: [const { Vec::new() }; COLUMNS],
            said: Said::default(),
            kinds: [0; LOW as usize + 1],
        }
    }

    fn begin(&mut self) {
        self.said.begin();
        self.kinds = [0; LOW as usize + 1];
    }
}

impl Splitter {
    /// For payloads of up to `largest` bytes, for which it then allocates nothing.
    pub(crate) fn new(largest: usize) -> Self {
        let mut columns = Columns::new();
        columns.bytes = [(); COLUMNS].map(|()| Vec::with_capacity(largest));
        columns.said.addresses.reserve(largest);
        Self {
            columns,
            index: Index::new(),
        }
    }

    /// Writes the columns of `payload`; `None` if it holds something else than events.
    pub(crate) fn write(&mut self, payload: &[u8], out: &mut Writer<'_>) -> Option<()> {
        self.index.forget(self.columns.said.addresses.len());
        self.columns.begin();
        self.columns.bytes.iter_mut().for_each(Vec::clear);
        self.split(payload)?;
        for column in &self.columns.bytes {
            huffman::encode(column, out);
        }
        Some(())
    }

    fn split(&mut self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader::new(payload);
        self.number(TIMES, &mut reader)?;
        while let Some(tag) = reader.byte() {
            let slot = usize::from(tag & LOW);
            if (TAG_NEAR_FREE..TAG_SLOT).contains(&tag) {
                let mut last = self.columns.said.last;
                let address = last.read_near(tag);
                self.columns.bytes[TAGS].push(TAG_FREE);
                self.address(TAKEN, address);
                continue;
            }
            self.columns.bytes[TAGS].push(tag);
            match tag {
                TAG_SLOT_RESIZED.. => {
                    self.number(NUMBERS, &mut reader)?;
                    self.block(slot, &mut reader)?;
                }
                TAG_SLOT.. => self.block(slot, &mut reader)?,
                TAG_FREE => self.said(TAKEN, &mut reader)?,
                TAG_TIME => {
                    self.number(TIMES, &mut reader)?;
                }
                TAG_SAMPLE => {
                    self.number(TIMES, &mut reader)?;
                    self.number(TIMES, &mut reader)?;
                }
                _ => {
                    let kind = Kind::from_tag(tag)?;
                    let stack = self.number(NUMBERS, &mut reader)?;
                    self.number(NUMBERS, &mut reader)?;
                    let slot = slot_of(u32::try_from(stack).ok()?, kind);
                    self.columns.kinds[slot] = tag;
                    self.block(slot, &mut reader)?;
                }
            }
        }
        Some(())
    }

    /// Copies a number into a column.
    fn number(&mut self, column: usize, reader: &mut Reader<'_>) -> Option<u64> {
        let before = *reader;
        let number = reader.varint()?;
        let column = &mut self.columns.bytes[column];
        if number < 0x80 {
            column.push(number as u8); // PERF: most are; a copy of any length is a call
        } else {
            column.extend_from_slice(before.up_to(reader));
        }
        Some(number)
    }

    /// The addresses of an allocation.
    fn block(&mut self, slot: usize, reader: &mut Reader<'_>) -> Option<()> {
        match Kind::from_tag(self.columns.kinds[slot])? {
            Kind::Realloc => self.said(TAKEN, reader)?,
            Kind::Alloc | Kind::Zeroed => {}
        }
        self.said(GIVEN, reader)
    }

    fn said(&mut self, column: usize, reader: &mut Reader<'_>) -> Option<()> {
        let mut last = self.columns.said.last;
        let address = last.read(reader)?;
        self.address(column, address);
        Some(())
    }

    fn address(&mut self, column: usize, address: u64) {
        let Columns { bytes, said, .. } = &mut self.columns;
        let now = said.addresses.len();
        let found = self.index.find(address, &said.addresses);
        let Some(number) = found.filter(|number| now - number < OLDEST) else {
            bytes[column].push(HOW_NEW);
            let mut place = [0; 16];
            let mut writer = Writer::new(&mut place);
            said.last.write(address, &mut writer);
            let length = writer.written();
            bytes[NEW].extend_from_slice(&place[..length]);
            said.addresses.push(address);
            return;
        };
        let age = now - number;
        let step = number as i64 - said.before[column - TAKEN] as i64;
        if age == 1 {
            bytes[column].push(HOW_PREVIOUS);
        } else if step.abs() <= LONGEST_STEP {
            bytes[column].push((step + LONGEST_STEP) as u8 + HOW_STEP);
        } else {
            bytes[column].push((age >> 8) as u8 + HOW_AGE);
            bytes[column + LOWER].push(age as u8);
        }
        said.again(column, number);
    }
}

#[cfg(any(feature = "read", test))]
pub(crate) use join::join;

#[cfg(any(feature = "read", test))]
mod join {
    use super::*;

    /// Puts the payload of `out.len()` bytes together whose columns are `stored`; `None` if these
    /// are none.
    pub(crate) fn join(stored: &[u8], out: &mut [u8]) -> Option<()> {
        let most = out.len();
        let mut columns = Columns::new();
        let mut reader = Reader::new(stored);
        for column in &mut columns.bytes {
            huffman::decode(&mut reader, most, column)?;
        }
        let Columns { bytes, said, kinds } = columns;
        let mut joiner = Joiner {
            columns: std::array::from_fn(|column| Reader::new(&bytes[column])),
            said,
            kinds,
            out: Writer::new(out),
        };
        joiner.join()?;
        (joiner.out.written() == most && reader.is_empty()).then_some(())
    }

    struct Joiner<'a> {
        columns: [Reader<'a>; COLUMNS],
        said: Said,
        kinds: [u8; LOW as usize + 1],
        out: Writer<'a>,
    }

    impl Joiner<'_> {
        fn join(&mut self) -> Option<()> {
            self.number(TIMES)?;
            while let Some(tag) = self.columns[TAGS].byte() {
                let slot = usize::from(tag & LOW);
                if tag == TAG_FREE {
                    let mut last = self.said.last;
                    let address = self.address(TAKEN)?;
                    last.write_free(address, &mut self.out);
                    continue;
                }
                self.out.byte(tag);
                match tag {
                    TAG_SLOT_RESIZED.. => {
                        self.number(NUMBERS)?;
                        self.block(slot)?;
                    }
                    TAG_SLOT.. => self.block(slot)?,
                    TAG_NEAR_FREE.. => return None,
                    TAG_TIME => {
                        self.number(TIMES)?;
                    }
                    TAG_SAMPLE => {
                        self.number(TIMES)?;
                        self.number(TIMES)?;
                    }
                    _ => {
                        let kind = Kind::from_tag(tag)?;
                        let stack = self.number(NUMBERS)?;
                        self.number(NUMBERS)?;
                        let slot = slot_of(u32::try_from(stack).ok()?, kind);
                        self.kinds[slot] = tag;
                        self.block(slot)?;
                    }
                }
            }
            Some(())
        }

        fn number(&mut self, column: usize) -> Option<u64> {
            let number = self.columns[column].varint()?;
            self.out.varint(number);
            Some(number)
        }

        fn block(&mut self, slot: usize) -> Option<()> {
            if Kind::from_tag(self.kinds[slot])? == Kind::Realloc {
                self.say(TAKEN)?;
            }
            self.say(GIVEN)
        }

        fn say(&mut self, column: usize) -> Option<()> {
            let mut last = self.said.last;
            let address = self.address(column)?;
            last.write(address, &mut self.out);
            Some(())
        }

        fn address(&mut self, column: usize) -> Option<u64> {
            let now = self.said.addresses.len();
            let how = self.columns[column].byte()?;
            let number = match how {
                HOW_NEW => {
                    let address = self.said.last.read(&mut self.columns[NEW])?;
                    self.said.addresses.push(address);
                    return Some(address);
                }
                HOW_PREVIOUS => now.checked_sub(1)?,
                HOW_AGE.. => {
                    let low = self.columns[column + LOWER].byte()?;
                    now.checked_sub(usize::from(how - HOW_AGE) << 8 | usize::from(low))?
                }
                _ => {
                    let step = i64::from(how - HOW_STEP) - LONGEST_STEP;
                    let step = isize::try_from(step)
                        .ok()
                        .filter(|_| step <= LONGEST_STEP)?;
                    self.said.before[column - TAKEN].checked_add_signed(step)?
                }
            };
            self.said.again(column, number)
        }
    }
}

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
        prop_oneof![
            (any::<bool>(), address(), size(), 0..9u32).prop_map(
                |(zeroed, address, size, stack)| Event::Alloc {
                    zeroed,
                    address,
                    size,
                    stack
                }
            ),
            (address(), address(), size(), any::<u32>()).prop_map(|(old, address, size, stack)| {
                Event::Realloc {
                    old,
                    address,
                    size,
                    stack,
                }
            }),
            address().prop_map(|address| Event::Free { address }),
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
