//! Several threads with differing work, each charged where it was written. Run it with
//!
//! ```text
//! cargo run --release --example threads
//! ```
//!
//! A line is charged with what *its own thread* allocates. The closure that a thread runs has
//! lines of its own, so the work shows there, not at the `spawn`; memory that one thread
//! allocates and another one frees shows as a plus here and as a minus there.
//! `MEMLINE_COLUMNS=default,heap_increment` adds what all threads did while a line ran.

use std::sync::mpsc;
use std::thread;

use memline::profile;

/// How many numbers each worker looks through.
const WORK: [u32; 4] = [10_000, 20_000, 40_000, 80_000];

/// All primes in `range`.
#[profile]
fn primes(range: std::ops::Range<u32>) -> Vec<u32> {
    let mut found = Vec::new();
    for candidate in range {
        if is_prime(candidate) {
            found.push(candidate);
        }
    }
    found
}

fn is_prime(n: u32) -> bool {
    n > 1
        && (2..)
            .take_while(|d| d * d <= n)
            .all(|d| !n.is_multiple_of(d))
}

/// Spawns the workers and sums what they find.
#[profile]
fn spawn_and_collect() -> usize {
    let (sender, receiver) = mpsc::channel();
    let mut workers = Vec::with_capacity(WORK.len());
    for (number, size) in WORK.into_iter().enumerate() {
        let sender = sender.clone();
        let worker = thread::spawn(move || {
            // These lines run on the worker: this is where its memory is charged.
            let start = number as u32 * 1_000_000;
            let found = primes(start..start + size);
            sender
                .send(found)
                .expect("the receiver outlives the workers");
        });
        workers.push(worker);
    }
    drop(sender);

    for worker in workers {
        worker.join().expect("a worker never panics");
    }
    let mut total = 0;
    for found in receiver {
        total += found.len();
    } // Frees what a worker allocated: negative here, positive there.
    total
}

fn main() {
    println!("{} primes", spawn_and_collect());
}
