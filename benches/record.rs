//! What recording costs, beside the same code without memline:
//!
//! ```text
//! cargo bench --bench record
//! RUSTFLAGS=-Cforce-frame-pointers=yes cargo bench --bench record
//! ```
//!
//! The first walks stacks by unwind tables, the second by frame pointers.

#[allow(dead_code, unused_macros, reason = "what only the other benches use")]
mod common;

use std::alloc::System;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::{env, fs};

use common::{pairs, timing};
use memline::Recorder;
use profile_trace::Recording;
use profile_trace::view::{Aggregate, Options, View};

/// How often everything is measured in turn; the median is printed.
const ROUNDS: usize = 7;

static MEMLINE: memline::Allocator = memline::Allocator::system();

/// Nanoseconds of one pair: without memline, counted, and recorded.
struct Sample {
    plain: f64,
    counted: f64,
    recorded: f64,
}

/// Measures under stacks of `calls` calls in all, as they are recorded.
fn one_thread(calls: u32) -> Sample {
    static ALREADY: OnceLock<u32> = OnceLock::new();
    let depth = calls.saturating_sub(*ALREADY.get_or_init(|| calls_of(0)));
    let measure = |allocator: &dyn Fn(u64)| timing::per_operation(allocator);
    let plain = measure(&|n| pairs::deep(&System, depth, n));
    let counted = measure(&|n| pairs::deep(&MEMLINE, depth, n));
    let recorder = start();
    let recorded = measure(&|n| pairs::deep(&MEMLINE, depth, n));
    drop(recorder);
    Sample {
        plain,
        counted,
        recorded,
    }
}

/// How many calls are recorded of pairs under `depth` more.
fn calls_of(depth: u32) -> u32 {
    let recorder = start();
    pairs::deep(&MEMLINE, depth, 10_000);
    drop(recorder);
    let read = Recording::open(&path()).and_then(|mut recording| {
        let (aggregate, _) = Aggregate::of(&mut recording, Options::default())?;
        let rows = aggregate.rows(View::Total);
        let most = rows.max_by_key(|row| row.amount.blocks);
        Ok(most.map_or(0, |row| recording.stacks().calls(row.stack).count()))
    });
    read.map_or(0, |calls| calls as u32)
}

fn two_threads() -> Sample {
    let plain = pairs::at_once(&System, 2);
    let counted = pairs::at_once(&MEMLINE, 2);
    let recorder = start();
    let recorded = pairs::at_once(&MEMLINE, 2);
    drop(recorder);
    Sample {
        plain,
        counted,
        recorded,
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench.memline")
}

fn start() -> Recorder {
    Recorder::start(path()).expect("the target folder can be written")
}

type Measure = fn() -> Sample;

const MEASURES: [(&str, Measure); 4] = [
    ("allocate and free 64 B, 10 calls deep", || one_thread(10)),
    ("… 20 calls deep", || one_thread(20)),
    ("… 30 calls deep", || one_thread(30)),
    ("… few calls deep, on two threads at once", two_threads),
];

fn main() {
    // `cargo test --benches` runs this too, without cargo's `--bench`; it is no test.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut samples = [const { Vec::new() }; MEASURES.len()];
    for _ in 0..ROUNDS {
        for (samples, (_, measure)) in samples.iter_mut().zip(MEASURES) {
            samples.push(measure());
        }
    }
    println!(
        "{:<42} {:>8} {:>8} {:>8} {:>8}",
        "ns", "plain", "counted", "recorded", "adds"
    );
    for (samples, (name, _)) in samples.iter().zip(MEASURES) {
        let plain = median(samples.iter().map(|sample| sample.plain));
        let counted = median(samples.iter().map(|sample| sample.counted));
        let recorded = median(samples.iter().map(|sample| sample.recorded));
        let adds = median(samples.iter().map(|sample| sample.recorded - sample.plain));
        println!("{name:<42} {plain:>8.2} {counted:>8.2} {recorded:>8.2} {adds:>8.2}");
    }
    println!("a stack is {} calls deep without more", calls_of(0));
    on_disk();
    memline::reset();
}

/// Bytes per event of the pairs that are all alike: the least that there can be.
fn on_disk() {
    const PAIRS: u64 = 1_000_000;
    let recorder = start();
    pairs::deep(&MEMLINE, 10, PAIRS);
    drop(recorder);
    let bytes = fs::metadata(path()).map_or(0, |metadata| metadata.len());
    println!(
        "{:.3} bytes per event on disk",
        bytes as f64 / (2 * PAIRS) as f64
    );
    let _ = fs::remove_file(path());
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
