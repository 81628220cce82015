//! Hands out the events of all threads, in the order of time.
//!
//! A thread's own events are in its order. Between threads the times decide that are written among
//! the events: what lies between two of them, a run, happened between them. Runs are handed out whole, in
//! the order in which they begin, since a thread reads the clock before its first event after
//! another's. Recorders did not always: a thread that had rested read it after its next event, and
//! their runs are in the order in which they end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::io;

use super::event::Decoder;
use super::source::Source;
use super::stacks::Stacks;
use super::{Condition, Meter};
use crate::block::{BlockHeader, unpack};
use crate::events::Event;

/// The most events in a run that are handed out at a time: a damaged block may have no times.
const RUN: usize = 4096;

/// Events that are announced at once.
pub(super) const NEAR: usize = 64;

/// When something happened, in nanoseconds since the recording began: not before and not after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Not before.
    pub from: u64,
    /// Not after.
    pub to: u64,
    /// A reallocation is told after it was made, and may have been made as early as this: not before what its
    /// thread had told then.
    pub begun: u64,
}

/// The order of threads' runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// In which they begin.
    Begin,
    /// In which they end.
    End,
}

impl Order {
    fn key(self, moment: Moment) -> u64 {
        match self {
            Self::Begin => moment.from,
            Self::End => moment.to,
        }
    }
}

/// What wants to see the events of a recording.
pub trait Visitor {
    /// Takes what a thread did between two times, or a part of it. [`Event::Time`] is not in it.
    fn run(&mut self, thread: u32, moment: Moment, events: &[Event]);

    /// Is shown some events, of whichever threads, before they come: what they need can be fetched at once then.
    #[inline]
    fn coming(&mut self, events: &[Event]) {
        let _ = events;
    }
}

/// Where a block of events is.
#[derive(Debug)]
pub(super) enum Place {
    /// In the recording, what is stored beginning `at`.
    File { at: u64, header: BlockHeader },
    /// In memory, as it comes from a side file.
    Memory(Box<[u8]>),
}

impl Place {
    fn length(&self) -> u64 {
        match self {
            Self::File { header, .. } => header.stored.into(),
            Self::Memory(payload) => payload.len() as u64,
        }
    }
}

/// The blocks of events of all threads.
#[derive(Debug)]
pub(super) struct Streams {
    source: Source,
    /// By thread, in order.
    blocks: BTreeMap<u32, Vec<Place>>,
    meter: Meter,
}

impl Streams {
    /// Of blocks by thread and sequence number.
    pub(super) fn new(source: Source, events: BTreeMap<(u32, u32), Place>) -> Self {
        let mut blocks = BTreeMap::<u32, Vec<Place>>::new();
        for ((thread, _), place) in events {
            blocks.entry(thread).or_default().push(place);
        }
        let places = blocks.values().flatten();
        let meter = Meter::new(places.map(Place::length).sum());
        Self {
            source,
            blocks,
            meter,
        }
    }

    #[cfg(feature = "symbols")]
    pub(super) fn source(&mut self) -> &mut Source {
        &mut self.source
    }

    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn replay(
        &mut self,
        stacks: &Stacks,
        order: Order,
        condition: &mut Condition,
        visitor: &mut impl Visitor,
    ) -> io::Result<()> {
        let Self {
            source,
            blocks,
            meter,
        } = self;
        meter.restart();
        let streams = blocks
            .iter()
            .map(|(thread, places)| Stream::new(*thread, places, meter));
        let mut streams: Vec<_> = streams.collect();
        let mut queue = BinaryHeap::new();
        for (index, stream) in streams.iter_mut().enumerate() {
            if stream.advance(source, condition)? {
                queue.push(Reverse((order.key(stream.moment), index)));
            }
        }
        while let Some(Reverse((_, index))) = queue.pop() {
            let stream = &mut streams[index];
            for event in &stream.run {
                if let Event::Alloc { stack, .. } | Event::Realloc { stack, .. } = *event
                    && stack != 0
                    && stacks.node(stack).is_none()
                {
                    condition.unknown_stacks += 1;
                }
            }
            for events in stream.run.chunks(NEAR) {
                visitor.coming(events);
                visitor.run(stream.thread, stream.moment, events);
            }
            if stream.advance(source, condition)? {
                queue.push(Reverse((order.key(stream.moment), index)));
            }
        }
        Ok(())
    }
}

/// One thread's events, and how far they have been handed out.
struct Stream<'a> {
    thread: u32,
    rest: VecDeque<&'a Place>,
    meter: &'a Meter,
    block: Option<Decoder>,
    stored: Vec<u8>,
    payload: Vec<u8>,
    /// The time that was read last.
    now: u64,
    moment: Moment,
    run: Vec<Event>,
}

impl<'a> Stream<'a> {
    fn new(thread: u32, places: &'a [Place], meter: &'a Meter) -> Self {
        Self {
            thread,
            rest: places.iter().collect(),
            meter,
            block: None,
            stored: Vec::new(),
            payload: Vec::new(),
            now: 0,
            moment: Moment::default(),
            run: Vec::new(),
        }
    }

    /// Goes on to the next run. `false` at the end.
    fn advance(&mut self, source: &mut Source, condition: &mut Condition) -> io::Result<bool> {
        self.run.clear();
        self.moment.begun = self.moment.from;
        loop {
            let Some(block) = &mut self.block else {
                if !self.next_block(source, condition)? {
                    return Ok(false);
                }
                continue;
            };
            self.moment.from = self.now;
            let mut closed = false;
            while self.run.len() < RUN && !block.is_at_end(&self.payload) {
                match block.next(&self.payload) {
                    Some(Event::Time { elapsed }) => {
                        self.now = self.now.saturating_add(elapsed);
                        closed = true;
                        break;
                    }
                    Some(event) => self.run.push(event),
                    None => {
                        condition.damaged += 1;
                        self.payload.clear();
                    }
                }
            }
            // What no time follows may have happened until the recording ended.
            self.moment.to = if closed { self.now } else { u64::MAX };
            if block.is_at_end(&self.payload) {
                self.block = None;
            }
            if !self.run.is_empty() {
                return Ok(true);
            }
        }
    }

    /// Begins the next block that can be read. `false` if there is none.
    fn next_block(&mut self, source: &mut Source, condition: &mut Condition) -> io::Result<bool> {
        while let Some(place) = self.rest.pop_front() {
            self.meter.add(place.length());
            let sound = match place {
                Place::Memory(payload) => {
                    self.payload.clear();
                    self.payload.extend_from_slice(payload);
                    true
                }
                Place::File { at, header } => {
                    let length = header.stored as usize;
                    source.read_into(*at, length, &mut self.stored)?
                        && unpack(header, &self.stored, &mut self.payload).is_some()
                }
            };
            match Decoder::begin(&self.payload).filter(|_| sound) {
                Some((decoder, start)) => {
                    self.now = self.now.max(start);
                    self.block = Some(decoder);
                    return Ok(true);
                }
                None => condition.damaged += 1,
            }
        }
        Ok(false)
    }
}
