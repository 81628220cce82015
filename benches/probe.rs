//! What memline costs on the hot path, beside the same code without it:
//!
//! ```text
//! cargo bench --bench probe
//! ```
//!
//! The allocator and the probes alone, in one process and a few seconds. `benches/peers` puts them
//! beside the other tools, in processes of their own, and checks the bounds.

#[macro_use]
mod common;

use std::alloc::{GlobalAlloc, System};

use common::{costs, pairs, timing};

bodies!(mod plain);
bodies!(
    #[memline::profile]
    mod profiled
);

/// How often everything is measured in turn; the median is printed.
const ROUNDS: usize = 7;

/// Nanoseconds of one operation: without memline, and with it.
type Measure = fn() -> (f64, f64);

const MEASURES: [(&str, Measure); 10] = [
    ("a call with one line", || {
        (
            costs::call(plain::one_line),
            costs::call(profiled::one_line),
        )
    }),
    ("a line", || {
        let plain = costs::line(plain::one_line, plain::eleven_lines);
        (
            plain,
            costs::line(profiled::one_line, profiled::eleven_lines),
        )
    }),
    ("a call that allocates and frees", || {
        let plain = timing::per_operation(plain_blocks);
        (plain, costs::call(profiled::allocates))
    }),
    ("a pass of a loop with one line", || {
        let plain = timing::per_operation(plain::passes);
        (plain, timing::per_operation(profiled::passes))
    }),
    ("a call of a closure in a chain", || {
        let plain = timing::per_operation(plain::closures);
        (plain, timing::per_operation(profiled::closures))
    }),
    ("a pass whose line allocates and frees", || {
        let plain = timing::per_operation(plain_blocks);
        (plain, timing::per_operation(profiled::allocating_passes))
    }),
    ("a poll of an async fn", || {
        (costs::poll(plain::polls), costs::poll(profiled::polls))
    }),
    ("allocate and free 64 B", || pair(1)),
    ("… on two threads at once", || pair(2)),
    ("… on four threads at once", || pair(4)),
];

fn main() {
    // `cargo test --benches` runs this too, without cargo's `--bench`; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut samples = [const { Vec::new() }; MEASURES.len()];
    for _ in 0..ROUNDS {
        for (samples, (_, measure)) in samples.iter_mut().zip(MEASURES) {
            samples.push(measure());
        }
    }
    println!(
        "{:<40} {:>9} {:>9} {:>9} {:>7}",
        "ns", "plain", "memline", "adds", "ratio"
    );
    for (samples, (name, _)) in samples.iter().zip(MEASURES) {
        let plain = median(samples.iter().map(|&(plain, _)| plain));
        let memline = median(samples.iter().map(|&(_, memline)| memline));
        let adds = median(samples.iter().map(|&(plain, memline)| memline - plain));
        let ratio = median(samples.iter().map(|&(plain, memline)| memline / plain));
        println!("{name:<40} {plain:>9.2} {memline:>9.2} {adds:>9.2} {ratio:>7.2}");
    }
    // The bench's own functions are no news: no table of them at exit.
    memline::reset();
}

/// Pairs on `threads` threads, of the system's allocator and of memline's around it.
fn pair(threads: u32) -> (f64, f64) {
    fn measure(allocator: &(impl GlobalAlloc + Sync), threads: u32) -> f64 {
        match threads {
            1 => timing::per_operation(|n| pairs::run(allocator, n)),
            _ => pairs::at_once(allocator, threads),
        }
    }
    static MEMLINE: memline::Allocator = memline::Allocator::system();
    (measure(&System, threads), measure(&MEMLINE, threads))
}

/// What `allocating_passes` does, without memline's allocator, which is installed here.
fn plain_blocks(count: u64) {
    pairs::run(&System, count);
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
