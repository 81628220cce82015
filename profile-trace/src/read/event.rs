//! Decodes the events of a block.

use crate::events::{
    Event, Kind, LOW, Model, Slot, TAG_FREE, TAG_NEAR_FREE, TAG_SAMPLE, TAG_SIZE, TAG_SLOT,
    TAG_SLOT_RESIZED, TAG_TIME, slot_of,
};
use crate::varint::Reader;

/// What keeps its place in a block's payload, and what was said before it.
#[derive(Debug)]
pub(super) struct Decoder {
    model: Model,
    at: usize,
}

impl Decoder {
    /// Begins a payload. Returns the time that it begins with, in nanoseconds.
    pub(super) fn begin(payload: &[u8]) -> Option<(Self, u64)> {
        let mut reader = Reader::new(payload);
        let start = reader.varint()?;
        let decoder = Self {
            model: Model::new(),
            at: payload.len() - reader.left(),
        };
        Some((decoder, start))
    }

    /// Whether all of the payload has been decoded.
    pub(super) fn is_at_end(&self, payload: &[u8]) -> bool {
        self.at >= payload.len()
    }

    /// The next event; `None` if what follows is none.
    #[inline]
    pub(super) fn next(&mut self, payload: &[u8]) -> Option<Event> {
        let mut reader = Reader::new(payload.get(self.at..)?);
        let event = self.event(&mut reader)?;
        self.at = payload.len() - reader.left();
        Some(event)
    }

    #[inline]
    fn event(&mut self, reader: &mut Reader<'_>) -> Option<Event> {
        let tag = reader.byte()?;
        if tag == TAG_SIZE {
            return self.event_of_size(reader);
        }
        let slot = (tag & LOW) as usize;
        Some(match tag {
            TAG_SLOT_RESIZED.. => {
                self.model.slots[slot].size = reader.varint()?;
                self.block(slot, reader)?
            }
            TAG_SLOT.. => self.block(slot, reader)?,
            TAG_NEAR_FREE.. => Event::Free {
                address: self.model.last.read_near(tag),
                size: None,
            },
            TAG_FREE => Event::Free {
                address: self.model.last.read(reader)?,
                size: None,
            },
            TAG_TIME => Event::Time {
                elapsed: reader.varint()?,
            },
            TAG_SAMPLE => Event::Sample {
                rss: reader.varint()?,
                live: reader.varint()?,
            },
            _ => {
                let kind = Kind::from_tag(tag)?;
                let stack = reader.varint32()?;
                let slot = slot_of(stack, kind);
                self.model.slots[slot] = Slot {
                    size: reader.varint()?,
                    stack,
                    kind: tag,
                };
                self.block(slot, reader)?
            }
        })
    }

    /// What follows the size of what it frees or reallocates.
    #[cold]
    fn event_of_size(&mut self, reader: &mut Reader<'_>) -> Option<Event> {
        let told = Some(reader.varint()?);
        if reader.rest().first() == Some(&TAG_SIZE) {
            return None;
        }
        let mut event = self.event(reader)?;
        match &mut event {
            Event::Free { size, .. } => *size = told,
            Event::Realloc { old_size, .. } => *old_size = told,
            _ => return None,
        }
        Some(event)
    }

    /// The event of the allocation in a slot.
    #[inline]
    fn block(&mut self, slot: usize, reader: &mut Reader<'_>) -> Option<Event> {
        let Slot { size, stack, kind } = self.model.slots[slot];
        Some(if kind == Kind::Realloc as u8 {
            Event::Realloc {
                old: self.model.last.read(reader)?,
                old_size: None,
                address: self.model.last.read(reader)?,
                size,
                stack,
            }
        } else if kind == 0 {
            return None; // an empty slot
        } else {
            Event::Alloc {
                zeroed: kind == Kind::Zeroed as u8,
                address: self.model.last.read(reader)?,
                size,
                stack,
            }
        })
    }
}
