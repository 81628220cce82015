//! What a timeline costs: the processor time of a program that allocates much, with
//! `MEMLINE_TIMELINE` and without, in turns; and beside them with an idle thread, which is what the
//! sampler would be if the C library knew of it.
//!
//! ```text
//! cargo bench --bench timeline
//! ```

use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::{env, fs, mem, thread};

// Linked for its allocator.
use memline as _;

/// How often all are run in turn; the median of the comparisons within a turn is printed.
const ROUNDS: usize = 15;

/// Blocks that are replaced, of a size for which glibc keeps no lists of a thread's own.
const OPERATIONS: u32 = 4_000_000;

const WORK: &str = "MEMLINE_BENCH_WORK";

fn main() {
    if let Ok(kind) = env::var(WORK) {
        if kind == "thread" {
            thread::spawn(|| thread::sleep(Duration::from_secs(3600)));
        }
        return work();
    }
    // `cargo test --benches` runs this too, without cargo's `--bench`; it is no test.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-timeline.memline");
    let (mut timelines, mut threads, mut plains) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let plain = |kind| run(Command::new(program()).env(WORK, kind));
        let timeline = || {
            let mut command = Command::new(program());
            run(command.env(WORK, "alone").env("MEMLINE_TIMELINE", &path))
        };
        // Whoever comes first may find the machine in another state.
        let (alone, sampled) = if round % 2 == 0 {
            let alone = plain("alone");
            (alone, timeline())
        } else {
            let sampled = timeline();
            (plain("alone"), sampled)
        };
        plains.push(alone);
        timelines.push(sampled / alone);
        threads.push(plain("thread") / alone);
    }
    println!("processor time, plain {:.2} s", quartiles(plains)[1]);
    for (name, values) in [
        ("with a timeline", timelines),
        ("with an idle thread", threads),
    ] {
        let [low, median, high] = quartiles(values);
        println!("{name:<20} {median:.3} × ({low:.3} to {high:.3})");
    }
    let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
    println!("{bytes} bytes in the file");
    let _ = fs::remove_file(path);
}

/// Replaces blocks of 1.5 to 5.5 KiB, 4,000 at once.
fn work() {
    let mut blocks: Vec<Vec<u8>> = (0..4_000).map(|_| Vec::new()).collect();
    let mut state = 1_u32;
    for _ in 0..OPERATIONS {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let place = (state >> 16) as usize % blocks.len();
        blocks[place] = black_box(Vec::with_capacity(1_536 + (state >> 20) as usize));
    }
}

fn program() -> PathBuf {
    env::current_exe().expect("this program has a path")
}

/// Runs a program, and tells the processor time that it took in seconds.
fn run(command: &mut Command) -> f64 {
    let before = children_time();
    let status = command.env("MEMLINE", "off").status();
    assert!(status.is_ok_and(|status| status.success()), "it runs");
    children_time() - before
}

fn children_time() -> f64 {
    // SAFETY: a structure of numbers, which the call fills.
    #[expect(unsafe_code)]
    let usage = unsafe {
        let mut usage: libc::rusage = mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}
