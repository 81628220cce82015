//! Puts payloads together again from their columns.

use super::{
    COLUMNS, GIVEN, HOW_AGE, HOW_NEW, HOW_PREVIOUS, HOW_STEP, LONGEST_STEP, LOWER, NEW, NUMBERS,
    Said, TAGS, TAKEN, TIMES,
};
use crate::events::{
    Kind, LOW, Last, TAG_FREE, TAG_NEAR_FREE, TAG_SAMPLE, TAG_SIZE, TAG_SLOT, TAG_SLOT_RESIZED,
    TAG_TIME, slot_of,
};
use crate::huffman;
use crate::varint::{Reader, Writer};

/// What a payload in columns holds.
struct Joiner<'a> {
    columns: [Reader<'a>; COLUMNS],
    said: Said,
    kinds: [u8; LOW as usize + 1],
    out: Writer<'a>,
}

/// Puts the payload of `out.len()` bytes together whose columns are `stored`; `None` if these
/// are none.
pub(crate) fn join(stored: &[u8], out: &mut [u8]) -> Option<()> {
    let most = out.len();
    let mut columns = [const { Vec::new() }; COLUMNS];
    let mut reader = Reader::new(stored);
    for column in &mut columns {
        huffman::decode(&mut reader, most, column)?;
    }
    let mut joiner = Joiner {
        columns: std::array::from_fn(|column| Reader::new(&columns[column])),
        said: Said::default(),
        kinds: [0; LOW as usize + 1],
        out: Writer::new(out),
    };
    joiner.join()?;
    (joiner.out.written() == most && reader.is_empty()).then_some(())
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
                TAG_SIZE => {
                    self.number(NUMBERS)?;
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
        let said = &mut self.said;
        let address = *said.addresses.get(number)?;
        said.before[column - TAKEN] = number;
        said.last = Last(address);
        said.addresses.push(address);
        Some(address)
    }
}
