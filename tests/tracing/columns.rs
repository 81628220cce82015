//! What lines of profiled functions retain and churn.

use std::hint::black_box;

use memline::trace;

use crate::common::{Child, Outcome, Program, Test, line};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![keeps_some];

pub(crate) const TESTS: &[Test] = named![lines_tell_what_is_left_of_what_they_made];

#[memline::profile]
fn make(count: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let text = black_box(vec![1u8; 10]);
        all.push(text.repeat(10));
    }
    all
}

fn keeps_some() -> Outcome {
    trace::start(5)?;
    let mut kept = make(50);
    kept.truncate(20); // freed by another line than that which allocated
    let figures = |source: &str| line(&memline::report(), "make", source);
    let held = |source: &str| {
        let figures = figures(source);
        (figures.retained, figures.churned)
    };
    assert_eq!(held("with_capacity"), (Some(50 * 24), Some(0)));
    assert_eq!(held("vec![1u8; 10])"), (Some(0), Some(500)));
    assert_eq!(held("repeat"), (Some(2000), Some(3000)));
    // What is retained and churned is what was allocated.
    for source in ["with_capacity", "vec!", "repeat"] {
        let figures = figures(source);
        let held = figures.retained.zip(figures.churned).map(|(a, b)| a + b);
        assert_eq!(held, Some(figures.allocated), "{source}");
    }
    Ok(())
}

fn lines_tell_what_is_left_of_what_they_made() {
    let ended = Child::new("keeps_some").run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let row = ended.stderr.lines().find(|row| row.contains("repeat"));
    let row = row.expect("the table has it").split_whitespace();
    let row: Vec<&str> = row.collect();
    let row = row.join(" ");
    assert!(ended.stderr.contains(" Retained ") && ended.stderr.contains(" Churned "));
    // At exit all is freed.
    assert!(row.contains(" 50 0 B 4.9 KiB "), "{}", ended.stderr);
}
