//! The report at exit.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel};

use crate::{collect, output, report, start};

static WRITTEN: AtomicBool = AtomicBool::new(false);

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
    if panic::catch_unwind(write_report).is_err() {
        complain("the report failed; the program's own result is not affected");
    }
}

/// Writes the report, unless that was done before.
pub(crate) fn write_report() {
    if WRITTEN.swap(true, AcqRel) {
        return;
    }
    let config = start::config();
    let report = collect::report();
    if report.functions.is_empty() {
        return;
    }
    let terminal = output::is_terminal(&config.output);
    let text = report::render(&report, config, terminal);
    output::write(&config.output, &text);
}

/// A forked child writes a report of its own.
#[cfg(unix)]
pub(crate) fn after_fork() {
    WRITTEN.store(false, std::sync::atomic::Ordering::Release);
}

/// Says on stderr what went wrong inside memline.
pub(crate) fn complain(message: &str) {
    output::to_stderr(&format!("memline: {message}\n"));
}
