//! Profiled functions that run in a signal handler, wherever the signal finds the program: within a
//! probe, or within the allocator.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Duration;
use std::{io, ptr, thread};

use memline::profile;

use crate::common::{Child, Ended, Outcome, Program, Test};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![handler_known, handler_new];

pub(crate) const TESTS: &[Test] = named![
    a_profiled_function_in_a_signal_handler,
    functions_that_run_first_in_a_signal_handler,
];

/// How many signals have been handled.
static HANDLED: AtomicUsize = AtomicUsize::new(0);

#[profile]
fn work(signals: usize) -> u64 {
    let mut passes = 0;
    while HANDLED.load(Relaxed) < signals {
        // Larger than what glibc keeps per thread, so that its lock is taken.
        let block = black_box(vec![1u8; 5000]);
        passes += 1;
        drop(block);
    }
    passes
}

#[profile]
fn tick(count: usize) -> usize {
    let next = black_box(count);
    next + 1
}

extern "C" fn on_signal(_: libc::c_int) {
    HANDLED.store(tick(HANDLED.load(Relaxed)), Relaxed);
}

macro_rules! functions {
    ($($name:ident)*) => {
        $(
            #[profile]
            fn $name(count: usize) -> usize {
                let next = black_box(count);
                next + 1
            }
        )*

        const NEW: &[fn(usize) -> usize] = &[$($name),*];
    };
}

functions!(
    new00 new01 new02 new03 new04 new05 new06 new07 new08 new09 new10 new11 new12 new13 new14 new15
    new16 new17 new18 new19 new20 new21 new22 new23 new24 new25 new26 new27 new28 new29 new30 new31
    new32 new33 new34 new35 new36 new37 new38 new39 new40 new41 new42 new43 new44 new45 new46 new47
    new48 new49 new50 new51 new52 new53 new54 new55 new56 new57 new58 new59 new60 new61 new62 new63
);

extern "C" fn on_signal_new(_: libc::c_int) {
    let count = HANDLED.load(Relaxed);
    if let Some(function) = NEW.get(count) {
        HANDLED.store(function(count), Relaxed);
    }
}

/// Has `handler` run every half millisecond of this thread's own time.
#[expect(unsafe_code)]
fn interrupt_with(handler: extern "C" fn(libc::c_int)) -> io::Result<()> {
    let period = libc::timeval {
        tv_sec: 0,
        tv_usec: 500,
    };
    let timer = libc::itimerval {
        it_interval: period,
        it_value: period,
    };
    // SAFETY: the handler reads and writes atomics, and calls what this file is about.
    let before = unsafe { libc::signal(libc::SIGALRM, handler as *const () as libc::sighandler_t) };
    if before == libc::SIG_ERR {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `timer` is a timer, and nobody asks for the one before.
    match unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// No signal later than this, so that the program's end is undisturbed.
#[expect(unsafe_code)]
fn ignore() {
    // SAFETY: to ignore a signal needs no handler.
    unsafe { libc::signal(libc::SIGALRM, libc::SIG_IGN) };
}

fn handler_known() -> Outcome {
    // Entered once before: its table is there.
    assert_eq!(tick(0), 1);
    interrupt_with(on_signal)?;
    let passes = work(1000);
    ignore();
    println!("{passes}\n{}", HANDLED.load(Relaxed));
    Ok(())
}

/// Leaves the signal to other threads.
#[expect(unsafe_code)]
fn block() {
    // SAFETY: a signal set of this frame, empty at first.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&raw mut set, libc::SIGALRM);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut());
    }
}

fn handler_new() -> Outcome {
    // With a second thread, the system's allocator takes its locks. It handles no signals itself.
    let (ready, blocked) = mpsc::channel();
    thread::spawn(move || {
        block();
        let _ = ready.send(());
        loop {
            thread::sleep(Duration::from_secs(60));
        }
    });
    blocked.recv()?;
    interrupt_with(on_signal_new)?;
    println!("{}", work(NEW.len()));
    ignore();
    Ok(())
}

/// The number in that line of what the program printed.
#[track_caller]
fn said(ended: &Ended, line: usize) -> u64 {
    let number = ended.stdout.lines().nth(line).map(str::parse);
    number.expect("it says how many").expect("a number")
}

/// The passes of [`work`], whose lines are exact, whatever interrupted them.
#[track_caller]
fn check(ended: &Ended) {
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let passes = said(ended, 0);
    let kept = ended.line("work", "vec!");
    assert_eq!((kept.occurrences, kept.allocs), (passes, passes));
    assert_eq!(kept.increment, 5000 * passes as i64);
    assert_eq!(ended.line("work", "drop(block)").frees, passes);
    let report = ended.report();
    let work = report.function("handlers::work").expect("it ran");
    assert_eq!(work.increment(), 0);
}

fn a_profiled_function_in_a_signal_handler() {
    let ended = Child::new("handler_known").json().run();
    check(&ended);
    let inside = ended.line("tick", "let next");
    // Once before the signals, and once in each.
    assert_eq!(inside.occurrences, 1 + said(&ended, 1), "{inside:?}");
    assert_eq!((inside.allocs, inside.increment), (0, 0));
}

fn functions_that_run_first_in_a_signal_handler() {
    let ended = Child::new("handler_new").json().run();
    check(&ended);
    let report = ended.report();
    for at in 0..NEW.len() {
        let function = report.function(&format!("new{at:02}"));
        assert_eq!(function.expect("it ran").calls, 1, "new{at:02}");
    }
}
