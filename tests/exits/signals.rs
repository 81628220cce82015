//! SIGINT and SIGTERM to a program that leaves them alone.

use std::hint::black_box;
use std::net::TcpListener;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use memline::profile;

use crate::common::{Child, Ended, Outcome, Program, Test, ready, ready_when_running};
use crate::named;
use crate::streams::fill_stderr;

pub(crate) const PROGRAMS: &[Program] = named![
    computes,
    allocates,
    waits_in_accept,
    allocates_on_threads,
    never_profiled,
    reports_slowly,
    ends_slowly,
    main_blocks_signals,
];

pub(crate) const TESTS: &[Test] = named![
    while_computing,
    while_allocating,
    while_waiting_in_accept,
    while_other_threads_allocate,
    before_any_profiled_call,
    the_same_signal_twice_does_not_cut_the_report,
    a_second_signal_kills_during_a_slow_report,
    a_signal_during_the_report_at_exit,
    main_ends_while_the_report_is_written,
    ignored_signals_stay_ignored,
];

/// Longer than the time in which two signals are taken for one.
const LATER: Duration = Duration::from_millis(600);

const SIGNALS: [(&str, i32); 2] = [("INT", libc::SIGINT), ("TERM", libc::SIGTERM)];

/// Starts `program`, ends it by each signal and checks that its status is the signal's.
fn ended_by_signals(program: &str) -> impl Iterator<Item = Ended> {
    SIGNALS
        .map(|(name, number)| ended_by(program, name, number, Duration::ZERO))
        .into_iter()
}

fn ended_by(program: &str, name: &str, number: i32, after: Duration) -> Ended {
    let ended = Child::new(program)
        .json()
        .start()
        .ready()
        .after(after)
        .signal(&[name])
        .end();
    assert_eq!(ended.signal(), Some(number), "{ended:?}");
    ended
}

#[profile]
fn compute() {
    let kept = vec![0u8; 1000];
    for number in 0u64.. {
        black_box(number);
    }
    drop(kept);
}

fn computes() -> Outcome {
    ready_when_running("compute", "black_box");
    compute();
    Ok(())
}

fn while_computing() {
    for ended in ended_by_signals("computes") {
        assert_eq!(ended.line("compute", "vec!").increment, 1000);
        assert!(ended.line("compute", "black_box").occurrences > 0);
    }
}

#[profile]
fn allocate() {
    let kept = vec![0u8; 1000];
    loop {
        let sizes = (1..200).map(|size| vec![0u8; size * 50]);
        drop(black_box(sizes.collect::<Vec<_>>()));
        if kept.is_empty() {
            return;
        }
    }
}

fn allocates() -> Outcome {
    ready_when_running("allocate", "black_box");
    allocate();
    Ok(())
}

/// The signal comes at another moment each time, most often inside `malloc` or `free`.
fn while_allocating() {
    for round in 0..20 {
        let ended = ended_by(
            "allocates",
            "TERM",
            libc::SIGTERM,
            Duration::from_micros(777 * round),
        );
        assert_eq!(ended.line("allocate", "vec![0u8; 1000]").increment, 1000);
    }
}

#[profile]
fn accept(listener: &TcpListener) {
    let kept = vec![0u8; 1000];
    let connection = listener.accept();
    drop((connection, kept));
}

fn waits_in_accept() -> Outcome {
    ready_when_running("accept", "listener.accept()");
    accept(&TcpListener::bind("127.0.0.1:0")?);
    Ok(())
}

fn while_waiting_in_accept() {
    for ended in ended_by_signals("waits_in_accept") {
        assert_eq!(ended.line("accept", "vec!").increment, 1000);
        assert_eq!(ended.line("accept", "listener.accept()").occurrences, 1);
    }
}

#[profile]
fn allocate_for_ever(size: usize, all_run: &Barrier) {
    all_run.wait();
    loop {
        let block = vec![0u8; size];
        drop(black_box(block));
    }
}

fn allocates_on_threads() -> Outcome {
    let all_run = Arc::new(Barrier::new(4));
    for number in 1..=3 {
        let all_run = all_run.clone();
        thread::spawn(move || allocate_for_ever(number * 1000, &all_run));
    }
    all_run.wait();
    computes()
}

fn while_other_threads_allocate() {
    for _ in 0..5 {
        for ended in ended_by_signals("allocates_on_threads") {
            assert_eq!(ended.line("compute", "vec!").increment, 1000);
            assert_eq!(
                ended
                    .report()
                    .function("allocate_for_ever")
                    .map(|f| f.calls),
                Some(3)
            );
        }
    }
}

fn never_profiled() -> Outcome {
    ready();
    loop {
        thread::park();
    }
}

fn before_any_profiled_call() {
    for ended in ended_by_signals("never_profiled") {
        assert_eq!(ended.stderr, "");
    }
}

#[profile]
fn keep() -> Vec<u8> {
    let kept = vec![0u8; 1000];
    kept
}

/// Its report waits until the test reads it.
fn reports_slowly() -> Outcome {
    drop(keep());
    fill_stderr();
    ready();
    loop {
        thread::park();
    }
}

/// `timeout` sends its signal twice: to the process, and to its group.
fn the_same_signal_twice_does_not_cut_the_report() {
    let child = Child::new("reports_slowly").json().start().ready();
    let ended = child
        .signal(&["TERM", "TERM"])
        .after(LATER)
        .still_running()
        .end();
    assert_eq!(ended.signal(), Some(libc::SIGTERM));
    assert_eq!(ended.line("keep", "vec!").increment, 1000);
}

fn a_second_signal_kills_during_a_slow_report() {
    for (second, number) in SIGNALS {
        let child = Child::new("reports_slowly").json().start().ready();
        let child = child.signal(&["INT"]).after(LATER).still_running();
        let ended = child.signal(&[second]).after(LATER).end();
        assert_eq!(ended.signal(), Some(number));
        assert!(ended.reports().is_empty());
    }
}

fn ends_slowly() -> Outcome {
    drop(keep());
    fill_stderr();
    ready();
    Ok(())
}

fn a_signal_during_the_report_at_exit() {
    // The report at exit waits for its reader: the signal ends the process when it is written …
    let child = Child::new("ends_slowly")
        .json()
        .start()
        .ready()
        .after(LATER)
        .still_running();
    let ended = child.signal(&["INT"]).after(LATER).still_running().end();
    assert_eq!(ended.signal(), Some(libc::SIGINT));
    assert_eq!(ended.line("keep", "vec!").increment, 1000);
    // … and a second one at once.
    let child = Child::new("ends_slowly")
        .json()
        .start()
        .ready()
        .after(LATER);
    let ended = child
        .signal(&["INT"])
        .after(LATER)
        .signal(&["INT"])
        .after(LATER)
        .end();
    assert_eq!(ended.signal(), Some(libc::SIGINT));
    assert!(ended.reports().is_empty());
}

/// Another thread gets the signal; main ends while that one reports.
#[expect(unsafe_code)]
fn main_blocks_signals() -> Outcome {
    drop(keep());
    thread::spawn(never_profiled_worker);
    // SAFETY: the set is initialized before it is used.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
    fill_stderr();
    ready();
    thread::sleep(LATER);
    Ok(())
}

fn never_profiled_worker() {
    loop {
        thread::park();
    }
}

fn main_ends_while_the_report_is_written() {
    let child = Child::new("main_blocks_signals").json().start().ready();
    let ended = child
        .signal(&["TERM"])
        .after(2 * LATER)
        .still_running()
        .end();
    assert_eq!(ended.signal(), Some(libc::SIGTERM));
    assert_eq!(ended.line("keep", "vec!").increment, 1000);
}

/// As under `nohup`.
fn ignored_signals_stay_ignored() {
    let child = Child::in_shell("computes", r#"trap "" INT; exec "$0""#)
        .json()
        .start()
        .ready();
    let ended = child
        .signal(&["INT"])
        .after(LATER)
        .still_running()
        .signal(&["TERM"])
        .end();
    assert_eq!(ended.signal(), Some(libc::SIGTERM));
    assert_eq!(ended.line("compute", "vec!").increment, 1000);
}
