//! A thousand threads, each of which lives for a moment.

use std::thread;

use memline::profile;

use crate::common::{Child, Outcome, Program, Test};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![thousand_threads];

pub(crate) const TESTS: &[Test] = named![a_thousand_threads_do_not_grow];

/// Bytes that a process may come to hold more of by other ways than ours. A record and a table for
/// each of 900 threads would be seven times as much.
const NOISE: u64 = 128 * 1024;

#[profile]
fn visit(size: usize) -> usize {
    let held = vec![1u8; size];
    held.len()
}

/// Threads one after the other, or some at once.
fn visits(sizes: impl Iterator<Item = usize>, at_once: usize) {
    let mut sizes = sizes.peekable();
    while sizes.peek().is_some() {
        thread::scope(|scope| {
            for size in sizes.by_ref().take(at_once) {
                scope.spawn(move || assert_eq!(visit(size), size));
            }
        });
    }
}

fn thousand_threads() -> Outcome {
    // The largest number at once comes first: after it, nothing is new.
    visits(0..100, 8);
    let before = memory()?;
    visits(100..1000, 4);
    println!("{}", memory()?.saturating_sub(before));
    Ok(())
}

/// Bytes that this process has in memory, but for those of its files, from Linux's `/proc`.
fn memory() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number.ok_or("no RssAnon")?.parse::<u64>()? * 1024)
}

fn a_thousand_threads_do_not_grow() {
    let ended = Child::new("thousand_threads").json().run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let grown: u64 = ended.stdout.trim_end().parse().expect("it says how much");
    assert!(grown < NOISE, "{grown} B more after 900 more threads");
    let report = ended.report();
    let visit = report.function("visit").expect("it ran");
    assert_eq!(visit.calls, 1000);
    assert_eq!(visit.increment(), 0);
    assert_eq!(
        ended.line("visit", "let held").increment,
        (0..1000).sum::<i64>()
    );
}
