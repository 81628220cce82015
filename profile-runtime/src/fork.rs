//! A forked child starts with figures of its own, and writes them in a report of its own.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::{exit, record, rss, signal_report, table};

static CHILD: AtomicBool = AtomicBool::new(false);

/// Watches for forks.
pub(crate) fn watch() {
    // SAFETY: `in_child` only stores into memory of this process: it neither allocates nor locks.
    #[expect(unsafe_code)]
    unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    }
}

/// Whether this process was forked from one that was profiled already.
pub(crate) fn is_child() -> bool {
    CHILD.load(Relaxed)
}

extern "C" fn in_child() {
    CHILD.store(true, Relaxed);
    rss::after_fork();
    record::after_fork();
    table::reset();
    exit::after_fork();
    signal_report::after_fork();
}
