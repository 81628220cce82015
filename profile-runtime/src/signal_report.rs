//! The report and the end of the recording when SIGINT or SIGTERM ends the process.
//!
//! A handler may interrupt the allocator while that holds its locks. So the thread that writes the
//! report allocates from the runtime's own memory, and gives nothing back: the signal
//! then ends the process, with its usual status. No thread waits for signals meanwhile.
//!
//! Where memline's allocator is not installed that protection is missing, and signals are left
//! alone: better no report than a program that cannot be stopped.

use std::alloc::Layout;

#[cfg(unix)]
pub(crate) use unix::{after_fork, end_if_due, install_handlers, is_mine, realloc};

#[cfg(not(unix))]
pub(crate) use elsewhere::{is_mine, realloc};

#[cfg(unix)]
mod unix {
    use std::ptr;
    use std::sync::atomic::{
        AtomicI32, AtomicU64, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    };

    use super::Layout;
    use crate::{arena, exit, record, recorder, start, timeline};

    const SIGNALS: [libc::c_int; 2] = [libc::SIGINT, libc::SIGTERM];

    /// Signals within so many nanoseconds of the first are the same one: `timeout` sends its signal
    /// to the process and then to the group, supervisors do alike. A later one ends the process.
    const SAME: u64 = 250_000_000;

    /// The thread that reports, as `pthread_self` names it; 0 while none does.
    static REPORTER: AtomicUsize = AtomicUsize::new(0);
    /// When the first signal came, in nanoseconds; 0 until then.
    static FIRST: AtomicU64 = AtomicU64::new(0);
    /// The signal that is to end the process once the report is written; 0 where none is.
    static DUE: AtomicI32 = AtomicI32::new(0);

    /// Installs the handlers where the signals have their default disposition.
    pub(crate) fn install_handlers() {
        // SAFETY: no preconditions.
        #[expect(unsafe_code)]
        let process = unsafe { libc::getpid() };
        // To process 1 of a container such a signal does nothing, and so it stays.
        if !start::allocator_installed() || process == 1 {
            return;
        }
        for signal in SIGNALS {
            if disposition(signal) == Some(libc::SIG_DFL) {
                // SAFETY: zeroed, then filled as `sigaction` asks; the handler has its signature.
                #[expect(unsafe_code)]
                unsafe {
                    let mut action: libc::sigaction = std::mem::zeroed();
                    action.sa_sigaction = handler as *const () as usize;
                    libc::sigemptyset(&raw mut action.sa_mask);
                    // A second signal is not held back by the first.
                    action.sa_flags = libc::SA_NODEFER | libc::SA_RESTART;
                    libc::sigaction(signal, &raw const action, ptr::null_mut());
                }
            }
        }
    }

    fn disposition(signal: libc::c_int) -> Option<usize> {
        // SAFETY: `sigaction` only writes `action`.
        #[expect(unsafe_code)]
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let failed = libc::sigaction(signal, ptr::null(), &raw mut action) != 0;
            (!failed).then_some(action.sa_sigaction)
        }
    }

    extern "C" fn handler(signal: libc::c_int) {
        // A program that has since set a handler of its own may call this one after it, as
        // signal-hook does; without memline there would be nothing to call.
        if disposition(signal) != Some(handler as *const () as usize) {
            return;
        }
        let now = now();
        match FIRST.compare_exchange(0, now, AcqRel, Acquire) {
            Ok(_) => {}
            Err(first) if now.saturating_sub(first) < SAME => return,
            Err(_) => end(signal),
        }
        if exit::is_writing() {
            // The process is ending already; whoever writes the report ends it by the signal.
            DUE.store(signal, Release);
            return;
        }
        // SAFETY: no preconditions.
        #[expect(unsafe_code)]
        let me = unsafe { libc::pthread_self() } as usize;
        REPORTER.store(me, Release);
        record::forget_current();
        if start::is_arranged() {
            let _ = std::panic::catch_unwind(exit::write_report);
        }
        let _ = std::panic::catch_unwind(recorder::finish_in_handler);
        let _ = std::panic::catch_unwind(timeline::finish_in_handler);
        end(signal);
    }

    /// Ends the process by a signal that came while its report was being written.
    pub(crate) fn end_if_due() {
        let signal = DUE.load(Acquire);
        if signal != 0 {
            recorder::finish_at_exit();
            timeline::finish_at_exit();
            end(signal);
        }
    }

    /// Ends the process by `signal`, as it would have ended without a handler.
    fn end(signal: libc::c_int) {
        // SAFETY: the default disposition, which ends the process, for a signal whose handler is
        // ours; then the signal, to this process.
        #[expect(unsafe_code)]
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::kill(libc::getpid(), signal);
        }
    }

    /// Nanoseconds since some moment; never 0.
    fn now() -> u64 {
        // SAFETY: `clock_gettime` only writes `now`; a signal handler may call it.
        #[expect(unsafe_code)]
        let now = unsafe {
            let mut now: libc::timespec = std::mem::zeroed();
            libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now);
            now
        };
        (now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64).max(1)
    }

    /// A forked child has had no signal yet.
    pub(crate) fn after_fork() {
        REPORTER.store(0, Relaxed);
        FIRST.store(0, Relaxed);
        DUE.store(0, Relaxed);
    }

    /// Whether this thread is writing the last report.
    pub(crate) fn is_mine() -> bool {
        let reporter = REPORTER.load(Relaxed);
        // SAFETY: no preconditions.
        #[expect(unsafe_code)]
        let me = || unsafe { libc::pthread_self() } as usize;
        reporter != 0 && reporter == me()
    }

    /// Moves a block into memory for the last report.
    ///
    /// # Safety
    ///
    /// `block` is a block of `layout`.
    #[expect(unsafe_code)]
    pub(crate) unsafe fn realloc(block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return ptr::null_mut();
        };
        let new = arena::alloc_zeroed(new_layout);
        if !new.is_null() {
            // SAFETY: both blocks are at least so large, and the new one is nobody else's.
            unsafe { block.copy_to_nonoverlapping(new, layout.size().min(new_size)) };
        }
        new
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::Layout;

    pub(crate) fn is_mine() -> bool {
        false
    }

    #[expect(unsafe_code)]
    pub(crate) unsafe fn realloc(_: *mut u8, _: Layout, _: usize) -> *mut u8 {
        std::ptr::null_mut()
    }
}
