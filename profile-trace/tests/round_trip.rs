//! What is written is read; what is damaged is told.
#![cfg(feature = "read")]

mod common;

use common::{Log, Session, seen, session};
use profile_trace::events::Event;
use profile_trace::facts::{self, Fact};
use profile_trace::read::Error;
use profile_trace::writer::Writer;
use profile_trace::{Header, Magic, Recording};
use proptest::prelude::*;

proptest! {
    #[test]
    fn events_stacks_and_threads_come_back(session in session(400)) {
        let bytes = session.write();
        let mut recording = Recording::from_bytes(bytes, None).expect("it is a recording");
        let mut log = Log::default();
        let condition = recording.replay(&mut log).expect("it is in memory");
        prop_assert!(condition.complete && condition.is_whole(), "{condition:?}");
        prop_assert_eq!(&log.events, &session.events());
        for (number, &(parent, address)) in (1..).zip(&session.nodes) {
            let node = recording.stacks().node(number).expect("it was written");
            prop_assert_eq!((node.parent, node.address), (parent, address));
        }
        prop_assert_eq!(recording.stacks().len(), session.nodes.len());
        let names = recording.stacks().threads().iter().map(|thread| &*thread.name);
        prop_assert!(names.eq(session.names()), "{:?}", recording.stacks().threads());
    }
}

/// A whole recording of one thread and another, small enough to be cut everywhere.
fn small() -> Session {
    Session {
        nodes: vec![(0, 0x5000), (1, 0x5010), (1, 0x7FFF_0000_0000)],
        events: vec![
            (
                1,
                Event::Alloc {
                    zeroed: false,
                    address: 0x1000,
                    size: 10,
                    stack: 2,
                },
            ),
            (1, Event::Time { elapsed: 5 }),
            (
                2,
                Event::Alloc {
                    zeroed: true,
                    address: 0x2000,
                    size: 20,
                    stack: 3,
                },
            ),
            (2, Event::Time { elapsed: 7 }),
            (
                1,
                Event::Realloc {
                    old: 0x1000,
                    old_size: None,
                    address: 0x1040,
                    size: 30,
                    stack: 2,
                },
            ),
            (
                1,
                Event::Free {
                    address: 0x1040,
                    size: None,
                },
            ),
            (
                1,
                Event::Sample {
                    rss: 4096,
                    live: 20,
                },
            ),
            (
                2,
                Event::Free {
                    address: 0x2000,
                    size: None,
                },
            ),
        ],
    }
}

/// Blocks that are freed in another order than they were allocated in, so that they are stored in
/// columns.
fn scattered() -> Session {
    let address = |index: u64| 0x7000_0000_0000 + index * 7919 % 503 * 1600;
    let mut events = Vec::new();
    for round in 0..3 {
        events.extend((0..200).map(|index| Event::Alloc {
            zeroed: index % 7 == 0,
            address: address(index),
            size: index % 40 + round,
            stack: 2 + (index % 2) as u32,
        }));
        events.push(Event::Time { elapsed: 1000 });
        events.extend((0..50).map(|index| Event::Realloc {
            old: address(index),
            old_size: None,
            address: address(index + 300),
            size: 100,
            stack: 3,
        }));
        events.extend((50..200).map(|index| Event::Free {
            address: address(50 + index * 77 % 150),
            size: None,
        }));
        events.push(Event::Sample {
            rss: 1 << 20,
            live: 5000,
        });
        events.extend((300..350).map(|index| Event::Free {
            address: address(index),
            size: None,
        }));
    }
    Session {
        nodes: small().nodes,
        events: events.into_iter().map(|event| (1, event)).collect(),
    }
}

/// The same session, whose threads tell the sizes of the blocks that they end.
fn telling_sizes(mut session: Session) -> Session {
    for (index, (_, event)) in session.events.iter_mut().enumerate() {
        match event {
            Event::Free { size: told, .. } | Event::Realloc { old_size: told, .. } => {
                *told = Some(10 + 70 * (index as u64 % 3));
            }
            _ => {}
        }
    }
    session
}

/// A recording of each version of the format is kept, and read for ever.
#[test]
fn recordings_of_older_versions_are_read() {
    for (bytes, session) in [
        (&include_bytes!("recordings/1.memline")[..], small()),
        (&include_bytes!("recordings/2.memline")[..], scattered()),
        (
            &include_bytes!("recordings/3.memline")[..],
            telling_sizes(scattered()),
        ),
    ] {
        let (condition, log) = seen(bytes).expect("it is read");
        assert!(condition.complete && condition.is_whole());
        assert_eq!(log.events, session.events());
    }
}

#[test]
fn what_is_cut_short_reads_as_far_as_it_goes() {
    let bytes = telling_sizes(small()).write();
    let whole = seen(&bytes).expect("it is whole");
    assert!(whole.0.complete);
    let mut before = 0;
    for length in 0..bytes.len() {
        match seen(&bytes[..length]) {
            Ok((condition, log)) => {
                assert!(length >= Header::SIZE && !condition.complete);
                let count: usize = log.events.values().map(Vec::len).sum();
                assert!(count >= before, "more bytes, fewer events");
                before = count;
                for (thread, events) in &log.events {
                    assert!(whole.1.events[thread].starts_with(events));
                }
            }
            Err(error) => {
                assert!(length < Header::SIZE, "{error}");
                let expected = if length == 0 { "empty" } else { "no recording" };
                assert!(error.to_string().contains(expected), "{error}");
            }
        }
    }
    assert_eq!(before, whole.1.events.values().map(Vec::len).sum::<usize>());
}

/// A generator of bytes that needs no crate: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn ten_thousand_corruptions_are_told_and_survived() {
    corrupt(&telling_sizes(small()), 10_000);
    corrupt(&telling_sizes(scattered()), 1000);
}

fn corrupt(session: &Session, rounds: u32) {
    let bytes = session.write();
    let whole = seen(&bytes).expect("it is whole");
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for round in 0..rounds {
        let mut damaged = bytes.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(damaged.len());
            match random.below(4) {
                0 => damaged[at] ^= 1 << random.below(8),
                1 => damaged[at] = random.below(256) as u8,
                2 => drop(
                    damaged.drain(
                        at..(at + random.below(40))
                            .min(bytes.len())
                            .min(damaged.len())
                            .max(at),
                    ),
                ),
                _ => {
                    let noise: Vec<u8> = (0..random.below(40))
                        .map(|_| random.below(256) as u8)
                        .collect();
                    damaged.splice(at..at, noise);
                }
            }
            if damaged.is_empty() {
                break;
            }
        }
        let Ok((condition, log)) = seen(&damaged) else {
            continue; // the header is damaged
        };
        let header = Header::decode(&damaged, Magic::Recording).expect("it was read");
        let unharmed = damaged[Header::SIZE..] == bytes[Header::SIZE..];
        let told = !condition.is_whole() || !condition.complete;
        assert!(
            unharmed || told,
            "round {round}: {condition:?} of {header:?}"
        );
        // Nothing is made up: what a thread is said to have done, it did.
        for (thread, events) in &log.events {
            let all = whole
                .1
                .events
                .get(thread)
                .expect("it is one of the threads");
            assert!(
                events.iter().all(|event| all.contains(event)),
                "round {round}"
            );
        }
    }
}

/// Blocks whose checksums are right and whose contents are anything.
#[test]
fn any_payload_is_read_or_refused() {
    use profile_trace::block::{Kind, Label, Packer};

    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut packer = Packer::new(256);
    for _ in 0..10_000 {
        let mut bytes = Header::new(1).encode(Magic::Recording).to_vec();
        for sequence in 0..4 {
            let kinds = [
                Kind::Start,
                Kind::Tables,
                Kind::Events,
                Kind::End,
                Kind::Names,
            ];
            let label = Label {
                kind: kinds[random.below(kinds.len())],
                stream: random.below(3) as u32,
                sequence: if random.below(4) == 0 {
                    u32::MAX
                } else {
                    sequence
                },
            };
            let payload: Vec<u8> = (0..random.below(200))
                .map(|_| [random.below(8), random.below(256)][random.below(2)] as u8)
                .collect();
            bytes.extend_from_slice(packer.pack(label, &payload));
        }
        let (_, log) = seen(&bytes).expect("the header is right");
        assert!(log.events.values().map(Vec::len).sum::<usize>() <= 800);
    }
}

#[test]
fn what_is_no_recording_is_said_in_one_line() {
    let check = |bytes: &[u8], expected: &str| {
        let error = Recording::from_bytes(bytes.to_vec(), None).expect_err("it is none");
        assert_eq!(error.to_string(), expected);
    };
    check(
        b"",
        "the recording is empty: a recording begins with a header",
    );
    check(
        b"PK\x03\x04 and so on",
        "the recording is no recording of memline: its first bytes are others",
    );
    let newer = Header {
        version: profile_trace::VERSION + 1,
        session: 1,
    };
    check(
        &newer.encode(Magic::Recording),
        "the recording is a recording of format 4, and this memline reads up to 3: a newer one is needed",
    );
    let device = Recording::open("/dev/null".as_ref()).expect_err("it is a device");
    assert!(matches!(device, Error::Unreadable { .. }), "{device}");
    let missing = Recording::open("no/such/file".as_ref()).expect_err("there is none");
    assert!(missing.to_string().contains("no/such/file"), "{missing}");
}

/// One thread sees another's events where the times say.
#[test]
fn threads_are_in_the_order_of_time() {
    let bytes = small().write();
    let mut recording = Recording::from_bytes(bytes, None).expect("it is a recording");
    let mut log = Log::default();
    let meter = recording.meter();
    let (none, whole) = meter.read();
    assert!(none == 0 && whole > 0);
    recording.replay(&mut log).expect("it is in memory");
    assert_eq!(meter.read(), (whole, whole));
    let order: Vec<u32> = log.order.iter().map(|(thread, _)| *thread).collect();
    assert_eq!(order, [1, 2, 1, 1, 1, 2]);
    let ends: Vec<u64> = log.order.iter().map(|(_, moment)| moment.to).collect();
    assert_eq!(ends[..2], [5, 7]);
}

/// With the fact that threads tell when they take turns, what began first comes first, however late
/// its thread says that it is over.
#[test]
fn threads_that_tell_their_turns_are_in_the_order_in_which_they_begin() {
    let mut turns = Vec::new();
    facts::text(Fact::Turns, &[], &mut turns);
    let order = |facts: &[u8]| {
        let mut writer = Writer::new(Vec::new(), 1, facts).expect("memory takes it");
        let mut write = |thread, event| writer.event(thread, &event).expect("memory takes it");
        let free = Event::Free {
            address: 16,
            size: None,
        };
        for (thread, before, after) in [(1, 1, Some(9)), (2, 2, Some(1)), (3, 5, None)] {
            write(thread, Event::Time { elapsed: before });
            write(thread, free);
            if let Some(elapsed) = after {
                write(thread, Event::Time { elapsed });
            }
        }
        write(2, Event::Time { elapsed: 1 });
        write(2, free);
        let bytes = writer.finish(&[]).expect("memory takes it");
        let (_, log) = seen(&bytes).expect("it is a recording");
        log.order
            .into_iter()
            .map(|(thread, _)| thread)
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&turns), [1, 2, 2, 3]);
    assert_eq!(order(&[]), [2, 1, 2, 3]);
}
