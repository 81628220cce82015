//! A thread's blocks are read in its order, wherever they stand.
#![cfg(feature = "read")]

mod common;

use common::Log;
use profile_trace::block::{Kind, Label, Packer};
use profile_trace::events::{Encoder, Event, MAX_EVENT};
use profile_trace::pending::{SLOT, SLOT_HEADER};
use profile_trace::read::Condition;
use profile_trace::{Header, Magic, Recording};
use proptest::prelude::*;

const THREADS: u32 = 2;
const BLOCKS: u32 = 4;

/// What a thread did in a block of its own.
fn event(thread: u32, sequence: u32) -> Event {
    Event::Free {
        address: (u64::from(thread) << 32 | u64::from(sequence)) << 4,
        size: None,
    }
}

fn payload(thread: u32, sequence: u32) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut bytes = vec![0; 8 * MAX_EVENT];
    let mut length = encoder.begin(u64::from(sequence) * 1000, &mut bytes);
    for event in [event(thread, sequence), Event::Time { elapsed: 10 }] {
        length += encoder.event(&event, &mut bytes[length..]);
    }
    bytes.truncate(length);
    bytes
}

/// The labels of all blocks.
fn labels() -> Vec<(u32, u32)> {
    (1..=THREADS)
        .flat_map(|thread| (0..BLOCKS).map(move |sequence| (thread, sequence)))
        .collect()
}

/// A recording of some blocks without an end, and a side file of others.
fn killed(file: &[(u32, u32)], side: &[(u32, u32)]) -> (Vec<u8>, Vec<u8>) {
    let mut packer = Packer::new(SLOT);
    let mut bytes = Header::new(1).encode(Magic::Recording).to_vec();
    for &(stream, sequence) in file {
        let label = Label {
            kind: Kind::Events,
            stream,
            sequence,
        };
        bytes.extend_from_slice(packer.pack(label, &payload(stream, sequence)));
    }
    let mut slots = Header::new(1).encode(Magic::Pending).to_vec();
    slots.resize(SLOT, 0);
    for (number, &(stream, sequence)) in (1..).zip(side) {
        let payload = payload(stream, sequence);
        for number in [Kind::Events as u32, stream, payload.len() as u32, sequence] {
            slots.extend_from_slice(&number.to_le_bytes());
        }
        slots.resize(number * SLOT + SLOT_HEADER, 0);
        slots.extend_from_slice(&payload);
        slots.resize((number + 1) * SLOT, 0);
    }
    (bytes, slots)
}

fn read(file: &[(u32, u32)], side: &[(u32, u32)]) -> (Condition, Log) {
    let (file, side) = killed(file, side);
    let mut recording = Recording::from_bytes(file, Some(&side)).expect("it is one");
    let mut log = Log::default();
    let condition = recording.replay(&mut log).expect("it is in memory");
    (condition, log)
}

/// The events of these blocks as they are to be handed out.
fn expected(blocks: impl IntoIterator<Item = (u32, u32)>) -> Log {
    let mut blocks: Vec<_> = blocks.into_iter().collect();
    blocks.sort_unstable();
    let mut log = Log::default();
    for (thread, sequence) in blocks {
        let events = log.events.entry(thread).or_default();
        events.push(event(thread, sequence));
    }
    log
}

proptest! {
    #[test]
    fn blocks_may_stand_anywhere(
        order in Just(labels()).prop_shuffle(),
        written in 0..=(THREADS * BLOCKS) as usize,
        both in 0..3_usize,
    ) {
        // Some are still in their slots, though they are in the recording already.
        let side = &order[written.saturating_sub(both)..];
        let (condition, log) = read(&order[..written], side);
        prop_assert!(condition.is_whole() && !condition.complete, "{condition:?}");
        prop_assert_eq!(condition.recovered, (order.len() - written) as u64);
        prop_assert_eq!(log.events, expected(order).events);
    }

    #[test]
    fn a_missing_block_is_told(
        order in Just(labels()).prop_shuffle(),
        gone in 0..(THREADS * BLOCKS) as usize,
    ) {
        let lost = order[gone];
        let left: Vec<_> = order.into_iter().filter(|block| *block != lost).collect();
        let (condition, log) = read(&left, &[]);
        // After the last one of a thread nothing shows that there was more.
        let shows = lost.1 < BLOCKS - 1;
        prop_assert_eq!(condition.missing, u64::from(shows));
        prop_assert_eq!(log.events, expected(left).events);
    }
}

#[test]
fn a_block_that_stands_twice_is_damage() {
    let (condition, log) = read(&[(1, 0), (1, 1), (1, 0)], &[]);
    assert_eq!(condition.damaged, 1);
    assert_eq!(log.events, expected([(1, 0), (1, 1)]).events);
}
