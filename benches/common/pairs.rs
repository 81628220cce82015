//! Pairs of one allocation and one free.

#![expect(
    unsafe_code,
    reason = "an allocator is called directly, without a collection around it"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Size of a block, in bytes.
const BLOCK: usize = 64;

/// Pairs per thread and sample on several threads: long enough that the start of the threads
/// does not count.
const PAIRS: u64 = 1_000_000;

/// How many samples are taken on several threads, of which the best one counts.
const SAMPLES: usize = 5;

/// Allocates and frees `count` blocks of 64 bytes, one after the other.
pub(crate) fn run(allocator: &impl GlobalAlloc, count: u64) {
    let layout = Layout::new::<[u8; BLOCK]>();
    for _ in 0..count {
        // SAFETY: the layout's size is not zero; the block is freed once, with its layout.
        unsafe {
            let block = black_box(allocator.alloc(layout));
            assert!(!block.is_null(), "out of memory");
            allocator.dealloc(block, layout);
        }
    }
}

/// Nanoseconds per pair while `threads` threads run them at once: time from the first start to
/// the last end, over the pairs of all threads.
pub(crate) fn at_once(allocator: &(impl GlobalAlloc + Sync), threads: u32) -> f64 {
    let best = (0..SAMPLES).map(|_| sample(allocator, threads)).min();
    let pairs = PAIRS * u64::from(threads);
    best.unwrap_or_default().as_nanos() as f64 / pairs as f64
}

fn sample(allocator: &(impl GlobalAlloc + Sync), threads: u32) -> Duration {
    let barrier = Barrier::new(threads as usize);
    let spans = thread::scope(|scope| {
        let worker = || {
            run(allocator, 1_000);
            barrier.wait();
            let start = Instant::now();
            run(allocator, PAIRS);
            (start, Instant::now())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| worker.join().expect("no panic");
        workers.into_iter().map(join).collect::<Vec<_>>()
    });
    let start = spans.iter().map(|&(start, _)| start).min();
    let end = spans.iter().map(|&(_, end)| end).max();
    end.zip(start)
        .map_or(Duration::ZERO, |(end, start)| end - start)
}

/// Runs pairs of an allocation and a free under `depth` more calls.
#[allow(dead_code, reason = "only where stacks are walked")]
#[inline(never)]
pub(crate) fn deep(allocator: &impl GlobalAlloc, depth: u32, count: u64) {
    if depth == 0 {
        run(allocator, count);
    } else {
        deep(allocator, black_box(depth - 1), count);
    }
    black_box(()); // no tail call
}
