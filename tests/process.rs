//! Figures of the whole process, and what all threads did while a line ran: in a process of its own, with one test.

use std::thread;

use memline::profile;

#[test]
fn figures_of_the_process() {
    live_and_peak();
    what_other_threads_did();
    other_threads_within_a_batch();
    #[cfg(target_os = "linux")]
    what_the_kernel_says();
}

fn live_and_peak() {
    let live = memline::live();
    let small = vec![1u8; 10];
    assert_eq!(memline::live(), live + 10);
    let large = vec![1u8; 10_000_000];
    assert_eq!(memline::live(), live + 10_000_010);
    assert_eq!(memline::peak(), live + 10_000_010);
    drop(large);
    assert_eq!(memline::live(), live + 10);
    // Below the peak, then above it by one byte.
    drop(vec![1u8; 10_000_000]);
    assert_eq!(memline::peak(), live + 10_000_010);
    drop(vec![1u8; 10_000_001]);
    assert_eq!(memline::peak(), live + 10_000_011);
    drop(small);
    assert_eq!(memline::live(), live);
}

#[profile]
fn joins() -> Vec<u8> {
    let worker = thread::spawn(|| vec![1u8; 5_000_000]);
    let made = worker.join();
    made.expect("it returns")
}

fn what_other_threads_did() {
    let live = memline::live();
    let made = joins();
    assert_eq!(made.len(), 5_000_000);
    let report = memline::report();
    let joins = report.function("joins").expect("it ran");
    let figures = |text: &str| {
        let line = joins.lines.iter().find(|line| line.source.contains(text));
        line.and_then(|line| line.figures).expect("the line ran")
    };
    let all = [figures("thread::spawn"), figures("worker.join")]
        .map(|f| f.heap_increment)
        .iter()
        .sum::<i64>();
    // Between spawn and join the other thread's allocation falls on either line; what a thread keeps is small.
    assert!((5_000_000..5_050_000).contains(&all), "{all}");
    // The closure's own row is what that thread did.
    assert!(
        figures("worker.join").increment.abs() < 50_000,
        "the line itself allocated next to nothing"
    );
    let highest = joins
        .lines
        .iter()
        .filter_map(|line| line.figures)
        .map(|figures| figures.heap)
        .max();
    assert!(highest >= Some(live as u64 + 5_000_000));
}

fn other_threads_within_a_batch() {
    const BATCH: usize = 32 * 1024;
    let live = memline::live();
    let blocks = thread::spawn(|| [vec![1u8; 20_000], vec![1u8; 3_000_000]])
        .join()
        .expect("it returns");
    let grown = memline::live() - live;
    assert!(
        (3_020_000..3_020_000 + BATCH).contains(&grown),
        "what an ended thread did is exact: {grown}"
    );
    drop(blocks);
}

#[cfg(target_os = "linux")]
#[profile]
fn touches(bytes: usize) -> usize {
    let untouched = Vec::<u8>::with_capacity(bytes);
    let touched = vec![1u8; bytes];
    drop(touched);
    untouched.capacity()
}

/// The kernel's own highest resident set bounds the column Mem usage from both sides.
#[cfg(target_os = "linux")]
fn what_the_kernel_says() {
    const BYTES: usize = 64 << 20;
    const SLACK: u64 = 2 << 20;
    assert_eq!(touches(BYTES), BYTES);
    let highest = kernel("VmHWM:");
    let report = memline::report();
    let rows = &report.function("touches").expect("it ran").lines;
    let figures = |text: &str| {
        let line = rows.iter().find(|line| line.source.contains(text));
        line.and_then(|line| line.figures).expect("the line ran")
    };
    let (asked, written, freed) = (
        figures("untouched ="),
        figures("touched = vec"),
        figures("drop"),
    );
    assert_eq!([asked.increment, written.increment], [BYTES as i64; 2]);
    // What is asked for is resident only when it is written to, and no longer once it is freed.
    let usage = |figures: &memline::Figures| figures.mem_usage.expect("Linux tells");
    assert!(
        usage(&written).abs_diff(highest) < SLACK,
        "{} {highest}",
        usage(&written)
    );
    assert!(usage(&written) - usage(&asked) > BYTES as u64 - SLACK);
    assert!(usage(&written) - usage(&freed) > BYTES as u64 - SLACK);
    let changes =
        [asked, written, freed].map(|figures| figures.rss_increment.expect("Linux tells"));
    assert!(changes[0].unsigned_abs() < SLACK, "{changes:?}");
    assert!(changes[1].abs_diff(BYTES as i64) < SLACK, "{changes:?}");
    assert!(changes[2].abs_diff(-(BYTES as i64)) < SLACK, "{changes:?}");
}

/// A figure of `/proc/self/status`, in bytes.
#[cfg(target_os = "linux")]
fn kernel(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with(key));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    1024 * number
        .expect("the key is there")
        .parse::<u64>()
        .expect("a number")
}
