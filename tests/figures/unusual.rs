//! Unwinding, destructors, and code that looks at the figures while it is measured.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::LazyLock;
use std::thread;

use expect_test::expect;
use memline::profile;

use crate::{bytes, check, check_with, operations};

struct Cleaner(Vec<u8>);

impl Drop for Cleaner {
    #[profile]
    fn drop(&mut self) {
        let report = bytes(30);
        self.0 = bytes(4);
        drop(report);
    }
}

#[profile]
fn unwinds(panic: bool) {
    let _cleaner = Cleaner(bytes(100));
    if panic {
        resume_unwind(Box::new(0u8));
    }
    drop(bytes(1));
}

#[test]
fn destructors_while_unwinding() {
    unwinds(false);
    catch_unwind(|| unwinds(true)).expect_err("it panics");
    check(
        "Drop>::drop",
        expect![[r#"
            0  #[profile] | 2, 0
            2  let report = bytes(30); | 2, 60
            3  self.0 = bytes(4); | 2, -192
            4  drop(report); | 2, -60
            5  } | 2, 0
        "#]],
    );
    // What a panic itself allocates belongs to the runtime of Rust.
    let unwinds = |f: &memline::Figures| f.occurrences.to_string();
    check_with(
        "unusual::unwinds",
        unwinds,
        expect![[r#"
            0  #[profile] | 2
            2  let _cleaner = Cleaner(bytes(100)); | 2
            3  if panic { | 2
            4  resume_unwind(Box::new(0u8)); | 1
            6  drop(bytes(1)); | 1
            7  } | 1
        "#]],
    );
}

struct Last(Vec<u8>);

impl Drop for Last {
    fn drop(&mut self) {
        farewell(self.0.capacity());
    }
}

thread_local! {
    static FIRST: RefCell<Option<Last>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<Last>> = const { RefCell::new(None) };
}

#[profile]
fn farewell(size: usize) {
    let said = bytes(size * 2);
    drop(said);
}

#[test]
fn probes_in_destructors_of_thread_locals() {
    for _ in 0..3 {
        let thread = thread::spawn(|| {
            FIRST.with(|first| first.replace(Some(Last(bytes(10)))));
            farewell(1);
            SECOND.with(|second| second.replace(Some(Last(bytes(20)))));
        });
        thread.join().expect("it ends");
    }
    check_with(
        "unusual::farewell",
        operations,
        expect![[r#"
            0  #[profile] | 9 + 0 - 0 ~ 0, peak 0
            2  let said = bytes(size * 2); | 9 + 9 - 0 ~ 0, peak 40
            3  drop(said); | 9 + 0 - 9 ~ 0, peak 0
            4  } | 9 + 0 - 0 ~ 0, peak 0
        "#]],
    );
}

#[profile]
fn measures() -> (usize, usize) {
    let outer = memline::measure(|| {
        drop(bytes(100));
        let inner = memline::measure(|| bytes(50));
        drop(bytes(60));
        (inner.peak, inner.stats.bytes_allocated)
    });
    assert_eq!(outer.value, (50, 50));
    drop(bytes(7));
    (outer.peak, outer.stats.bytes_allocated)
}

#[test]
fn measure_within_measure_within_a_line() {
    // The inner buffer is kept until its value is dropped with `inner`.
    assert_eq!(measures(), (110, 210));
    check_with(
        "unusual::measures",
        operations,
        expect![[r#"
            0  #[profile] | 1 + 0 - 0 ~ 0, peak 0
            2  let outer = memline::measure(|| { | 1 + 0 - 0 ~ 0, peak 110
            3  drop(bytes(100)); | 1 + 1 - 1 ~ 0, peak 100
            4  let inner = memline::measure(|| bytes(50)); | 1 + 1 - 0 ~ 0, peak 50
            5  drop(bytes(60)); | 1 + 1 - 1 ~ 0, peak 60
            6  (inner.peak, inner.stats.bytes_allocated) | 1 + 0 - 0 ~ 0, peak 0
            7  }); | 1 + 0 - 1 ~ 0, peak 0
            8  assert_eq!(outer.value, (50, 50)); | 1 + 0 - 0 ~ 0, peak 0
            9  drop(bytes(7)); | 1 + 1 - 1 ~ 0, peak 7
            10 (outer.peak, outer.stats.bytes_allocated) | 1 + 0 - 0 ~ 0, peak 0
            11 } | 1 + 0 - 0 ~ 0, peak 0
        "#]],
    );
}

#[profile]
fn peaks() -> usize {
    let kept = bytes(100);
    drop((bytes(1000), bytes(500)));
    let grown = inner_peak(kept);
    grown.capacity()
}

fn inner_peak(mut kept: Vec<u8>) -> Vec<u8> {
    drop(bytes(70_000));
    kept.reserve_exact(300);
    kept
}

#[test]
fn peaks_within_a_line() {
    assert_eq!(peaks(), 300);
    check_with(
        "unusual::peaks",
        operations,
        expect![[r#"
            0  #[profile] | 1 + 0 - 0 ~ 0, peak 0
            2  let kept = bytes(100); | 1 + 1 - 0 ~ 0, peak 100
            3  drop((bytes(1000), bytes(500))); | 1 + 2 - 2 ~ 0, peak 1500
            4  let grown = inner_peak(kept); | 1 + 1 - 1 ~ 1, peak 70000
            5  grown.capacity() | 1 + 0 - 0 ~ 0, peak 0
            6  } | 1 + 0 - 1 ~ 0, peak 0
        "#]],
    );
}

#[profile]
fn nested_peak(depth: usize) {
    let held = bytes(10);
    if depth > 0 {
        nested_peak(depth - 1);
    }
    drop(held);
    drop(bytes(1000));
}

#[test]
fn peaks_of_nested_calls_of_one_function() {
    nested_peak(2);
    check_with(
        "unusual::nested_peak",
        operations,
        expect![[r#"
            0  #[profile] | 3 + 0 - 0 ~ 0, peak 0
            2  let held = bytes(10); | 3 + 3 - 0 ~ 0, peak 10
            3  if depth > 0 { | 3 + 0 - 0 ~ 0, peak 0
            4  nested_peak(depth - 1); | 2 + 0 - 0 ~ 0, peak 1010
            6  drop(held); | 3 + 0 - 3 ~ 0, peak 0
            7  drop(bytes(1000)); | 3 + 3 - 3 ~ 0, peak 1000
            8  } | 3 + 0 - 0 ~ 0, peak 0
        "#]],
    );
}

#[profile]
fn looks() -> usize {
    let held = bytes(10);
    let seen = increments("unusual::looks");
    drop(held);
    seen.len()
}

/// The increments of a function's lines, as they are now.
fn increments(name: &str) -> Vec<i64> {
    let report = memline::report();
    let lines = report.function(name).into_iter().flat_map(|f| &f.lines);
    lines
        .filter_map(|line| line.figures)
        .map(|figures| figures.increment)
        .collect()
}

#[test]
fn a_report_from_within_a_line() {
    assert_eq!(looks(), 3);
    check_with(
        "unusual::looks",
        |f| f.occurrences.to_string(),
        expect![[r#"
            0  #[profile] | 1
            2  let held = bytes(10); | 1
            3  let seen = increments("unusual::looks"); | 1
            4  drop(held); | 1
            5  seen.len() | 1
            6  } | 1
        "#]],
    );
    let report = memline::report();
    let looks = report.function("unusual::looks").expect("it ran");
    assert_eq!(looks.increment(), 0, "all is freed: {looks:#?}");
}

#[profile]
fn catches() -> usize {
    let held = bytes(10);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _inner = bytes(held.capacity());
        resume_unwind(Box::new(()))
    }));
    drop(caught);
    held.capacity()
}

#[test]
fn a_caught_panic_leaves_the_line_that_caught_it_open() {
    assert_eq!(catches(), 10);
    check_with(
        "unusual::catches",
        |f| f.occurrences.to_string(),
        expect![[r#"
            0  #[profile] | 1
            2  let held = bytes(10); | 1
            3  let caught = catch_unwind(AssertUnwindSafe(|| { | 1
            4  let _inner = bytes(held.capacity()); | 1
            5  resume_unwind(Box::new(())) | 1
            6  })); | 1
            7  drop(caught); | 1
            8  held.capacity() | 1
            9  } | 1
        "#]],
    );
    let report = memline::report();
    assert_eq!(
        report
            .function("unusual::catches")
            .expect("it ran")
            .increment(),
        0
    );
}

static BUILT_LATE: LazyLock<Vec<u8>> = LazyLock::new(builds);

#[profile]
fn builds() -> Vec<u8> {
    let aside = bytes(5);
    let built = bytes(70);
    drop(aside);
    built
}

#[profile]
fn uses() -> usize {
    let used = BUILT_LATE.capacity();
    used
}

#[test]
fn a_static_that_is_built_at_its_first_use() {
    assert_eq!((uses(), uses()), (70, 70));
    check(
        "unusual::builds",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let aside = bytes(5); | 1, 5
            3  let built = bytes(70); | 1, 70
            4  drop(aside); | 1, -5
            5  built | 1, 0
            6  } | 1, 0
        "#]],
    );
    check(
        "unusual::uses",
        expect![[r#"
            0  #[profile] | 2, 0
            2  let used = BUILT_LATE.capacity(); | 2, 70
            3  used | 2, 0
            4  } | 2, 0
        "#]],
    );
}
