//! The process over time, while that is asked for: its memory, and which profiled functions run.
//!
//! ```text
//! MEMLINE_TIMELINE=FILE ─► sampler, a thread ─► every 10 ms: RSS, live heap, calls ─► page ─► FILE
//! memline::mark!        ─────────────────────────────────────────────────────────► page ─► FILE
//! ```
//!
//! | modules | |
//! |---|---|
//! | `calls` | which functions ran since the last look: their tables tell, and no probe knows of it |
//! | `log` | the page and the file, of one thread at a time |
//! | `sampler`, `system` | the thread, and how it asks the system |

pub(crate) mod calls;
mod log;
mod sampler;
mod system;

use std::env;
use std::ffi::CStr;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use profile_trace::timeline::Record;

use crate::mark::Text;
use crate::{exit, recorder};

const VARIABLE: &CStr = c"MEMLINE_TIMELINE";

/// Begins a timeline if the environment asks for one. Each thread calls this when it begins to
/// count.
#[inline]
pub(crate) fn begin_if_asked() {
    static ASKED: AtomicBool = AtomicBool::new(false);
    if ASKED.load(Relaxed) || ASKED.swap(true, Relaxed) {
        return;
    }
    // SAFETY: a C string; what it returns is only compared with null.
    #[expect(unsafe_code)]
    let asked = unsafe { !libc::getenv(VARIABLE.as_ptr()).is_null() };
    if asked {
        recorder::apart(begin);
    }
}

#[cold]
fn begin() {
    let Some(path) = env::var_os("MEMLINE_TIMELINE").filter(|path| !path.is_empty()) else {
        return;
    };
    // The program may change its directory.
    let path = PathBuf::from(path);
    let path = std::path::absolute(&path).unwrap_or(path);
    let begun = log::open(&path).and_then(|()| sampler::start());
    if let Err(error) = begun {
        log::forget();
        let path = path.display();
        return exit::complain(&format!(
            "MEMLINE_TIMELINE: {path} cannot be written: {error}"
        ));
    }
    // SAFETY: the functions have the signatures that the system asks for, and do not unwind.
    #[expect(unsafe_code)]
    unsafe {
        libc::atexit(at_exit);
        libc::pthread_atfork(None, None, Some(in_child));
    }
}

/// Notes what the program says of itself.
pub(crate) fn mark(text: fmt::Arguments<'_>) {
    if log::is_on() {
        let text = Text::of(text);
        log::with(|log| {
            log.add(&Record::Mark(text.as_str()));
            log.flush();
        });
    }
}

extern "C" fn at_exit() {
    recorder::apart(|| {
        if let Some(error) = log::finish() {
            exit::complain(&format!("the timeline has stopped: {error}"));
        }
    });
}

/// A forked child has no sampler, and the file is its parent's.
extern "C" fn in_child() {
    log::forget();
}
