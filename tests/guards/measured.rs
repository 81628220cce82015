//! `#[memline::test]`. Those that fail on purpose are ignored, and called by others.

use std::num::ParseIntError;

use expect_test::{Expect, expect};

use crate::{bytes, message, pause};

#[memline::test(peak = 1000, allocs = 2, leaks = "0 B")]
fn within_its_limits_to_the_byte() {
    let half = bytes(500);
    let other = bytes(500);
    drop((half, other));
}

#[memline::test]
fn without_limits() {
    std::mem::forget(bytes(10));
}

#[memline::test(peak = "1 KiB", leaks = 0, allocs = 2)]
#[ignore = "fails on purpose"]
fn beyond_all_of_them() {
    let mut all = Vec::with_capacity(1);
    all.push(bytes(1000)); // kept
    drop(bytes(2000));
    std::mem::forget(all);
}

#[memline::test(leaks = 9)]
#[ignore = "fails on purpose"]
fn beyond_by_a_byte() {
    std::mem::forget(bytes(10));
}

fn check(test: fn(), expected: Expect) {
    // This file's name is left out, which tells systems apart.
    expected.assert_eq(&message(test).replace(file!(), "FILE"));
}

#[test]
fn a_failure_names_limits_figures_and_lines() {
    check(
        beyond_all_of_them,
        expect![[r#"
            memline: guards::measured::beyond_all_of_them took more than it may:
              peak: expected at most 1.0 KiB (1,024 B), found 3.0 KiB (3,024 B)
              allocs: expected at most 2, found 3
              leaks: expected at most 0 B, found 1.0 KiB (1,024 B)
            lines that allocated most, what they called included:
              FILE:26: 2.0 KiB in 1 allocation, 0 B kept: drop(bytes(2000));
              FILE:25: 1000 B in 1 allocation, 1000 B kept: all.push(bytes(1000)); // kept
              FILE:24: 24 B in 1 allocation, 24 B kept: let mut all = Vec::with_capacity(1);"#]],
    );
    check(
        beyond_by_a_byte,
        expect![[r#"
            memline: guards::measured::beyond_by_a_byte took more than it may:
              leaks: expected at most 9 B, found 10 B
            lines that kept most, what they called included:
              FILE:33: 10 B in 1 allocation, 10 B kept: std::mem::forget(bytes(10));"#]],
    );
}

#[test]
fn reports_say_nothing_of_tests() {
    let _ = message(beyond_by_a_byte);
    assert!(memline::report().function("beyond_by_a_byte").is_none());
}

// What else may stand on a test.

#[memline::test(peak = 10)]
#[test]
fn under_it_stands_test() {
    drop(bytes(10));
}

#[memline::test(peak = 10)]
#[should_panic(expected = "of its own")]
fn it_panics() {
    panic!("of its own");
}

#[memline::test(peak = 10)]
#[ignore = "fails on purpose"]
#[should_panic]
fn it_is_to_panic_but_only_takes_too_much() {
    drop(bytes(100));
}

#[test]
fn taking_too_much_is_not_the_panic_expected() {
    it_is_to_panic_but_only_takes_too_much();
}

#[memline::test(leaks = 0)]
fn it_returns_a_result() -> Result<(), ParseIntError> {
    let text = "12".to_owned();
    text.parse::<u8>()?;
    Ok(())
}

type Outcome<T> = Result<T, String>;

#[memline::test(leaks = 0)]
#[ignore = "fails on purpose"]
fn it_returns_an_error() -> Outcome<()> {
    if bytes(10).is_empty() {
        return Err("its own error".to_owned());
    }
    Ok(())
}

#[memline::test(leaks = 0)]
#[ignore = "fails on purpose"]
fn its_result_is_fine_but_it_leaks() -> Outcome<()> {
    std::mem::forget(bytes(10));
    Ok(())
}

#[test]
fn an_error_is_not_hidden_and_a_leak_is_found() {
    assert_eq!(it_returns_an_error(), Err("its own error".to_owned()));
    let text = message(its_result_is_fine_but_it_leaks);
    assert!(
        text.contains("leaks: expected at most 0 B, found 10 B"),
        "{text}"
    );
}

#[memline::test(leaks = 0)]
fn it_returns_an_exit_code() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}

// Threads.

#[memline::test(peak = 10_000, leaks = 1000)]
fn what_other_threads_do_does_not_count() {
    let work = || drop(std::hint::black_box(vec![0u8; 1 << 20]));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
}

#[memline::test(leaks = 100_000)]
#[ignore = "fails on purpose"]
fn what_goes_to_another_thread_looks_kept() {
    let sent = bytes(1 << 20);
    let thread = std::thread::spawn(move || drop(sent));
    thread.join().expect("it ends well");
}

#[test]
fn what_goes_to_another_thread_is_told_at_its_line() {
    let text = message(what_goes_to_another_thread_looks_kept);
    assert!(
        text.contains("1.0 MiB kept: let sent = bytes(1 << 20);"),
        "{text}"
    );
}

// Async tests.

async fn passes_on(size: usize) -> usize {
    let kept = bytes(size);
    pause().await;
    kept.capacity()
}

#[memline::test(peak = 300, allocs = 2, leaks = 0)]
#[tokio::test]
async fn above_tokios_attribute_only_the_body_counts() {
    let outer = bytes(100);
    assert_eq!(passes_on(200).await, 200);
    drop(outer);
}

#[tokio::test]
#[memline::test(peak = "1 MiB", leaks = "100 KiB")]
async fn under_tokios_attribute_the_runtime_counts_too() {
    assert_eq!(passes_on(200).await, 200);
}

#[memline::test(leaks = 0)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_runtime_of_several_threads() -> Result<(), ParseIntError> {
    passes_on(10).await;
    "1".parse::<u8>()?;
    Ok(())
}

#[memline::test(leaks = 100)]
#[tokio::test]
#[ignore = "fails on purpose"]
async fn tasks_of_the_same_runtime_count() {
    let task = tokio::spawn(async {
        std::mem::forget(bytes(1000));
    });
    task.await.expect("it ends well");
}

#[memline::test(peak = 10)]
#[tokio::test]
#[ignore = "fails on purpose"]
async fn an_async_test_beyond_its_limit() {
    let kept = bytes(11);
    pause().await;
    drop(kept);
}

#[test]
fn async_failures_name_their_lines() {
    check(
        an_async_test_beyond_its_limit,
        expect![[r#"
            memline: guards::measured::an_async_test_beyond_its_limit took more than it may:
              peak: expected at most 10 B, found 11 B
            lines that allocated most, what they called included:
              FILE:210: 11 B in 1 allocation, 11 B kept: let kept = bytes(11);"#]],
    );
    let text = message(tasks_of_the_same_runtime_count);
    assert!(
        text.contains("1000 B kept: std::mem::forget(bytes(1000));"),
        "{text}"
    );
}
