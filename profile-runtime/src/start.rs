//! What happens once: settings are read and the exit report is arranged when the first profiled
//! function runs. A program in which none runs never gets here.

use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::config::{Config, Output};
use crate::report::Column;
use crate::{exit, record, stats};

/// The settings in force. Earlier ones are leaked, since a report may be reading them.
static CONFIG: AtomicPtr<Config> = AtomicPtr::new(ptr::null_mut());

static STARTED: AtomicBool = AtomicBool::new(false);
static WARNED: AtomicBool = AtomicBool::new(false);
static ARRANGED: AtomicBool = AtomicBool::new(false);
static PROFILING: AtomicBool = AtomicBool::new(true);
static INSTALLED: AtomicBool = AtomicBool::new(true);
static TIMED: AtomicBool = AtomicBool::new(false);

/// Whether profiled functions are to be measured.
pub(crate) fn profiling() -> bool {
    // Nobody waits here: what starting up allocates may itself run a profiled function.
    if !STARTED.load(Acquire) && !STARTED.swap(true, AcqRel) {
        record::current().counters.uncounted(start);
    }
    PROFILING.load(Relaxed)
}

/// Whether lines are to be timed.
pub(crate) fn timed() -> bool {
    TIMED.load(Relaxed)
}

/// The settings in force.
pub(crate) fn config() -> &'static Config {
    // SAFETY: null, or a leaked `Config`.
    #[expect(unsafe_code)]
    let installed = unsafe { CONFIG.load(Acquire).as_ref() };
    installed.unwrap_or_else(|| install(Config::default()))
}

/// Puts `config` in force, the environment's settings over it.
pub(crate) fn install(config: Config) -> &'static Config {
    record::current()
        .counters
        .uncounted(|| put_in_force(config))
}

fn put_in_force(config: Config) -> &'static Config {
    let (mut config, complaints) = config.from_env_over();
    // The program may change its working directory before the report is written.
    if let Output::File(path) = &mut config.output
        && let Ok(absolute) = std::path::absolute(&*path)
    {
        *path = absolute;
    }
    if !complaints.is_empty() && !WARNED.swap(true, Relaxed) {
        for complaint in complaints {
            exit::complain(&complaint);
        }
    }
    PROFILING.store(config.enabled, Relaxed);
    let config: &'static mut Config = Box::leak(Box::new(config));
    CONFIG.store(config, Release);
    if STARTED.load(Acquire) {
        arrange_exit();
    } else {
        // Later it stays as it is: lines are timed from the beginning or not at all.
        TIMED.store(config.columns.contains(&Column::Time), Relaxed);
    }
    config
}

/// Whether memline's allocator was the program's when the first profiled function ran.
pub(crate) fn allocator_installed() -> bool {
    INSTALLED.load(Relaxed)
}

fn start() {
    INSTALLED.store(stats::is_installed(), Relaxed);
    let config = config();
    TIMED.store(config.columns.contains(&Column::Time), Relaxed);
    arrange_exit();
}

/// Whether there is to be a report at exit.
#[cfg(unix)]
pub(crate) fn is_arranged() -> bool {
    ARRANGED.load(Acquire)
}

/// Arranges the report at exit, once, as soon as profiling is on.
fn arrange_exit() {
    if PROFILING.load(Relaxed) && !ARRANGED.swap(true, AcqRel) {
        exit::arrange();
    }
}
