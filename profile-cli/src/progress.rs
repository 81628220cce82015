//! Shows how far work has come, once it has taken a second.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use profile_trace::read::Meter;

/// Work that takes less says nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often what is shown changes.
const TICK: Duration = Duration::from_millis(100);

/// A bar on stderr, if that is a terminal, until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    stage: Arc<Mutex<Stage>>,
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What is done at the moment.
#[derive(Debug)]
struct Stage {
    message: String,
    meter: Meter,
}

impl Progress {
    /// Begins to wait for work that is described so, and that `meter` measures.
    pub(crate) fn of(message: String, meter: Meter) -> Self {
        let stage = Arc::new(Mutex::new(Stage { message, meter }));
        let (done, wait) = mpsc::channel();
        let shown = stage.clone();
        let thread = thread::spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                show(&shown, &wait);
            }
        });
        Self {
            stage,
            done: Some(done),
            thread: Some(thread),
        }
    }

    /// Goes on with other work, of so many parts.
    pub(crate) fn next(&self, message: &str, parts: u64) -> Meter {
        let meter = Meter::new(parts);
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        *stage = Stage {
            message: message.to_owned(),
            meter: meter.clone(),
        };
        meter
    }
}

/// Shows the stage until the sender is dropped.
fn show(stage: &Mutex<Stage>, wait: &Receiver<()>) {
    let bar = ProgressBar::new(1).with_elapsed(PATIENCE);
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent} % ({elapsed})");
    let bar = match style {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    };
    loop {
        {
            let stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
            let (done, whole) = stage.meter.read();
            bar.set_message(stage.message.clone());
            bar.update(|state| {
                state.set_len(whole.max(1));
                state.set_pos(done);
            });
        }
        if wait.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    bar.finish_and_clear();
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to clear.
            let _ended = thread.join();
        }
    }
}
