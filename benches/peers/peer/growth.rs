//! What must not grow: the cost of a call with the number of profiled functions and of threads
//! that were, and memory with the number of calls.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;

use crate::bodies;
use crate::common::costs;
use crate::rss::Statm;

mod many {
    use std::hint::black_box;

    include!(concat!(env!("OUT_DIR"), "/many.rs"));
}

/// How many threads hold tables at once in [`table_bytes`].
const THREADS: usize = 32;

/// Nanoseconds per call of one function once `functions` of them have been called: half of the
/// others before it and half after it, so that no end of a list would be an advantage.
pub(crate) fn after_functions(functions: usize) -> f64 {
    let others = &many::ALL[1..functions.min(many::ALL.len())];
    let (before, after) = others.split_at(others.len() / 2);
    before.iter().for_each(|function| function(1));
    many::ALL[0](1);
    after.iter().for_each(|function| function(1));
    costs::call(black_box(many::ALL[0]))
}

/// Nanoseconds per call of one function after `threads` threads that called it have ended.
pub(crate) fn after_threads(threads: usize) -> f64 {
    let function = many::ALL[0];
    for _ in 0..threads {
        thread::spawn(move || function(1)).join().expect("no panic");
    }
    costs::call(black_box(function))
}

/// How many bytes the resident set grows per line and thread when further threads run functions
/// that the main thread has run before.
pub(crate) fn table_bytes() -> Option<f64> {
    let statm = Statm::open()?;
    let run_all = || many::ALL.iter().for_each(|function| function(1));
    run_all();

    let (ran, read) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let before = statm.read();
    let after = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                run_all();
                ran.wait();
                read.wait();
            });
        }
        ran.wait();
        let after = statm.read();
        read.wait();
        after
    });
    let lines = many::ALL.len() * many::LINES * THREADS;
    Some(after.saturating_sub(before) as f64 / lines as f64)
}

/// How many bytes the resident set grows from 10 % of `calls` calls to all of them.
pub(crate) fn call_bytes(calls: u64) -> Option<f64> {
    let statm = Statm::open()?;
    for i in 0..calls / 10 {
        bodies::one_line(i);
    }
    let before = statm.read();
    for i in calls / 10..calls {
        bodies::one_line(i);
    }
    Some(statm.read() as f64 - before as f64)
}
