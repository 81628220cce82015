//! What a recording says is what happened: compared with a model that keeps everything.
#![cfg(feature = "read")]

mod common;

use std::collections::BTreeMap;

use common::Session;
use profile_trace::Recording;
use profile_trace::events::Event;
use profile_trace::view::{Aggregate, Amount, Life, Options, View};
use proptest::collection::vec;
use proptest::prelude::*;

const THREADS: u32 = 3;
const STACKS: u32 = 5;
const ADDRESSES: u64 = 12;

/// A step: which thread, which address, which stack, how large.
type Step = (u32, u64, u32, u64);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((1..=THREADS, 0..ADDRESSES, 1..=STACKS, 1..1000u64), 1..300)
}

/// Everything that the steps come to.
#[derive(Debug, Default)]
struct Model {
    /// Thread, stack, size and number by address.
    live: BTreeMap<u64, (u32, u32, u64, u64)>,
    orders: BTreeMap<u32, u64>,
    total: BTreeMap<(u32, u32), Amount>,
    temporary: BTreeMap<(u32, u32), Amount>,
    peak: u64,
    at_peak: BTreeMap<(u32, u32), Amount>,
}

impl Model {
    fn alloc(&mut self, thread: u32, address: u64, stack: u32, size: u64) {
        let order = self.orders.entry(thread).or_default();
        *order += 1;
        self.live.insert(address, (thread, stack, size, *order));
        add(&mut self.total, thread, stack, size);
    }

    fn free(&mut self, address: u64) {
        let (thread, stack, size, order) = self.live.remove(&address).expect("it lives");
        if self.orders[&thread] == order {
            add(&mut self.temporary, thread, stack, size);
        }
    }

    fn leaks(&self) -> BTreeMap<(u32, u32), Amount> {
        let mut leaks = BTreeMap::new();
        for &(thread, stack, size, _) in self.live.values() {
            add(&mut leaks, thread, stack, size);
        }
        leaks
    }

    fn settle(&mut self) {
        let live = self.live.values().map(|(_, _, size, _)| size).sum();
        if live > self.peak {
            self.peak = live;
            self.at_peak = self.leaks();
        }
    }
}

fn add(to: &mut BTreeMap<(u32, u32), Amount>, thread: u32, stack: u32, size: u64) {
    let amount = to.entry((thread, stack)).or_default();
    amount.blocks += 1;
    amount.bytes += size;
}

/// What the steps are recorded as. A free address is allocated; one that is taken is freed or
/// reallocated, by whatever thread. `timed` reads the clock around each event.
fn record(steps: &[Step], timed: bool) -> (Session, Model) {
    let mut session = Session {
        nodes: (0..STACKS)
            .map(|index| (0, 0x5000 + u64::from(index)))
            .collect(),
        events: Vec::new(),
    };
    let mut model = Model::default();
    let mut clocks = BTreeMap::<u32, u64>::new();
    for (now, &(thread, index, stack, size)) in (1..).map(|now| 10 * now).zip(steps) {
        let mut tell_time = |session: &mut Session, now: u64| {
            if timed {
                let clock = clocks.entry(thread).or_default();
                let elapsed = now - *clock;
                *clock = now;
                session.events.push((thread, Event::Time { elapsed }));
            }
        };
        tell_time(&mut session, now);
        let address = 0x1000 + 16 * index;
        let told = |model: &Model| {
            let told = model.live.get(&address).map(|(_, _, size, _)| *size);
            told.filter(|_| size % 2 == 1)
        };
        let event = if !model.live.contains_key(&address) {
            model.alloc(thread, address, stack, size);
            Event::Alloc {
                zeroed: size % 2 == 0,
                address,
                size,
                stack,
            }
        } else if size % 3 == 0 {
            let free = (0..ADDRESSES).map(|index| 0x1000 + 16 * index);
            let new = free.rev().find(|address| !model.live.contains_key(address));
            let new = new.unwrap_or(address);
            let old_size = told(&model);
            model.free(address);
            model.alloc(thread, new, stack, size);
            Event::Realloc {
                old: address,
                old_size,
                address: new,
                size,
                stack,
            }
        } else {
            let told = told(&model);
            model.free(address);
            Event::Free {
                address,
                size: told,
            }
        };
        session.events.push((thread, event));
        model.settle();
        tell_time(&mut session, now + 5);
    }
    (session, model)
}

fn rows(aggregate: &Aggregate, view: View) -> BTreeMap<(u32, u32), Amount> {
    let rows = aggregate.rows(view);
    rows.map(|row| ((row.thread, row.stack), row.amount))
        .collect()
}

fn aggregate(session: &Session) -> Aggregate {
    let mut recording = Recording::from_bytes(session.write(), None).expect("it is a recording");
    let options = Options {
        lives: true,
        ahead: true,
        ..Options::default()
    };
    let (aggregate, condition) = Aggregate::of(&mut recording, options).expect("it is in memory");
    assert!(condition.complete && condition.is_whole(), "{condition:?}");
    aggregate
}

/// Of several times as many events as are handed over at once.
#[test]
fn a_recording_that_is_read_ahead_is_whole() {
    let number = |step: u64| step.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let step = |number: u64| {
        let thread = 1 + (number % u64::from(THREADS)) as u32;
        let stack = 1 + (number / 7 % u64::from(STACKS)) as u32;
        (
            thread,
            number / 64 % ADDRESSES,
            stack,
            1 + number / 512 % 999,
        )
    };
    let steps: Vec<Step> = (0..100_000).map(number).map(step).collect();
    let (session, model) = record(&steps, true);
    let ahead = aggregate(&session);
    let mut recording = Recording::from_bytes(session.write(), None).expect("it is a recording");
    let (plain, _) = Aggregate::of(&mut recording, Options::default()).expect("it is in memory");
    assert_eq!(rows(&ahead, View::Total), model.total);
    for view in [View::Peak, View::Leaks, View::Temporary, View::Total] {
        assert_eq!(rows(&ahead, view), rows(&plain, view), "{view:?}");
    }
}

proptest! {
    #[test]
    fn every_view_is_that_of_the_model(steps in steps()) {
        let (session, model) = record(&steps, true);
        let aggregate = aggregate(&session);
        prop_assert_eq!(rows(&aggregate, View::Total), model.total.clone());
        prop_assert_eq!(rows(&aggregate, View::Leaks), model.leaks());
        prop_assert_eq!(rows(&aggregate, View::Temporary), model.temporary);
        prop_assert_eq!(rows(&aggregate, View::Peak), model.at_peak);
        prop_assert_eq!(aggregate.peak().bytes, model.peak);
        prop_assert_eq!(aggregate.sum(View::Peak), aggregate.peak());
        prop_assert_eq!(aggregate.unknown_frees(), 0);
        let totals = aggregate.totals();
        let allocations = totals.allocs + totals.zeroed + totals.reallocs;
        let blocks: u64 = model.total.values().map(|amount| amount.blocks).sum();
        prop_assert_eq!(allocations, blocks);
        let live: u64 = model.live.values().map(|(_, _, size, _)| size).sum();
        prop_assert_eq!(totals.allocated - totals.freed, live);
        let (division, lives) = aggregate.lives();
        let sums = |of: &dyn Fn(&Life) -> bool| {
            let mut sums = BTreeMap::<(u32, u32), Amount>::new();
            for life in lives.iter().filter(|life| of(life)) {
                let sum = sums.entry((life.thread, life.stack)).or_default();
                sum.blocks += life.amount.blocks;
                sum.bytes += life.amount.bytes;
            }
            sums
        };
        let in_order = |life: &Life| life.ended.is_none_or(|ended| life.born <= ended);
        prop_assert!(lives.iter().all(in_order));
        prop_assert!(lives.iter().all(|life| life.born < division.count));
        prop_assert_eq!(sums(&|_| true), model.total.clone());
        prop_assert_eq!(sums(&|life| life.ended.is_none()), rows(&aggregate, View::Leaks));
        prop_assert_eq!(sums(&|life| life.temporary), rows(&aggregate, View::Temporary));
        let highest = aggregate.series().points().map(|point| point.live).max();
        prop_assert_eq!(highest, Some(model.peak));
    }

    /// Without a single time, in whatever order the threads come: what lives at the end is right,
    /// where what one thread allocates others free.
    #[test]
    fn leaks_are_right_in_any_order_of_threads(steps in steps()) {
        let by_address = |(_, index, stack, _): Step| (1 + index as u32 % THREADS, index, stack, 1);
        let allocators: Vec<Step> = steps.iter().copied().map(by_address).collect();
        let (mut session, model) = record(&allocators, false);
        for ((thread, event), step) in session.events.iter_mut().zip(&steps) {
            if matches!(event, Event::Free { .. }) {
                *thread = step.0;
            }
        }
        let aggregate = aggregate(&session);
        prop_assert_eq!(rows(&aggregate, View::Total), model.total.clone());
        prop_assert_eq!(aggregate.sum(View::Leaks).blocks, model.live.len() as u64);
    }
}

#[test]
fn a_span_of_time_leaves_out_what_is_before_and_after() {
    let alloc = |address, stack| Event::Alloc {
        zeroed: false,
        address,
        size: 100 * u64::from(stack),
        stack,
    };
    let time = Event::Time { elapsed: 10 };
    let events = [
        alloc(0x10, 1),
        time,
        alloc(0x20, 2),
        Event::Free {
            address: 0x10,
            size: None,
        },
        time,
        Event::Free {
            address: 0x20,
            size: None,
        },
        alloc(0x30, 3),
        time,
    ];
    let session = Session {
        nodes: (1..=3).map(|address| (0, address)).collect(),
        events: events.map(|event| (1, event)).to_vec(),
    };
    let leaks = |from, to| {
        let mut recording =
            Recording::from_bytes(session.write(), None).expect("it is a recording");
        let options = Options {
            from,
            to,
            ..Options::default()
        };
        let (aggregate, _) = Aggregate::of(&mut recording, options).expect("it is in memory");
        let rows = rows(&aggregate, View::Leaks);
        let stacks: Vec<u32> = rows.keys().map(|(_, stack)| *stack).collect();
        (stacks, aggregate.peak().bytes)
    };
    assert_eq!(leaks(0, u64::MAX), (vec![3], 300));
    assert_eq!(leaks(0, 9), (vec![1], 100));
    assert_eq!(leaks(11, 19), (vec![2], 200));
    assert_eq!(leaks(11, u64::MAX), (vec![3], 300));
    assert_eq!(leaks(31, u64::MAX), (vec![], 0));
}

/// Thread 1 reallocates a block, and tells of it only after thread 2 had one of its own in its place.
#[test]
fn a_reallocation_may_be_told_late() {
    let alloc = |address, size| Event::Alloc {
        zeroed: false,
        address,
        size,
        stack: 1,
    };
    let time = |elapsed| Event::Time { elapsed };
    let free = Event::Free {
        address: 0x10,
        size: None,
    };
    let moved = Event::Realloc {
        old: 0x10,
        old_size: None,
        address: 0x80,
        size: 500,
        stack: 1,
    };
    let session = Session {
        nodes: vec![(0, 0x5000)],
        events: vec![
            (1, alloc(0x10, 300)),
            (1, time(10)),
            (1, time(4990)),
            (1, moved),
            (1, time(10)),
            (2, time(200)),
            (2, alloc(0x10, 40)),
            (2, time(100)),
            (2, free),
            (2, time(100)),
        ],
    };
    let aggregate = aggregate(&session);
    let [first, second] = [1, 2].map(|thread| aggregate.totals_of(thread));
    assert_eq!((first.allocated, first.freed), (500, 0));
    assert_eq!((second.allocated, second.freed), (40, 40));
    assert_eq!(aggregate.sum(View::Leaks).bytes, 500);
    assert_eq!(aggregate.unknown_frees(), 0);
}

/// What was alive at the end of a span, told by when blocks began and ended, is what would have
/// leaked if the recording had ended there.
#[test]
fn lives_tell_what_is_alive_at_the_end_of_each_span() {
    let mut events = Vec::new();
    for index in 0..200u64 {
        events.push((
            1,
            Event::Alloc {
                zeroed: false,
                address: 16 * index,
                size: 100 + index,
                stack: 1,
            },
        ));
        if index % 3 > 0 {
            let address = 16 * (index / 3);
            let free = Event::Free {
                address,
                size: None,
            };
            if events.iter().all(|(_, event)| *event != free) {
                events.push((1, free));
            }
        }
        events.push((1, Event::Time { elapsed: 1000 }));
    }
    let session = Session {
        nodes: vec![(0, 0x5000)],
        events,
    };
    let (division, lives) = aggregate(&session).lives();
    assert_eq!(u64::from(division.count) * division.width, 128 * 1563);
    for span in 0..division.count {
        let alive = |life: &&Life| life.born <= span && life.ended.is_none_or(|e| e > span);
        let alive = lives.iter().filter(alive).map(|life| life.amount.bytes);
        let options = Options {
            to: division.start + (u64::from(span) + 1) * division.width - 1,
            ..Options::default()
        };
        let bytes = session.write();
        let mut recording = Recording::from_bytes(bytes, None).expect("it is a recording");
        let (until, _) = Aggregate::of(&mut recording, options).expect("it is in memory");
        // An event belongs to the time that follows it, so that one may have begun before.
        let until = until.sum(View::Leaks).bytes;
        let alive = alive.sum::<u64>();
        assert!(alive.abs_diff(until) <= 400, "{span}: {alive} {until}");
    }
}
