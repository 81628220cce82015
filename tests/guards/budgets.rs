//! Budgets of `#[profile]`. This is a program that Cargo has built to test something, so that a call
//! beyond its budget panics.

use std::hint::black_box;

use expect_test::{Expect, expect};
use memline::{Exceeded, profile};

use crate::{bytes, message, pause};

fn check(work: impl FnOnce() + std::panic::UnwindSafe, expected: Expect) {
    // This file's name is left out, which tells systems apart.
    expected.assert_eq(&message(work).replace(file!(), "FILE"));
}

/// What the report says was exceeded.
fn exceeded(function: &str) -> Vec<Exceeded> {
    let report = memline::report();
    let function = report.function(function).expect("it ran");
    function.exceeded.clone()
}

#[profile(peak = "1 KiB", allocs = 2, retained = 24)]
fn budgeted(sizes: &[usize]) -> Vec<u8> {
    let kept = bytes(24);
    for size in sizes {
        drop(black_box(bytes(*size)));
    }
    kept
}

#[test]
fn a_call_beyond_its_budget_fails_the_test() {
    assert_eq!(budgeted(&[1000]).capacity(), 24);
    assert!(exceeded("budgeted").is_empty());
    check(
        || drop(budgeted(&[1001, 1])),
        expect![[r#"
            memline: guards::budgets::budgeted took more than it may:
              peak: expected at most 1.0 KiB (1,024 B), found 1.0 KiB (1,025 B)
              allocs: expected at most 2, found 3
            lines that allocated most, what they called included:
              FILE:27: 1002 B in 2 allocations, 0 B kept: drop(black_box(bytes(*size)));
              FILE:25: 24 B in 1 allocation, 24 B kept: let kept = bytes(24);"#]],
    );
    let of = |figure: &str, budget, found, line| Exceeded {
        figure: figure.to_owned(),
        budget,
        found,
        calls: 1,
        line: Some(line),
    };
    assert_eq!(
        exceeded("budgeted"),
        [of("peak", 1024, 1025, 27), of("allocs", 2, 3, 27)]
    );
    let text = memline::report().to_string();
    let over = text.lines().find(|line| line.contains("budgeted: allocs"));
    assert_eq!(
        over,
        Some(
            "over budget: guards::budgets::budgeted: allocs: expected at most 2, found 3 in 1 of 2 calls; \
             line 27 allocated most"
        )
    );
    let json = memline::report().to_json();
    let read: memline::Report = serde_json::from_str(&json).expect("it is a report");
    let function = read
        .function("guards::budgets::budgeted")
        .expect("it is there");
    assert_eq!(function.exceeded, exceeded("budgeted"));
}

#[profile(retained = "0 B")]
fn keeps(earlier: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    let kept = (size > 0).then(|| bytes(size));
    drop(earlier);
    kept
}

#[test]
fn what_a_call_leaves_behind_is_retained() {
    assert_eq!(keeps(bytes(10), 0), None);
    keeps(bytes(10), 10); // as much was freed
    let text = message(|| keeps(Vec::new(), 11));
    assert!(
        text.contains("retained: expected at most 0 B, found 11 B"),
        "{text}"
    );
    assert!(
        text.contains("11 B kept: let kept = (size > 0).then(|| bytes(size));"),
        "{text}"
    );
}

#[profile(retained = 0)]
fn takes(argument: Vec<u8>) {
    std::mem::forget(bytes(argument.capacity()));
}

#[test]
fn what_an_argument_frees_is_the_callers() {
    let text = message(|| takes(bytes(10)));
    assert!(
        text.contains("retained: expected at most 0 B, found 10 B"),
        "{text}"
    );
}

#[profile(peak = 100)]
fn recurses(depth: usize) {
    let kept = bytes(10);
    if depth > 0 {
        recurses(depth - 1);
    }
    drop(kept);
}

#[test]
fn each_call_of_a_recursion_is_one() {
    recurses(9);
    // The outermost of eleven calls is the only one beyond.
    let text = message(|| recurses(10));
    assert!(
        text.contains("peak: expected at most 100 B, found 110 B"),
        "{text}"
    );
    assert_eq!(exceeded("recurses")[0].calls, 1);
}

#[profile(peak = 100)]
fn panics(size: usize) {
    let _kept = bytes(size);
    panic!("{}", "of its own".to_owned());
}

#[test]
fn a_panic_of_its_own_is_passed_on() {
    assert_eq!(message(|| panics(1000)), "of its own");
    assert!(exceeded("panics").is_empty());
}

#[profile(peak = 10)]
extern "C" fn cannot_unwind(size: usize) -> usize {
    bytes(size).capacity()
}

#[test]
fn a_function_that_no_panic_can_leave_is_noted() {
    assert_eq!(cannot_unwind(11), 11);
    assert_eq!(exceeded("cannot_unwind")[0].found, 11);
}

struct Store(Vec<u8>);

#[profile(allocs = 1)]
impl Store {
    fn grow(&mut self, by: usize) {
        self.0.reserve_exact(by);
    }

    fn twice(&mut self) {
        self.0 = bytes(5);
        self.grow(10);
    }
}

#[test]
fn on_an_impl_it_is_each_functions() {
    let mut store = Store(Vec::new());
    store.grow(10);
    let text = message(move || store.twice());
    assert!(
        text.contains("budgets::Store>::twice took") || text.contains("budgets::Store::twice took"),
        "{text}"
    );
    assert!(exceeded("grow").is_empty());
}

#[profile(peak = 100)]
fn hands_out() -> impl FnOnce() -> usize {
    let small = bytes(10);
    move || {
        drop(small);
        bytes(1000).capacity()
    }
}

#[test]
fn what_a_closure_does_later_is_not_the_calls() {
    let closure = hands_out();
    assert_eq!(closure(), 1000);
    assert!(exceeded("hands_out").is_empty());
}

#[profile(peak = 100)]
fn calls_a_closure(size: usize) {
    let closure = || {
        drop(black_box(bytes(size)));
    };
    closure();
}

#[test]
fn what_a_closure_does_in_the_call_is() {
    calls_a_closure(100);
    let text = message(|| calls_a_closure(101));
    assert!(
        text.contains("101 B in 1 allocation, 0 B kept: drop(black_box(bytes(size)));"),
        "{text}"
    );
}

#[profile(peak = 300, allocs = 3, retained = 0)]
async fn polled(argument: Vec<u8>, size: usize, kept: usize) {
    let first = bytes(100);
    pause().await;
    let second = bytes(size);
    pause().await;
    drop((first, second, argument));
    std::mem::forget(bytes(kept));
}

fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("it starts").block_on(future);
}

#[test]
fn a_future_is_measured_over_all_polls() {
    run(async {
        // Other tasks run between its polls, and do not count.
        let other = tokio::spawn(async {
            let kept = bytes(10_000);
            pause().await;
            pause().await;
            drop(kept);
        });
        polled(Vec::new(), 200, 0).await;
        other.await.expect("it ends well");
    });
    check(
        || run(polled(Vec::new(), 201, 5)),
        expect![[r#"
            memline: guards::budgets::polled took more than it may:
              peak: expected at most 300 B, found 301 B
              retained: expected at most 0 B, found 5 B
            lines that allocated most, what they called included:
              FILE:218: 201 B in 1 allocation, 201 B kept: let second = bytes(size);
              FILE:216: 100 B in 1 allocation, 100 B kept: let first = bytes(100);
              FILE:221: 5 B in 1 allocation, 5 B kept: std::mem::forget(bytes(kept));"#]],
    );
}

#[profile(retained = 0)]
async fn parameters_die_last(_unused: Vec<u8>, kept: usize) {
    std::mem::forget(bytes(kept));
}

#[test]
fn what_a_futures_parameters_free_is_the_callers() {
    let text = message(|| run(parameters_die_last(bytes(1000), 10)));
    assert!(
        text.contains("retained: expected at most 0 B, found 10 B"),
        "{text}"
    );
}

#[test]
fn a_future_may_move_to_another_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .expect("it starts");
    let tasks: Vec<_> = (0..100)
        .map(|_| runtime.spawn(is_send(polled(Vec::new(), 200, 0))))
        .collect();
    for task in tasks {
        runtime.block_on(task).expect("it is within its budget");
    }
}

#[profile(peak = 1000)]
fn from_many_threads(size: usize) {
    drop(black_box(bytes(size)));
}

#[test]
fn only_the_thread_that_took_too_much_panics() {
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            std::thread::spawn(move || {
                for _ in 0..100 {
                    from_many_threads(if thread == 3 { 1001 } else { 1000 });
                }
            })
        })
        .collect();
    let failed: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().is_err())
        .collect();
    assert_eq!(
        failed,
        [false, false, false, true, false, false, false, false]
    );
    assert_eq!(exceeded("from_many_threads")[0].calls, 1);
}
