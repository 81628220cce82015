//! Reports, resets and many threads, while others count.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, MutexGuard};
use std::thread;

use memline::{Figures, Function, profile};

/// One test at a time: `reset` and the resident set are the process's.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The figures of the line that contains `text`.
fn figures(function: &Function, text: &str) -> Figures {
    let line = function
        .lines
        .iter()
        .find(|line| line.source.contains(text));
    line.and_then(|line| line.figures).unwrap_or_default()
}

/// What must not go backwards.
fn counts(f: &Figures) -> [u64; 6] {
    [
        f.occurrences,
        f.frees,
        f.reallocs,
        f.allocated,
        f.freed,
        f.peak,
    ]
}

#[profile]
fn churn(rounds: usize) -> usize {
    let mut kept = Vec::with_capacity(8);
    for round in 0..rounds {
        kept.push(vec![0u8; 100 + round % 2]);
        if kept.len() == 8 {
            kept.clear();
        }
    }
    kept.len()
}

#[test]
fn reports_while_threads_count() {
    const THREADS: usize = 3;
    const CALLS: usize = 3_000;
    const ROUNDS: usize = 80;
    let _alone = alone();
    memline::reset();
    let running = AtomicUsize::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                assert!((0..CALLS).all(|_| churn(ROUNDS) == 0));
                running.fetch_sub(1, Relaxed);
            });
        }
        let mut last: Option<Function> = None;
        while running.load(Relaxed) > 0 {
            let report = memline::report();
            let Some(now) = report.function("churn") else {
                continue;
            };
            for line in now.lines.iter().filter(|line| line.figures.is_some()) {
                let text = &line.source;
                let [before, now] = [last.as_ref(), Some(now)]
                    .map(|f| f.map(|f| figures(f, text)).unwrap_or_default());
                let pairs = counts(&before).into_iter().zip(counts(&now));
                assert!(
                    pairs.clone().all(|(before, now)| before <= now),
                    "{text}: {before:?} {now:?}"
                );
                assert_eq!(now.increment, now.allocated as i64 - now.freed as i64);
                // Allocations are what is left of all operations: each thread may be in the middle of a line's eight.
                assert!(
                    now.allocs + 8 * THREADS as u64 >= before.allocs,
                    "{text}: {before:?} {now:?}"
                );
            }
            last = Some(now.clone());
        }
    });
    let report = memline::report();
    let churn = report.function("churn").expect("it ran");
    let (calls, rounds) = ((THREADS * CALLS) as u64, (THREADS * CALLS * ROUNDS) as u64);
    assert_eq!(
        (churn.calls, churn.threads.count, churn.increment()),
        (calls, THREADS as u64, 0)
    );
    let header = figures(churn, "for round");
    assert_eq!((header.occurrences, header.increment), (rounds + calls, 0));
    let push = figures(churn, "kept.push");
    assert_eq!(
        (push.occurrences, push.allocs, push.increment),
        (rounds, rounds, (rounds * 100 + rounds / 2) as i64)
    );
    let clear = figures(churn, "kept.clear");
    assert_eq!(
        (clear.occurrences, clear.frees, clear.increment),
        (rounds / 8, rounds, -push.increment)
    );
    assert_eq!((push.peak, clear.peak), (101, 0));
}

#[profile]
fn visit(size: usize) -> usize {
    let held = vec![1u8; size];
    held.len()
}

#[test]
fn a_thousand_threads_leave_nothing_behind() {
    const AT_ONCE: usize = 4;
    let _alone = alone();
    memline::reset();
    let batch = |sizes: std::ops::Range<usize>| {
        let mut sizes = sizes;
        while let Some(first) = sizes.next() {
            thread::scope(|scope| {
                for size in std::iter::once(first).chain(sizes.by_ref().take(AT_ONCE - 1)) {
                    scope.spawn(move || assert_eq!(visit(size), size));
                }
            });
        }
    };
    batch(0..100);
    let before = resident();
    batch(100..1000);
    let grown = resident().saturating_sub(before);
    assert!(
        grown < 4 << 20,
        "{grown} bytes more are resident after 900 more threads"
    );

    let report = memline::report();
    let visit = report.function("visit").expect("it ran");
    assert_eq!(
        (visit.calls, visit.threads.count, visit.increment()),
        (1000, 1000, 0)
    );
    assert_eq!(figures(visit, "let held").increment, (0..1000).sum::<i64>());
    assert_eq!(figures(visit, "let held").peak, 999);
}

/// The resident set of this process in bytes; 0 where the system has no `/proc`.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

#[profile]
fn meet(size: usize, all: &Barrier) {
    let held = vec![1u8; size];
    all.wait();
    drop(held);
    all.wait();
}

#[test]
fn sixty_four_threads_at_once() {
    const THREADS: usize = 64;
    let _alone = alone();
    memline::reset();
    let all = Barrier::new(THREADS + 1);
    let sum = (1..=THREADS as i64).sum::<i64>() * 1000;
    thread::scope(|scope| {
        for size in 1..=THREADS {
            let all = &all;
            scope.spawn(move || meet(size * 1000, all));
        }
        all.wait();
        // Everyone holds a buffer, or is just dropping it.
        let report = memline::report();
        let held = figures(report.function("meet").expect("it runs"), "let held");
        assert_eq!((held.occurrences, held.increment), (THREADS as u64, sum));
        all.wait();
    });
    let report = memline::report();
    let meet = report.function("meet").expect("it ran");
    assert_eq!(
        (meet.calls, meet.threads.count, meet.increment()),
        (64, 64, 0)
    );
    assert_eq!(
        (
            figures(meet, "drop(held)").increment,
            figures(meet, "drop(held)").frees
        ),
        (-sum, 64)
    );
}

#[profile]
fn spin(rounds: usize) -> usize {
    let kept = [1u8; 10].to_vec();
    (0..rounds)
        .map(|round| vec![1u8; round].len())
        .sum::<usize>()
        + kept.len()
}

#[test]
fn resets_while_threads_count() {
    const THREADS: usize = 3;
    let _alone = alone();
    let stop = AtomicBool::new(false);
    let counting = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                counting.fetch_add(1, Relaxed);
                while !stop.load(Relaxed) {
                    assert_eq!(spin(10), 55);
                }
            });
        }
        // A busy machine may take its time to start them.
        while counting.load(Relaxed) < THREADS {
            thread::yield_now();
        }
        for _ in 0..2_000 {
            memline::reset();
            let report = memline::report();
            if let Some(spin) = report.function("spin") {
                // Less than a call's worth is open at a time, on each thread.
                assert!(
                    spin.increment().abs() <= 10 * THREADS as i64 * 2,
                    "{spin:#?}"
                );
            }
        }
        stop.store(true, Relaxed);
    });
    memline::reset();
    assert!(
        memline::report().function("spin").is_none(),
        "nothing ran since"
    );
    spin(2);
    let report = memline::report();
    let spin = report.function("spin").expect("it ran");
    assert_eq!((spin.calls, spin.increment()), (1, 0));
    assert_eq!(figures(spin, "let kept").increment, 10);
}

#[profile]
fn resets_itself() -> usize {
    let before = [1u8; 10].to_vec();
    memline::reset();
    let after = [1u8; 200].to_vec();
    before.len() + after.len()
}

#[test]
fn a_reset_in_the_middle_of_a_function() {
    let _alone = alone();
    assert_eq!(resets_itself(), 210);
    let report = memline::report();
    let function = report.function("resets_itself").expect("it ran");
    let row = |text: &str| {
        (
            figures(function, text).occurrences,
            figures(function, text).increment,
        )
    };
    assert_eq!(function.calls, 0, "the call was before");
    assert_eq!(row("let before"), (0, 0));
    assert_eq!(row("memline::reset()"), (1, 0));
    assert_eq!(row("let after"), (1, 200));
    assert_eq!(row("before.len()"), (1, 0));
    assert_eq!(
        function.increment(),
        -10,
        "what was allocated before is freed after"
    );
}
