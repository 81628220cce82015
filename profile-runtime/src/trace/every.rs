//! Snapshots at intervals.

use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Error, Snapshot, engine, why_not};

/// Takes a snapshot each `interval` and hands it to `look`, on a thread of its own, until what it
/// returns is dropped.
///
/// ```no_run
/// # use profile_runtime as memline;
/// use std::time::Duration;
/// use memline::{Key, trace};
///
/// trace::start(1)?;
/// let watch = trace::every(Duration::from_secs(60), |snapshot| {
///     if let Some(largest) = snapshot.statistics(Key::Line, false).first() {
///         eprintln!("{largest}");
///     }
/// })?;
/// # drop(watch);
/// # Ok::<(), trace::Error>(())
/// ```
///
/// # Errors
///
/// If nothing is traced, or the system has no thread to give.
pub fn every(
    interval: Duration,
    mut look: impl FnMut(Snapshot) + Send + 'static,
) -> Result<Every, Error> {
    if !engine::is_on() {
        return Err(why_not());
    }
    let ended = Arc::new((Mutex::new(false), Condvar::new()));
    let shared = ended.clone();
    let work = move || {
        let mut due = Instant::now() + interval;
        while !wait(&shared, due) {
            let Ok(snapshot) = Snapshot::take() else {
                continue; // traced no more, perhaps again later
            };
            look(snapshot);
            // Those that were missed meanwhile are not made up for.
            due = (due + interval).max(Instant::now());
        }
    };
    let thread = engine::untraced(|| {
        let named = thread::Builder::new().name("memline-every".to_owned());
        named.spawn(work)
    });
    let failed = |error: io::Error| Error::File(format!("no thread can be started: {error}"));
    Ok(Every {
        ended,
        thread: Some(thread.map_err(failed)?),
    })
}

/// Waits until `due`, or until all is over: `true`.
fn wait((ended, told): &(Mutex<bool>, Condvar), due: Instant) -> bool {
    let left = due.saturating_duration_since(Instant::now());
    let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = told.wait_timeout_while(ended, left, |ended| !*ended);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

/// Snapshots at intervals, until this is dropped; see [`every`].
#[must_use = "no snapshot is taken once this is dropped"]
pub struct Every {
    ended: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Every {
    /// Waits for the snapshot that is being looked at.
    fn drop(&mut self) {
        *self.ended.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.1.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join(); // a panic has been told already
        }
    }
}

impl fmt::Debug for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Every").finish_non_exhaustive()
    }
}
