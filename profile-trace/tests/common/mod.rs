//! Recordings made in memory, and what is read from them.

#![allow(dead_code)] // no test file uses all of it

use std::collections::BTreeMap;

use profile_trace::Recording;
use profile_trace::events::Event;
use profile_trace::read::{Condition, Error, Moment, Visitor};
use profile_trace::writer::Writer;
use proptest::collection::vec;
use proptest::prelude::*;

/// What is recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// The parents and addresses of calls; the first has the number 1.
    pub(crate) nodes: Vec<(u32, u64)>,
    /// What happened, with the number of the thread.
    pub(crate) events: Vec<(u32, Event)>,
}

impl Session {
    /// The bytes of its recording.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), 1, &[]).expect("memory takes it");
        for &(parent, address) in &self.nodes {
            writer.node(parent, address).expect("memory takes it");
        }
        for (thread, name) in self.threads().zip(self.names()) {
            writer.thread(thread, 0, &name).expect("memory takes it");
        }
        for (thread, event) in &self.events {
            writer.event(*thread, event).expect("memory takes it");
        }
        writer.finish(&[]).expect("memory takes it")
    }

    /// The events of each thread, as they are handed out.
    pub(crate) fn events(&self) -> BTreeMap<u32, Vec<Event>> {
        let mut events = BTreeMap::<u32, Vec<Event>>::new();
        for (thread, event) in &self.events {
            if !matches!(event, Event::Time { .. }) {
                events.entry(*thread).or_default().push(*event);
            }
        }
        events
    }

    fn threads(&self) -> impl Iterator<Item = u32> {
        let mut threads: Vec<u32> = self.events.iter().map(|(thread, _)| *thread).collect();
        threads.sort_unstable();
        threads.dedup();
        threads.into_iter()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.threads().map(|thread| format!("thread {thread}"))
    }
}

/// What is read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Log {
    pub(crate) events: BTreeMap<u32, Vec<Event>>,
    /// Thread and moment of each event, as they were handed out.
    pub(crate) order: Vec<(u32, Moment)>,
}

impl Visitor for Log {
    fn run(&mut self, thread: u32, moment: Moment, events: &[Event]) {
        assert!(moment.from <= moment.to);
        let seen = self.events.entry(thread).or_default();
        seen.extend_from_slice(events);
        let order = events.iter().map(|_| (thread, moment));
        self.order.extend(order);
    }
}

/// Reads all of a recording.
pub(crate) fn seen(bytes: &[u8]) -> Result<(Condition, Log), Error> {
    let mut recording = Recording::from_bytes(bytes.to_vec(), None)?;
    let mut log = Log::default();
    let condition = recording.replay(&mut log)?;
    for stack in 0..5 {
        assert!(recording.stacks().calls(stack).count() <= recording.stacks().len());
    }
    Ok((condition, log))
}

/// Any session of up to so many events.
pub(crate) fn session(events: usize) -> impl Strategy<Value = Session> {
    vec((any::<prop::sample::Index>(), address()), 1..20).prop_flat_map(move |nodes| {
        let nodes: Vec<(u32, u64)> = (0..)
            .zip(nodes)
            .map(|(number, (parent, address))| (parent.index(number + 1) as u32, address))
            .collect();
        let event = event(nodes.len() as u32);
        vec((1..4u32, event), 0..events).prop_map(move |events| Session {
            nodes: nodes.clone(),
            events,
        })
    })
}

fn address() -> impl Strategy<Value = u64> {
    prop_oneof![
        (0..64u64).prop_map(|line| 0x5555_0000_0000 + line * 16),
        0..0x8000_0000_0000u64,
        any::<u64>(),
    ]
}

fn event(nodes: u32) -> impl Strategy<Value = Event> {
    let size = || prop_oneof![Just(64), 0..100u64, any::<u64>()];
    let told = move || proptest::option::of(size());
    let stack = || 0..=nodes;
    prop_oneof![
        (any::<bool>(), address(), size(), stack()).prop_map(|(zeroed, address, size, stack)| {
            Event::Alloc {
                zeroed,
                address,
                size,
                stack,
            }
        }),
        (address(), told(), address(), size(), stack()).prop_map(
            |(old, old_size, address, size, stack)| Event::Realloc {
                old,
                old_size,
                address,
                size,
                stack,
            }
        ),
        (address(), told()).prop_map(|(address, size)| Event::Free { address, size }),
        any::<u64>().prop_map(|elapsed| Event::Time { elapsed }),
        (any::<u64>(), any::<u64>()).prop_map(|(rss, live)| Event::Sample { rss, live }),
    ]
}
