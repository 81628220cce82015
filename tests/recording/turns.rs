//! Threads that act one after the other: their recording knows the order.

use std::env;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Release},
};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::read::read_complete;
use crate::common::{Child, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![takes_turns];

pub(crate) const TESTS: &[Test] = named![the_peak_of_threads_that_take_turns_is_exact];

const THREADS: usize = 4;

const TURNS: usize = 4_000;

/// What threads pass on to each other.
#[derive(Debug)]
struct Table {
    blocks: Vec<Vec<u8>>,
    random: u64,
    highest: usize,
}

impl Table {
    fn random(&mut self, below: usize) -> usize {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % below
    }

    /// Allocates, reallocates and frees, whoever allocated. More and more lives, and then less and less, with
    /// no block of a size that memline would order by itself.
    fn turn(&mut self, turn: usize) {
        for _ in 0..1 + self.random(12) {
            let few = self.blocks.len() < self.random(1 + turn.min(TURNS - turn));
            let size = 1 + self.random(12_000);
            if few && self.blocks.len() < self.blocks.capacity() {
                self.blocks.push(vec![0; size]);
            } else if !self.blocks.is_empty() {
                let index = self.random(self.blocks.len());
                if size.is_multiple_of(3) {
                    self.blocks[index].reserve_exact(size);
                } else {
                    self.blocks.swap_remove(index);
                }
            }
            let stats = memline::process_stats();
            let live = stats.bytes_allocated - stats.bytes_deallocated;
            self.highest = self.highest.max(live);
        }
    }
}

/// Prints the highest that the heap was while threads took turns: with a word that they all look at (`spin`), or
/// asleep in between (`park`).
fn takes_turns() -> Outcome {
    let parks = env::var("BY")? == "park";
    let table = Arc::new(Mutex::new(Table {
        blocks: Vec::with_capacity(TURNS),
        random: env::var("SEED")?.parse()?,
        highest: 0,
    }));
    let turn = Arc::new(AtomicUsize::new(TURNS));
    let work = |number| {
        let (table, turn) = (table.clone(), turn.clone());
        thread::spawn(move || {
            loop {
                let now = turn.load(Acquire);
                if now >= TURNS + THREADS {
                    return;
                }
                if now % THREADS == number && now < TURNS {
                    table.lock().expect("nobody panics").turn(now);
                    turn.store(now + 1, Release);
                } else if parks {
                    thread::park_timeout(Duration::from_micros(20));
                } else {
                    thread::yield_now();
                }
            }
        })
    };
    let threads: Vec<_> = (0..THREADS).map(work).collect();
    turn.store(0, Release);
    while turn.load(Acquire) < TURNS {
        thread::yield_now();
    }
    turn.store(TURNS + THREADS, Release);
    for thread in threads {
        thread.join().expect("it ends well");
    }
    println!("{}", table.lock().expect("nobody panics").highest);
    Ok(())
}

fn the_peak_of_threads_that_take_turns_is_exact() {
    let path = scratch("recording_turns").join("a.memline");
    for (by, seed) in [("spin", "1"), ("spin", "2"), ("park", "3")] {
        let ended = Child::new("takes_turns")
            .env("MEMLINE_RECORD", &path)
            .env("BY", by)
            .env("SEED", seed)
            .run();
        let highest: u64 = ended.stdout.trim().parse().expect("a number");
        let peak = read_complete(&path).aggregate.peak().bytes;
        assert_eq!(peak, highest, "{by}, {seed}: {ended:?}");
    }
}
