//! What is done when the heap gets too large.

use std::process;
use std::sync::atomic::{
    AtomicI64, AtomicPtr,
    Ordering::{AcqRel, Relaxed},
};
use std::{fmt, ptr};

use super::{Key, Snapshot, engine};
use crate::{collect, counters, exit, output, record, report, start};

/// The live heap at which something is to be done, in bytes.
static LIMIT: AtomicI64 = AtomicI64::new(i64::MAX);

/// A boxed [`OnLimit`]; null where nothing is to be done.
static ACTION: AtomicPtr<OnLimit> = AtomicPtr::new(ptr::null_mut());

/// Places that are listed.
const LISTED: usize = 10;

/// What is done when the live heap passes a limit.
#[non_exhaustive]
pub enum OnLimit {
    /// Prints the tables of profiled functions and, if something is traced, the lines that hold most.
    Report,
    /// Prints them, and aborts the process.
    Abort,
    /// Calls back, with the live heap in bytes.
    Call(Box<dyn FnOnce(u64) + Send>),
}

impl fmt::Debug for OnLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnLimit::Report => "Report",
            OnLimit::Abort => "Abort",
            OnLimit::Call(_) => "Call(…)",
        })
    }
}

/// Does something once the live heap of the process passes `bytes`; once, and in place of what an
/// earlier call asked for.
///
/// It is looked at when a thread tells its balance, each 32 KiB, so that an allocation pays nothing for
/// it. What is asked for is done on the thread whose allocation passed the limit, within that
/// allocation: a function that is called back must not wait for anything that the program may hold
/// while it allocates, such as a lock.
///
/// ```no_run
/// # use profile_runtime as memline;
/// use memline::trace::OnLimit;
///
/// memline::on_limit(512 << 20, OnLimit::Report);
/// ```
pub fn on_limit(bytes: u64, action: OnLimit) {
    let action = engine::apart(|| Box::into_raw(Box::new(action)));
    LIMIT.store(i64::MAX, Relaxed);
    discard(ACTION.swap(action, AcqRel));
    LIMIT.store(i64::try_from(bytes).unwrap_or(i64::MAX), Relaxed);
}

/// The calling thread has just told its balance.
#[inline]
pub(crate) fn check() {
    if counters::published_live() >= LIMIT.load(Relaxed) {
        passed();
    }
}

#[cold]
#[inline(never)]
fn passed() {
    if LIMIT.swap(i64::MAX, AcqRel) == i64::MAX {
        return; // another thread was quicker
    }
    let action = ACTION.swap(ptr::null_mut(), AcqRel);
    if action.is_null() {
        return;
    }
    // SAFETY: a box of `on_limit`, which nobody else has any more.
    #[expect(unsafe_code)]
    let action = engine::apart(|| *unsafe { Box::from_raw(action) });
    let live = counters::published_live().max(0) as u64;
    match action {
        OnLimit::Report => tell(live),
        OnLimit::Abort => {
            tell(live);
            process::abort();
        }
        OnLimit::Call(call) => call(live),
    }
}

fn discard(action: *mut OnLimit) {
    if !action.is_null() {
        // SAFETY: as in `passed`.
        #[expect(unsafe_code)]
        engine::apart(|| drop(unsafe { Box::from_raw(action) }));
    }
}

/// Prints what there is to know.
fn tell(live: u64) {
    record::current().counters.uncounted(|| {
        let size = report::units::Size::of(live);
        exit::complain(&format!("the live heap has reached {size}"));
        let config = start::config();
        let report = collect::report();
        if !report.functions.is_empty() {
            output::to_stderr(&report::render(&report, config, false));
        }
        if let Ok(snapshot) = Snapshot::take() {
            for statistic in snapshot.statistics(Key::Line, false).iter().take(LISTED) {
                output::to_stderr(&format!("{statistic}\n"));
            }
        }
    });
}
