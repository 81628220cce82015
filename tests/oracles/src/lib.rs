//! The workload that several tools look at.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Release},
};
use std::thread;

/// Bytes that [`work`] never frees, and in how many blocks.
pub const LEAKED: (u64, u64) = (4000, 40);

/// Allocates in every way; returns what a checker may compare.
#[inline(never)]
pub fn work() -> u64 {
    let mut sum = 0;
    let mut map = BTreeMap::new();
    for index in 0..3000u64 {
        // Grows in steps: reallocations, in place and elsewhere.
        let mut value = Vec::new();
        (0..index % 100).for_each(|byte| value.push(byte as u8));
        map.insert(format!("{:x}", index.wrapping_mul(0x9E37_79B9)), value);
    }
    let mut table: HashMap<u64, Box<[u64]>> = HashMap::new();
    for index in 0..500 {
        table.insert(index, vec![0; index as usize % 50].into());
        let mut shrunk: Vec<u64> = Vec::with_capacity(100);
        shrunk.push(index);
        shrunk.shrink_to_fit();
        sum += black_box(shrunk).len() as u64;
    }
    for _ in 0..LEAKED.1 {
        black_box(Box::leak(Box::new([1u8; 100])));
    }
    map.retain(|key, _| key.len() % 2 == 0);
    sum + map.len() as u64 + table.len() as u64
}

/// Threads that act in turns, on the same blocks: each allocates, and frees what others allocated.
/// The heap is at its highest here, to which all add; in which turn, only their order tells.
pub fn work_in_turns() -> u64 {
    const THREADS: usize = 3;
    const TURNS: usize = 2_000;
    let (turn, blocks) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(TURNS)));
    let act = &|number: usize| {
        let mut sum = 0;
        loop {
            match turn.load(Acquire) {
                TURNS => return sum,
                now if now % THREADS == number => {
                    let Ok(mut blocks) = blocks.lock() else {
                        return sum;
                    };
                    for index in 0..1 + now % 7 {
                        blocks.push(vec![1u8; 500 + (now * 7919 + index * 104_729) % 9000]);
                    }
                    sum += blocks.iter().map(Vec::len).max().unwrap_or(0) as u64;
                    let keep = (now.min(TURNS - now) / 4).max(number);
                    blocks.truncate(keep);
                    turn.store(now + 1, Release);
                }
                _ => thread::yield_now(),
            }
        }
    };
    thread::scope(|scope| {
        let others = [1, 2].map(|number| scope.spawn(move || act(number)));
        act(0)
            + others
                .map(|other| other.join().unwrap_or(0))
                .iter()
                .sum::<u64>()
    })
}

/// Allocates on another thread, before [`work`]. What threads do at the same time has no order, and no
/// tool knows the peak to which several of them add.
pub fn work_elsewhere() -> u64 {
    let texts = || {
        (0..1000u64)
            .map(|index| index.to_string())
            .collect::<Vec<_>>()
    };
    let length = thread::spawn(move || texts().concat().len()).join();
    length.unwrap_or(0) as u64
}

/// All that is done on one thread and on several.
pub fn all() -> u64 {
    work_elsewhere() + work() + work_in_turns()
}
