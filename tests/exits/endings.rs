//! Ends that a program brings about itself.

use std::hint::black_box;
use std::sync::mpsc;
use std::{process, thread};

use memline::profile;

use crate::common::{Child, Outcome, Program, Test};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![
    returns,
    fails,
    exits_deep,
    exits_on_a_thread,
    panics,
    panics_on_a_thread,
    cannot_unwind,
    aborts,
    leaves_without_cleaning_up,
    threads_still_run,
    nothing_profiled_runs,
];

pub(crate) const TESTS: &[Test] = named![
    a_normal_return,
    an_error_from_main,
    an_exit_within_profiled_calls,
    an_exit_on_another_thread,
    a_panic_in_main,
    a_panic_on_a_thread,
    ends_without_cleanup_have_no_report,
    running_threads_are_included,
    without_a_profiled_call_nothing_is_printed,
];

#[profile]
fn keep(bytes: usize) -> Vec<u8> {
    let kept = Vec::with_capacity(bytes);
    kept
}

#[profile]
#[allow(dead_code)]
fn never_called() {
    drop(keep(1));
}

fn returns() -> Outcome {
    drop(keep(1000));
    println!("done");
    if std::env::args().count() > 100 {
        never_called();
    }
    Ok(())
}

fn a_normal_return() {
    let ended = Child::new("returns").json().run();
    assert_eq!((ended.code(), ended.stdout.as_str()), (Some(0), "done\n"));
    assert_eq!(ended.line("endings::keep", "with_capacity").increment, 1000);
    // A function that never ran is not in the report.
    assert_eq!(ended.report().functions.len(), 1);
    assert_eq!(ended.stderr.lines().count(), 1);
}

fn fails() -> Outcome {
    drop(keep(1000));
    Err("no luck".into())
}

fn an_error_from_main() {
    let ended = Child::new("fails").json().run();
    assert_eq!(ended.code(), Some(1));
    assert!(
        ended.stderr.starts_with("Error: \"no luck\"\n"),
        "{ended:?}"
    );
    assert_eq!(ended.line("keep", "with_capacity").increment, 1000);
}

#[profile]
fn outer() {
    let kept = keep(500);
    inner(&kept, vec![0; 4096]);
}

#[profile]
fn inner(_: &[u8], owned: Vec<u8>) {
    let boxed = Box::new([0u8; 64]);
    stop(owned, boxed, vec![0u8; 300]);
}

fn stop(owned: Vec<u8>, boxed: Box<[u8; 64]>, open: Vec<u8>) {
    black_box((&owned, &boxed, &open));
    process::exit(7);
}

fn exits_deep() -> Outcome {
    outer();
    Ok(())
}

fn an_exit_within_profiled_calls() {
    let ended = Child::new("exits_deep").json().run();
    assert_eq!(ended.code(), Some(7));
    // The lines that were open are charged with what they did until then.
    assert_eq!(ended.line("inner", "stop(").allocated, 300);
    assert_eq!(ended.line("inner", "Box::new").increment, 64);
    assert_eq!(ended.line("outer", "inner(").allocated, 4096 + 64 + 300);
    assert_eq!(ended.line("outer", "keep(500)").increment, 500);
}

fn exits_on_a_thread() -> Outcome {
    let worker = thread::spawn(|| {
        let kept = keep(2000);
        black_box(&kept);
        process::exit(8);
    });
    worker.join().map_err(|_| "it panicked")?;
    Ok(())
}

fn an_exit_on_another_thread() {
    let ended = Child::new("exits_on_a_thread").json().run();
    assert_eq!(ended.code(), Some(8));
    assert_eq!(ended.line("keep", "with_capacity").increment, 2000);
}

#[profile]
fn fall(bytes: usize) {
    let kept = keep(bytes);
    assert!(kept.capacity() == 0, "it fell");
}

fn panics() -> Outcome {
    fall(1000);
    Ok(())
}

fn a_panic_in_main() {
    let ended = Child::new("panics").json().run();
    assert_eq!(ended.code(), Some(101));
    assert!(ended.stderr.contains("it fell"), "{ended:?}");
    assert_eq!(ended.line("keep", "with_capacity").increment, 1000);
    assert_eq!(ended.line("fall", "keep(bytes)").increment, 1000);
}

fn panics_on_a_thread() -> Outcome {
    let worker = thread::spawn(|| fall(1000));
    assert!(worker.join().is_err());
    Ok(())
}

fn a_panic_on_a_thread() {
    let ended = Child::new("panics_on_a_thread").json().run();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(ended.line("fall", "keep(bytes)").increment, 1000);
    assert_eq!(
        ended.report().function("fall").map(|fall| fall.calls),
        Some(1)
    );
}

/// A panic aborts here, as it does everywhere under `panic = "abort"`.
extern "C" fn no_way_out() {
    fall(1000);
}

fn cannot_unwind() -> Outcome {
    no_way_out();
    Ok(())
}

fn aborts() -> Outcome {
    drop(keep(1000));
    process::abort();
}

#[expect(unsafe_code)]
fn leaves_without_cleaning_up() -> Outcome {
    drop(keep(1000));
    // SAFETY: no preconditions.
    unsafe { libc::_exit(9) }
}

fn ends_without_cleanup_have_no_report() {
    for (program, status) in [
        ("cannot_unwind", (None, Some(libc::SIGABRT))),
        ("aborts", (None, Some(libc::SIGABRT))),
        ("leaves_without_cleaning_up", (Some(9), None)),
    ] {
        let ended = Child::new(program).json().run();
        assert_eq!((ended.code(), ended.signal()), status, "{program}");
        assert!(ended.reports().is_empty(), "{program}");
    }
}

#[profile]
fn hold(bytes: usize, begun: &mpsc::Sender<()>) {
    let kept = keep(bytes);
    begun.send(()).expect("main listens");
    wait_for_ever(kept, vec![0; 77]);
}

fn wait_for_ever(kept: Vec<u8>, open: Vec<u8>) {
    black_box((&kept, &open));
    loop {
        thread::park();
    }
}

fn threads_still_run() -> Outcome {
    let (begun, begins) = mpsc::channel();
    for number in 1..=3 {
        let begun = begun.clone();
        thread::spawn(move || hold(number * 1000, &begun));
    }
    for _ in 1..=3 {
        begins.recv()?;
    }
    Ok(())
}

fn running_threads_are_included() {
    let ended = Child::new("threads_still_run").json().run();
    assert_eq!(ended.code(), Some(0));
    let line = ended.line("hold", "keep(bytes)");
    assert_eq!((line.occurrences, line.increment), (3, 6000));
}

fn nothing_profiled_runs() -> Outcome {
    println!("{}", String::from("done"));
    Ok(())
}

fn without_a_profiled_call_nothing_is_printed() {
    // Not even complaints: memline is never asked.
    for value in ["table", "xml"] {
        let ended = Child::new("nothing_profiled_runs")
            .env("MEMLINE_FORMAT", value)
            .run();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    }
}
