//! Several threads at once.

use std::sync::Barrier;
use std::thread;

use expect_test::expect;
use memline::profile;

use crate::{bytes, check, check_with, operations, rows};

#[profile]
fn work(size: usize, barrier: &Barrier) -> Vec<u8> {
    let mut all = bytes(1);
    for _ in 0..size {
        barrier.wait();
        all = bytes(size * 1000);
    }
    all
}

#[test]
fn a_line_is_charged_for_its_own_thread_only() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        for size in [3, 3] {
            let barrier = &barrier;
            scope.spawn(move || drop(work(size, barrier)));
        }
    });
    check(
        "threads::work",
        expect![[r#"
            0  #[profile] | 2, 0
            2  let mut all = bytes(1); | 2, 2
            3  for _ in 0..size { | 8, 0
            4  barrier.wait(); | 6, 0
            5  all = bytes(size * 1000); | 6, 5998
            7  all | 2, 0
            8  } | 2, 0
        "#]],
    );
    check_with(
        "threads::work",
        operations,
        expect![[r#"
            0  #[profile] | 2 + 0 - 0 ~ 0, peak 0
            2  let mut all = bytes(1); | 2 + 2 - 0 ~ 0, peak 1
            3  for _ in 0..size { | 8 + 0 - 0 ~ 0, peak 0
            4  barrier.wait(); | 6 + 0 - 0 ~ 0, peak 0
            5  all = bytes(size * 1000); | 6 + 6 - 6 ~ 0, peak 3000
            7  all | 2 + 0 - 0 ~ 0, peak 0
            8  } | 2 + 0 - 0 ~ 0, peak 0
        "#]],
    );
}

#[profile]
fn takes(boxes: Vec<Vec<u8>>) {
    let mut boxes = boxes;
    boxes.pop();
    boxes.clear();
}

#[test]
fn frees_of_what_another_thread_allocated() {
    let boxes = vec![bytes(1), bytes(20), bytes(300)];
    thread::spawn(|| takes(boxes)).join().expect("it returns");
    check(
        "threads::takes",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let mut boxes = boxes; | 1, 0
            3  boxes.pop(); | 1, -300
            4  boxes.clear(); | 1, -21
            5  } | 1, -72
        "#]],
    );
}

#[profile]
fn spawns() -> usize {
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    thread::scope(|scope| {
        for size in 1..=3 {
            let sender = sender.clone();
            scope.spawn(move || {
                let made = bytes(size * 100);
                sender.send(made).expect("the receiver is there");
            });
        }
    });
    drop(sender);
    receiver.iter().map(|made| made.capacity()).sum()
}

#[test]
fn threads_that_a_function_spawns_show_at_their_closure() {
    assert_eq!(spawns(), 600);
    // What std allocates for a scope, a thread and a channel is not ours to know.
    check_with(
        "threads::spawns",
        |f| f.occurrences.to_string(),
        expect![[r#"
            0  #[profile] | 1
            2  let (sender, receiver) = std::sync::mpsc::sync_channel(4); | 1
            3  thread::scope(|scope| { | 1
            4  for size in 1..=3 { | 4
            5  let sender = sender.clone(); | 3
            6  scope.spawn(move || { | 3
            7  let made = bytes(size * 100); | 3
            8  sender.send(made).expect("the receiver is there"); | 3
            9  }); | 3
            10 } | 3
            12 drop(sender); | 1
            13 receiver.iter().map(|made| made.capacity()).sum() | 1
            14 } | 1
        "#]],
    );
    let report = memline::report();
    let made = report
        .function("threads::spawns")
        .and_then(|f| f.lines.iter().find(|l| l.source.contains("let made")));
    assert_eq!(
        made.and_then(|line| line.figures)
            .map(|figures| figures.increment),
        Some(600)
    );
}

/// Meets another thread, and stays until they meet again.
fn stay(go: &Barrier) {
    go.wait();
    go.wait();
}

#[profile]
fn waits(go: &Barrier) {
    let held = bytes(123);
    stay(go);
    drop(held);
}

#[test]
fn a_report_covers_lines_that_run() {
    let go = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| waits(&go));
        go.wait();
        let running = rows("threads::waits", |f| {
            format!("{}, {}", f.occurrences, f.increment)
        });
        // Compared once the other thread can end, whatever comes out.
        go.wait();
        expect![[r#"
            0  #[profile] | 1, 0
            2  let held = bytes(123); | 1, 123
            3  stay(go); | 1, 0
        "#]]
        .assert_eq(&running);
    });
    check(
        "threads::waits",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let held = bytes(123); | 1, 123
            3  stay(go); | 1, 0
            4  drop(held); | 1, -123
            5  } | 1, 0
        "#]],
    );
}
