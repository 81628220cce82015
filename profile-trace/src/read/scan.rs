//! Finds the blocks of a recording, and reads all of them but the events.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::facts::Facts;
use super::replay::{Place, Streams};
use super::source::Source;
use super::stacks::Stacks;
use super::timeline;
use super::{Condition, Recording, Rescued};
use crate::block::{BlockHeader, Kind, Label, MARKER, unpack};
use crate::header::Header;
use crate::names::Packed;
use crate::pending::{SLOT, SLOT_HEADER, SlotHeader};

/// Bytes that are looked through at a time for the next marker.
const WINDOW: usize = 64 * 1024;

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Scan {
    facts: Facts,
    stacks: Stacks,
    timeline: timeline::Builder,
    pub(super) condition: Condition,
    names: Packed,
    /// Where the last whole block ends.
    end: u64,
    rescued: Vec<Rescued>,
    /// By thread and sequence number.
    events: BTreeMap<(u32, u32), Place>,
    /// The next sequence number of each other stream.
    next: BTreeMap<(u8, u32), u32>,
    stored: Vec<u8>,
    payload: Vec<u8>,
}

impl Scan {
    /// Goes through the file, from one block to the next.
    pub(super) fn file(&mut self, source: &mut Source) -> io::Result<()> {
        let mut offset = Header::SIZE as u64;
        self.end = offset;
        let mut wasted = 0;
        loop {
            let mut bytes = [0; BlockHeader::SIZE];
            let length = source.read_at(offset, &mut bytes)?;
            if length == 0 {
                return Ok(());
            }
            if let Some(header) = BlockHeader::decode(&bytes) {
                let at = offset + BlockHeader::SIZE as u64;
                let whole = source.read_into(at, header.stored as usize, &mut self.stored)?;
                if whole && header.is_sound(&bytes, &self.stored) {
                    self.block(&header, at);
                    offset = at + u64::from(header.stored);
                    self.end = offset;
                    continue;
                }
                wasted += u64::from(header.stored);
            }
            let (end, found) = next_marker(source, offset + 1)?;
            if !found {
                // The block that was being written.
                self.condition.torn += end - offset;
                return Ok(());
            }
            self.condition.skipped += end - offset;
            offset = end;
            // What looks like blocks and is none is looked at, but not for ever.
            if wasted > (1 << 28) + 16 * offset {
                return Ok(());
            }
        }
    }

    /// Goes through the side file: the note of a recorder that gave up, and the slots, tables
    /// first, since events refer to them.
    pub(super) fn side(&mut self, side: &[u8]) {
        if let Some(note) = note(&side[Header::SIZE..]).filter(|note| !note.is_empty()) {
            self.facts.read(note);
            let label = Label {
                kind: Kind::Start,
                stream: 0,
                sequence: 1,
            };
            self.rescued.push((label, note.into()));
        }
        let slots: Vec<_> = side.chunks(SLOT).skip(1).filter_map(slot).collect();
        let (tables, others): (Vec<_>, Vec<_>) = slots
            .into_iter()
            .partition(|(label, _)| label.kind == Kind::Tables);
        for (label, payload) in tables.into_iter().chain(others) {
            if !payload.is_empty() && !self.has(label) {
                self.condition.recovered += 1;
                self.payload.clear();
                self.payload.extend_from_slice(payload);
                self.rescued.push((label, payload.into()));
                self.payload(label, Place::Memory(payload.into()));
            }
        }
    }

    fn block(&mut self, header: &BlockHeader, at: u64) {
        let Some(kind) = Kind::from_number(header.kind) else {
            return; // of a later version
        };
        let label = Label {
            kind,
            stream: header.stream,
            sequence: header.sequence,
        };
        let place = Place::File {
            at,
            header: *header,
        };
        // Events are unpacked when they are replayed.
        if kind != Kind::Events {
            let Scan {
                stored, payload, ..
            } = self;
            if unpack(header, stored, payload).is_none() {
                self.condition.damaged += 1;
                return;
            }
        }
        self.payload(label, place);
    }

    /// Whether a block was there before.
    fn has(&self, label: Label) -> bool {
        match label.kind {
            Kind::Events => self.events.contains_key(&(label.stream, label.sequence)),
            _ => {
                let next = self.next.get(&key(label));
                next.is_some_and(|&next| label.sequence < next)
            }
        }
    }

    fn payload(&mut self, label: Label, place: Place) {
        if self.has(label) {
            self.condition.damaged += 1;
            return;
        }
        // A thread's blocks of events are in any order.
        if label.kind != Kind::Events {
            let next = label.sequence.saturating_add(1);
            let before = self.next.insert(key(label), next).unwrap_or(0);
            self.condition.missing += u64::from(label.sequence - before);
        }
        // Names were added later: they count for no block of the recording.
        self.condition.blocks += u64::from(label.kind != Kind::Names);
        let sound = match label.kind {
            Kind::Events => {
                self.events.insert((label.stream, label.sequence), place);
                true
            }
            Kind::Tables => self.stacks.read(&self.payload).is_some(),
            Kind::Names => self.names.read(&self.payload).is_some(),
            Kind::Timeline => self.timeline.read(&self.payload).is_some(),
            Kind::Start => self.facts.read(&self.payload),
            Kind::End => {
                self.condition.complete = true;
                self.facts.read(&self.payload)
            }
        };
        if !sound {
            self.condition.damaged += 1;
        }
    }

    pub(super) fn finish(mut self, source: Source) -> Recording {
        let duration = self.facts.duration;
        self.condition.missing += gaps(&self.events);
        self.condition.stopped.clone_from(&self.facts.stopped);
        // What is missing at the end of a stream leaves no gap.
        let others = self.condition.blocks.saturating_sub(1);
        let gone = self.facts.blocks.unwrap_or(0).saturating_sub(others);
        self.condition.missing = self.condition.missing.max(gone);
        Recording {
            facts: self.facts,
            stacks: Arc::new(self.stacks),
            names: Arc::new(self.names),
            whole: (self.end, self.rescued),
            condition: self.condition,
            streams: Streams::new(source, self.events),
            timeline: self.timeline.finish(duration),
        }
    }
}

/// The facts behind a side file's header: their length, and they themselves.
fn note(rest: &[u8]) -> Option<&[u8]> {
    let (length, facts) = rest.split_first_chunk()?;
    facts.get(..u32::from_le_bytes(*length) as usize)
}

/// What a slot holds: its label and the payload that counts.
fn slot(slot: &[u8]) -> Option<(Label, &[u8])> {
    let (label, length) = SlotHeader::decode(slot)?;
    let payload = slot.get(SLOT_HEADER..)?.get(..length as usize)?;
    Some((label, payload))
}

/// Blocks of events that are missing before others of their threads.
fn gaps(events: &BTreeMap<(u32, u32), Place>) -> u64 {
    let mut missing = 0;
    let mut next = (0, 0);
    for &(stream, sequence) in events.keys() {
        let expected = if stream == next.0 { next.1 } else { 0 };
        missing += u64::from(sequence) - expected;
        next = (stream, u64::from(sequence) + 1);
    }
    missing
}

/// What a stream's blocks are counted by.
fn key(label: Label) -> (u8, u32) {
    (label.kind as u8, label.stream)
}

/// Where the next marker is from `offset` on, or else the end, and which of both it is.
fn next_marker(source: &mut Source, mut offset: u64) -> io::Result<(u64, bool)> {
    let mut window = vec![0; WINDOW];
    loop {
        let length = source.read_at(offset, &mut window)?;
        let found = window[..length]
            .windows(MARKER.len())
            .position(|bytes| bytes == MARKER);
        if let Some(at) = found {
            return Ok((offset + at as u64, true));
        }
        if length < WINDOW {
            return Ok((offset + length as u64, false));
        }
        // A marker may lie across the window's end.
        offset += (WINDOW - MARKER.len() + 1) as u64;
    }
}
