//! What tracing costs, beside the same code without memline:
//!
//! ```text
//! cargo bench --bench trace
//! cargo bench --bench trace -- snapshots    # these alone
//! RUSTFLAGS=-Cforce-frame-pointers=yes cargo bench --bench trace
//! ```
//!
//! The first two walk stacks by unwind tables, the last by frame pointers.

#[allow(dead_code, unused_macros, reason = "what only the other benches use")]
mod common;

use std::alloc::{GlobalAlloc, System};
use std::env;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use common::{pairs, timing};
use memline::Key;
use memline::trace::{self, Snapshot};

/// How often everything is measured in turn; the median is printed.
const ROUNDS: usize = 7;

/// Blocks that live while snapshots are taken.
const BLOCKS: usize = 1_000_000;

static MEMLINE: memline::Allocator = memline::Allocator::system();

/// Nanoseconds of one pair: without memline, counted, and traced.
struct Sample {
    plain: f64,
    counted: f64,
    traced: f64,
}

/// Measures with so many frames, under a stack that has more.
fn one_thread(frames: u32) -> Sample {
    let depth = 40;
    let plain = timing::per_operation(|n| pairs::deep(&System, depth, n));
    let counted = timing::per_operation(|n| pairs::deep(&MEMLINE, depth, n));
    trace::start(frames).expect("it can be traced");
    let traced = timing::per_operation(|n| pairs::deep(&MEMLINE, depth, n));
    trace::stop().expect("it was started");
    Sample {
        plain,
        counted,
        traced,
    }
}

/// Nanoseconds of one pair on each of so many threads at once.
fn at_once(frames: u32, threads: usize) -> Sample {
    let plain = own_time_per_pair(&System, threads);
    let counted = own_time_per_pair(&MEMLINE, threads);
    trace::start(frames).expect("it can be traced");
    let traced = own_time_per_pair(&MEMLINE, threads);
    trace::stop().expect("it was started");
    Sample {
        plain,
        counted,
        traced,
    }
}

/// The time that a thread computes for one pair, so that what else runs on the machine counts for
/// little: of each thread the best sample, and of the threads the mean.
fn own_time_per_pair(allocator: &(impl GlobalAlloc + Sync), threads: usize) -> f64 {
    const PAIRS: u64 = 100_000;
    let barrier = Barrier::new(threads);
    let worker = || {
        pairs::run(allocator, 1_000);
        barrier.wait();
        let samples = (0..15).map(|_| {
            let start = own_time();
            pairs::run(allocator, PAIRS);
            own_time() - start
        });
        let best = samples.min().unwrap_or_default();
        barrier.wait();
        best.as_nanos() as f64 / PAIRS as f64
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let times = workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"));
        times.sum::<f64>() / threads as f64
    })
}

/// How long this thread has computed.
fn own_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a place for the time.
    #[expect(unsafe_code)]
    unsafe {
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
    }
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

type Measure = fn() -> Sample;

const MEASURES: [(&str, Measure); 6] = [
    ("allocate and free 64 B, 1 frame", || one_thread(1)),
    ("… 25 frames", || one_thread(25)),
    ("… few calls deep, 1 frame, one thread", || at_once(1, 1)),
    ("… on each of two threads at once", || at_once(1, 2)),
    ("… few calls deep, 25 frames, one thread", || {
        at_once(25, 1)
    }),
    ("… on each of two threads at once", || at_once(25, 2)),
];

fn main() {
    // `cargo test --benches` runs this too, without cargo's `--bench`; it is no test.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    if !env::args().any(|argument| argument == "snapshots") {
        costs();
    }
    snapshots();
}

/// What an allocation and its free cost.
fn costs() {
    let mut samples = [const { Vec::new() }; MEASURES.len()];
    for _ in 0..ROUNDS {
        for (samples, (_, measure)) in samples.iter_mut().zip(MEASURES) {
            samples.push(measure());
        }
    }
    println!(
        "{:<42} {:>8} {:>8} {:>8} {:>8}",
        "ns", "plain", "counted", "traced", "adds"
    );
    for (samples, (name, _)) in samples.iter().zip(MEASURES) {
        let plain = median(samples.iter().map(|sample| sample.plain));
        let counted = median(samples.iter().map(|sample| sample.counted));
        let traced = median(samples.iter().map(|sample| sample.traced));
        let adds = median(samples.iter().map(|sample| sample.traced - sample.counted));
        println!("{name:<42} {plain:>8.2} {counted:>8.2} {traced:>8.2} {adds:>8.2}");
    }
}

/// Allocates a block at the end of a path of calls that the bits of a number choose.
#[inline(never)]
fn on_path(path: usize, calls: u32, value: usize) -> Box<[usize; 4]> {
    let Some(calls) = calls.checked_sub(1) else {
        return Box::new([value; 4]);
    };
    // Two places, which the compiler must not take for one.
    if path >> calls & 1 == 0 {
        black_box(on_path(path, calls, black_box(value)))
    } else {
        on_path(black_box(path), calls, value)
    }
}

/// Memory of the table, and how long snapshots of it take and keep others waiting.
fn snapshots() {
    trace::start(20).expect("it can be traced");
    let before = trace::overhead();
    let mut kept = Vec::with_capacity(BLOCKS);
    // In ten thousand stacks, as a large program has them.
    for index in 0..BLOCKS {
        kept.push(on_path(index % 10_000, 14, index));
    }
    let bytes = trace::overhead() - before;
    println!(
        "{:.1} bytes of memory per live block",
        bytes as f64 / BLOCKS as f64
    );
    println!("times in ms, of {BLOCKS} live blocks:");
    let first = Snapshot::take().expect("it is traced");
    report("statistics by line, with the symbols to be read", || {
        drop(first.statistics(Key::Line, false))
    });
    for _ in 0..3 {
        let mut taken = None;
        report("a snapshot", || taken = Snapshot::take().ok());
        let snapshot = taken.expect("it is traced");
        report("statistics by line", || {
            drop(snapshot.statistics(Key::Line, false))
        });
        report("statistics by type", || {
            drop(snapshot.statistics(Key::Type, false))
        });
        report("a comparison by stack", || {
            drop(snapshot.compare_to(&first, Key::Stack))
        });
    }
    println!(
        "{:<52} {:>8} {:>8}",
        "a thread's longest wait within 100 ms", "median", "most"
    );
    for (name, with_snapshots) in [
        ("… without a snapshot", false),
        ("… while they are taken", true),
    ] {
        let waits = longest_waits(with_snapshots);
        let most = waits.iter().copied().fold(0.0, f64::max);
        println!("{name:<52} {:>8.3} {most:>8.3}", median(waits.into_iter()));
    }
    drop(kept);
}

/// The longest time that a hundred pairs took, in milliseconds, in each of many spans of 100 ms. On a machine
/// that others use, too, those without snapshots tell how much of it is theirs.
fn longest_waits(with_snapshots: bool) -> Vec<f64> {
    const SPANS: usize = 30;
    const SPAN: Duration = Duration::from_millis(100);
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let mut waits = Vec::with_capacity(SPANS);
            while waits.len() < SPANS {
                let end = Instant::now() + SPAN;
                let mut longest = Duration::ZERO;
                while Instant::now() < end {
                    let start = Instant::now();
                    pairs::run(&MEMLINE, 100);
                    longest = longest.max(start.elapsed());
                }
                waits.push(longest.as_secs_f64() * 1e3);
            }
            waits
        });
        while !worker.is_finished() {
            if with_snapshots {
                drop(Snapshot::take());
            } else {
                thread::sleep(Duration::from_millis(1));
            }
        }
        worker.join().expect("no panic")
    })
}

fn report(name: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!("{name:<52} {:>8.1}", start.elapsed().as_secs_f64() * 1e3);
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
