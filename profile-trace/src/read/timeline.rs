//! The process over time, put together from the records of a recording.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::{Error, Moment, Recording, Visitor};
use crate::events::Event;
use crate::timeline::{
    TAG_CHILD, TAG_ENTER, TAG_FUNCTION, TAG_LEAVE, TAG_MARK, TAG_SAMPLE, TAG_TIME,
};
use crate::varint::Reader;

/// The memory of a process at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Nanoseconds since the recording began.
    pub time: u64,
    /// Resident set in bytes.
    pub rss: u64,
    /// Live heap in bytes; `None` where nobody counted it.
    pub live: Option<u64>,
}

/// A thread's stay in a function: one call, or several with hardly any time in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The function's name.
    pub function: String,
    /// The thread's number.
    pub thread: u32,
    /// From when to when, in nanoseconds since the recording began.
    pub time: Range<u64>,
    /// Calls that began meanwhile.
    pub calls: u64,
    /// Stays of the same thread around this one.
    pub level: u32,
}

/// A process over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The process's memory, in the order of time.
    pub samples: Vec<Sample>,
    /// The memory of its children, by their process ids.
    pub children: BTreeMap<u32, Vec<Sample>>,
    /// What the program said of itself, and when.
    pub marks: Vec<(u64, String)>,
    /// Which functions were run, by when they were entered, outer ones first.
    pub stays: Vec<Stay>,
}

impl Timeline {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.children.is_empty() && self.marks.is_empty()
    }

    /// When it ends: the time of what is last in it.
    #[must_use]
    pub fn end(&self) -> u64 {
        let children = self.children.values().flatten();
        let samples = self
            .samples
            .iter()
            .chain(children)
            .map(|sample| sample.time);
        let marks = self.marks.iter().map(|(time, _)| *time);
        let stays = self.stays.iter().map(|stay| stay.time.end);
        samples.chain(marks).chain(stays).max().unwrap_or(0)
    }

    /// Gives each stay its level, which follows from the others of its thread.
    pub fn nest(&mut self) {
        // Of two that seem to have begun at once, the one that was called once is around the one that
        // was called often, and else the longer around the shorter.
        self.stays.sort_by(|a, b| {
            let key = |stay: &Stay| {
                let Range { start, end } = stay.time;
                (start, stay.calls > 1, u64::MAX - end, stay.thread)
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| a.function.cmp(&b.function))
        });
        let mut open = BTreeMap::<u32, Vec<u64>>::new();
        for stay in &mut self.stays {
            let around = open.entry(stay.thread).or_default();
            around.retain(|end| *end > stay.time.start);
            stay.level = around.len() as u32;
            around.push(stay.time.end);
        }
    }
}

/// What has been read of a timeline so far.
#[derive(Debug, Default)]
pub(super) struct Builder {
    timeline: Timeline,
    names: BTreeMap<u32, String>,
    /// When a thread entered a function that it has not left.
    open: BTreeMap<(u32, u32), u64>,
    now: u64,
}

impl Builder {
    /// Adds the records of a block. `None` if it ends in something that is none.
    pub(super) fn read(&mut self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader::new(payload);
        self.now = self.now.max(reader.varint()?);
        while !reader.is_empty() {
            self.record(&mut reader)?;
        }
        Some(())
    }

    fn record(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let time = self.now;
        match reader.byte()? {
            TAG_TIME => self.now = time.saturating_add(reader.varint()?),
            TAG_SAMPLE => {
                let (rss, live) = (reader.varint()?, reader.varint()?.checked_sub(1));
                self.timeline.samples.push(Sample { time, rss, live });
            }
            TAG_CHILD => {
                let (process, rss) = (reader.varint32()?, reader.varint()?);
                let live = None;
                let child = self.timeline.children.entry(process).or_default();
                child.push(Sample { time, rss, live });
            }
            TAG_MARK => self.timeline.marks.push((time, text(reader.bytes()?))),
            TAG_FUNCTION => {
                self.names.insert(reader.varint32()?, text(reader.bytes()?));
            }
            TAG_ENTER => {
                let key = (reader.varint32()?, reader.varint32()?);
                self.open.entry(key).or_insert(time);
            }
            TAG_LEAVE => {
                let key = (reader.varint32()?, reader.varint32()?);
                let calls = reader.varint()?;
                if let Some(entered) = self.open.remove(&key) {
                    self.stay(key, entered, calls);
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn stay(&mut self, (function, thread): (u32, u32), entered: u64, calls: u64) {
        let name = self.names.get(&function).cloned();
        self.timeline.stays.push(Stay {
            function: name.unwrap_or_else(|| format!("function {function}")),
            thread,
            time: entered..self.now,
            calls,
            level: 0,
        });
    }

    /// What was read. A function that nobody has left was run until the `end`.
    pub(super) fn finish(mut self, end: Option<Duration>) -> Timeline {
        let end = end.map_or(0, |end| end.as_nanos() as u64);
        self.now = self.now.max(end);
        for (key, entered) in std::mem::take(&mut self.open) {
            self.stay(key, entered, 1);
        }
        self.timeline.nest();
        self.timeline
    }
}

/// Takes the samples that are among events.
struct Samples<'a>(&'a mut Vec<Sample>);

impl Visitor for Samples<'_> {
    fn run(&mut self, _: u32, moment: Moment, events: &[Event]) {
        for event in events {
            if let Event::Sample { rss, live } = *event {
                // What no time follows happened after the time before it.
                let time = if moment.to == u64::MAX {
                    moment.from
                } else {
                    moment.to
                };
                self.0.push(Sample {
                    time,
                    rss,
                    live: Some(live),
                });
            }
        }
    }
}

impl Recording {
    /// Whether allocations were recorded, or at least looked for: a mere timeline has none.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.streams.is_empty()
    }

    /// Whether there is anything but events.
    #[must_use]
    pub fn is_timeline(&self) -> bool {
        !self.has_events() && !self.timeline.is_empty()
    }

    /// The samples that are beside the events: all of them but in recordings of before.
    pub(crate) fn noted_samples(&self) -> &[Sample] {
        &self.timeline.samples
    }

    /// The process over time.
    ///
    /// # Errors
    ///
    /// If the file can no longer be read.
    pub fn timeline(&mut self) -> Result<Timeline, Error> {
        let mut timeline = self.timeline.clone();
        if self.has_events() {
            self.replay(&mut Samples(&mut timeline.samples))?;
            // Where nothing told the resident set, there is no sample.
            timeline.samples.retain(|sample| sample.rss > 0);
            timeline.samples.sort_by_key(|sample| sample.time);
        }
        Ok(timeline)
    }
}
