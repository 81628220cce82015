//! Figures of the whole process, and what all threads did while a line ran: in a process of its own, with one test.

use std::thread;

use memline::profile;

#[test]
fn figures_of_the_process() {
    live_and_peak();
    what_other_threads_did();
    other_threads_within_a_batch();
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
