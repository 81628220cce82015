//! The report at exit.

use std::panic;
use std::sync::atomic::{
    AtomicU8,
    Ordering::{AcqRel, Acquire, Release},
};
use std::thread;
use std::time::Duration;

use crate::{collect, output, record, recorder, report, start};

const UNWRITTEN: u8 = 0;
const WRITING: u8 = 1;
const WRITTEN: u8 = 2;

/// How far the report is: it is written once.
static PROGRESS: AtomicU8 = AtomicU8::new(UNWRITTEN);

/// Arranges that the report is written when the process ends.
pub(crate) fn arrange() {
    #[cfg(not(unix))]
    #[expect(unsafe_code)]
    // SAFETY: as the C library declares it.
    unsafe extern "C" {
        fn atexit(function: extern "C" fn()) -> i32;
    }
    #[cfg(unix)]
    use libc::atexit;
    // SAFETY: `at_exit` is a function as `atexit` takes it, and does not unwind.
    #[expect(unsafe_code)]
    let failed = unsafe { atexit(at_exit) } != 0;
    if failed {
        complain("the tables cannot be printed at exit: atexit failed; call memline::report()");
    }
    #[cfg(unix)]
    crate::signal_report::install_handlers();
    #[cfg(unix)]
    crate::fork::watch();
}

extern "C" fn at_exit() {
    // What the report allocates is not for the lines that are still open on this thread.
    record::current().counters.publish();
    record::forget_current();
    if panic::catch_unwind(|| recorder::apart(write_report)).is_err() {
        complain("the report failed; the program's own result is not affected");
    }
    // A signal that ends the process may be writing on another thread, and is not cut short.
    while is_writing() {
        thread::sleep(Duration::from_millis(1));
    }
    #[cfg(unix)]
    crate::signal_report::end_if_due();
}

/// Writes the report, unless that was done before or is being done.
pub(crate) fn write_report() {
    struct Finish;
    impl Drop for Finish {
        fn drop(&mut self) {
            PROGRESS.store(WRITTEN, Release);
        }
    }
    let begun = PROGRESS.compare_exchange(UNWRITTEN, WRITING, AcqRel, Acquire);
    if begun.is_err() {
        return;
    }
    let _finish = Finish; // also where the report panics
    let config = start::config();
    if !config.enabled {
        return;
    }
    let report = collect::report();
    if report.functions.is_empty() {
        return;
    }
    let terminal = output::is_terminal(&config.output);
    let text = report::render(&report, config, terminal);
    output::write(&config.output, &text);
}

/// Whether a thread is writing the report just now.
pub(crate) fn is_writing() -> bool {
    PROGRESS.load(Acquire) == WRITING
}

/// A forked child writes a report of its own.
#[cfg(unix)]
pub(crate) fn after_fork() {
    PROGRESS.store(UNWRITTEN, Release);
}

/// Says on stderr what went wrong inside memline.
pub(crate) fn complain(message: &str) {
    output::to_stderr(&format!("memline: {message}\n"));
}
