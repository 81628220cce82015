//! SIGINT to a program with a handler of its own, set before or after the first profiled call.
//! Each program ends with a code of its own, and its report is written as at any other exit.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use memline::profile;

use crate::common::{Child, Outcome, Program, Test, ready};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![
    sigaction_before,
    sigaction_after,
    ctrlc_before,
    ctrlc_after,
    signal_hook_before,
    signal_hook_after,
    tokio_before,
    tokio_after,
    restores_the_default,
];

pub(crate) const TESTS: &[Test] = named![
    a_handler_by_sigaction,
    a_handler_by_ctrlc,
    a_handler_by_signal_hook,
    a_handler_by_tokio,
    the_default_restored_by_the_program,
];

#[profile]
fn keep() -> Vec<u8> {
    let kept = vec![0u8; 1000];
    kept
}

/// Both programs end with code 3 after SIGINT, with one report.
fn check(before: &str, after: &str) {
    for program in [before, after] {
        let ended = Child::new(program)
            .json()
            .start()
            .ready()
            .signal(&["INT"])
            .end();
        assert_eq!(ended.code(), Some(3), "{program}: {ended:?}");
        assert_eq!(ended.stdout, "interrupted\n", "{program}");
        assert_eq!(ended.line("keep", "vec!").increment, 1000);
    }
}

fn interrupted() -> ! {
    println!("interrupted");
    process::exit(3)
}

/// Runs `set` before or after a profiled call, then waits for `flag`.
fn wait_for(flag: &AtomicBool, set: impl FnOnce() -> Outcome, before: bool) -> Outcome {
    let set = if before {
        set()?;
        None
    } else {
        Some(set)
    };
    drop(keep());
    if let Some(set) = set {
        set()?;
    }
    ready();
    while !flag.load(SeqCst) {
        thread::sleep(Duration::from_millis(1));
    }
    interrupted()
}

static RAISED: AtomicBool = AtomicBool::new(false);

extern "C" fn raise_flag(_: libc::c_int) {
    RAISED.store(true, SeqCst);
}

#[expect(unsafe_code)]
fn set_sigaction() -> Outcome {
    // SAFETY: zeroed, then filled as `sigaction` asks; the handler only stores a flag.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = raise_flag as *const () as usize;
        libc::sigaction(libc::SIGINT, &raw const action, std::ptr::null_mut());
    }
    Ok(())
}

fn sigaction_before() -> Outcome {
    wait_for(&RAISED, set_sigaction, true)
}

fn sigaction_after() -> Outcome {
    wait_for(&RAISED, set_sigaction, false)
}

fn a_handler_by_sigaction() {
    check("sigaction_before", "sigaction_after");
}

fn set_ctrlc() -> Outcome {
    ctrlc::set_handler(|| RAISED.store(true, SeqCst))?;
    Ok(())
}

fn ctrlc_before() -> Outcome {
    wait_for(&RAISED, set_ctrlc, true)
}

fn ctrlc_after() -> Outcome {
    wait_for(&RAISED, set_ctrlc, false)
}

fn a_handler_by_ctrlc() {
    check("ctrlc_before", "ctrlc_after");
}

fn with_signal_hook(before: bool) -> Outcome {
    let raised = Arc::new(AtomicBool::new(false));
    let set = || {
        signal_hook::flag::register(signal_hook::consts::SIGINT, raised.clone())?;
        Ok(())
    };
    wait_for(&raised, set, before)
}

fn signal_hook_before() -> Outcome {
    with_signal_hook(true)
}

/// signal-hook calls the handler that it replaced after its own: memline's must then do nothing.
fn signal_hook_after() -> Outcome {
    with_signal_hook(false)
}

fn a_handler_by_signal_hook() {
    check("signal_hook_before", "signal_hook_after");
}

fn with_tokio(before: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if !before {
        drop(keep());
    }
    runtime.block_on(async {
        let signal = tokio::signal::unix::SignalKind::interrupt();
        let mut signals = tokio::signal::unix::signal(signal)?;
        if before {
            drop(keep());
        }
        ready();
        signals.recv().await;
        interrupted()
    })
}

fn tokio_before() -> Outcome {
    with_tokio(true)
}

fn tokio_after() -> Outcome {
    with_tokio(false)
}

fn a_handler_by_tokio() {
    check("tokio_before", "tokio_after");
}

/// A program that took memline's handler away has the default, and no report.
#[expect(unsafe_code)]
fn restores_the_default() -> Outcome {
    drop(keep());
    // SAFETY: the default disposition needs no handler.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    ready();
    loop {
        thread::park();
    }
}

fn the_default_restored_by_the_program() {
    let child = Child::new("restores_the_default").json().start().ready();
    let ended = child.signal(&["INT"]).end();
    assert_eq!(ended.signal(), Some(libc::SIGINT));
    assert!(ended.reports().is_empty());
}
