//! Snapshots at intervals, and a limit of the heap.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Duration;

use memline::on_limit;
use memline::trace::{self, OnLimit};

use crate::common::{Child, Outcome, Program, Test};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![watches, passes_a_limit, aborts_at_a_limit];

pub(crate) const TESTS: &[Test] = named![
    snapshots_come_at_intervals_until_the_end,
    a_limit_calls_back_once,
    a_limit_ends_the_program,
];

fn watches() -> Outcome {
    trace::start(1)?;
    let kept = vec![1u8; 123_456];
    let (sender, receiver) = mpsc::channel();
    let watch = trace::every(Duration::from_millis(5), move |snapshot| {
        let _ = sender.send(snapshot.bytes());
    })?;
    for _ in 0..3 {
        assert!(receiver.recv()? >= kept.len() as u64);
    }
    drop(watch);
    receiver.iter().for_each(drop); // until nobody sends any more
    println!("ended");
    Ok(())
}

fn snapshots_come_at_intervals_until_the_end() {
    let ended = Child::new("watches").run();
    assert_eq!(
        (ended.code(), &*ended.stdout),
        (Some(0), "ended\n"),
        "{ended:?}"
    );
}

static CALLED_AT: AtomicU64 = AtomicU64::new(0);

fn passes_a_limit() -> Outcome {
    on_limit(1 << 40, OnLimit::Abort); // replaced
    on_limit(
        1 << 20,
        OnLimit::Call(Box::new(|live| CALLED_AT.store(live, Relaxed))),
    );
    drop(vec![1u8; 1 << 19]);
    assert_eq!(CALLED_AT.load(Relaxed), 0);
    for _ in 0..2 {
        drop(vec![1u8; 1 << 21]);
        let live = CALLED_AT.swap(0, Relaxed);
        println!("{}", live >= 1 << 21);
    }
    Ok(())
}

fn a_limit_calls_back_once() {
    let ended = Child::new("passes_a_limit").run();
    assert_eq!(
        (ended.code(), &*ended.stdout),
        (Some(0), "true\nfalse\n"),
        "{ended:?}"
    );
}

#[memline::profile]
fn fill(kept: &mut Vec<Vec<u8>>) {
    for _ in 0..100 {
        kept.push(vec![1u8; 100_000]);
    }
}

fn aborts_at_a_limit() -> Outcome {
    trace::start(1)?;
    on_limit(5_000_000, OnLimit::Abort);
    fill(&mut Vec::new());
    println!("it went on");
    Ok(())
}

fn a_limit_ends_the_program() {
    let ended = Child::new("aborts_at_a_limit").run();
    assert_eq!(
        (ended.signal(), &*ended.stdout),
        (Some(libc::SIGABRT), ""),
        "{ended:?}"
    );
    let text = &ended.stderr;
    assert!(
        text.starts_with("memline: the live heap has reached 4.8 MiB\n"),
        "{text}"
    );
    assert!(text.contains("function: tracing::watches::fill"), "{text}");
    // The block that passed the limit is not traced yet, and the vector of all is.
    assert!(
        text.contains("tests/tracing/watches.rs:") && text.contains(": size=4787 KiB, count=50,"),
        "{text}"
    );
}
