//! Two lines around a suspect piece of work.

use std::fmt;
use std::io::{self, Write};

use super::leak_report::{LeakReport, Seen};
use super::{Error, Key, Snapshot, can_trace, engine, handed_out, settings};
use crate::{exit, output, rss};

/// Frames that are kept for [`Key::Stack`], unless told otherwise.
const STACK_FRAMES: u32 = 5;

/// What is allocated between its start and its stop and still lives then: where, and of which types.
///
/// ```no_run
/// # use profile_runtime as memline;
/// # fn work() {}
/// use memline::{Key, Leak};
///
/// let leak = Leak::builder().limit(2).key(Key::Line).start();
/// work();
/// leak.stop(); // prints; so does dropping it
/// ```
///
/// The report goes to stderr. If nothing was traced before, tracing ends with it.
#[must_use = "what it is to watch lies between its start and its stop"]
pub struct Leak {
    limit: usize,
    key: Key,
    watch: Option<Watch>,
}

/// What was there at the start.
struct Watch {
    mark: u32,
    before: Option<Snapshot>,
    rss: Option<u64>,
}

impl Leak {
    /// Its settings: ten lines, unless told otherwise.
    pub fn builder() -> LeakBuilder {
        LeakBuilder::default()
    }

    /// Watches with the default settings.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// What lives now and was allocated since the start. The watch goes on.
    #[must_use]
    pub fn report(&self) -> LeakReport {
        handed_out(|| self.look().unwrap_or_default())
    }

    /// Ends, and prints the report to stderr.
    pub fn stop(mut self) {
        self.end();
    }

    /// Ends, and writes the report to `out`.
    ///
    /// # Errors
    ///
    /// If `out` does not take it.
    pub fn stop_to(mut self, mut out: impl Write) -> io::Result<()> {
        let text = handed_out(|| self.look().map(|report| report.to_string()));
        self.leave();
        out.write_all(text.unwrap_or_default().as_bytes())?;
        out.flush()
    }

    /// Ends without a word, and returns the report.
    #[must_use]
    pub fn into_report(mut self) -> LeakReport {
        let report = self.report();
        self.leave();
        report
    }

    fn look(&self) -> Option<LeakReport> {
        let watch = self.watch.as_ref()?;
        let rss = rss::read(); // before what follows adds to it
        let all = Snapshot::take().ok()?;
        let since = Snapshot::since(Some(watch.mark)).ok()?;
        let seen = Seen {
            key: self.key,
            limit: self.limit,
            since: &since,
            all: &all,
            before: watch.before.as_ref(),
            rss: (watch.rss, rss),
            lost: engine::lost(),
        };
        Some(LeakReport::of(&seen))
    }

    fn end(&mut self) {
        engine::apart(|| {
            if let Some(report) = self.look() {
                output::to_stderr(&report.to_string());
            }
        });
        self.leave();
    }

    fn leave(&mut self) {
        if self.watch.take().is_some() {
            engine::leave();
        }
    }
}

impl Drop for Leak {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leak")
            .field("limit", &self.limit)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The settings of a [`Leak`].
#[derive(Clone, Debug)]
#[must_use = "it watches once it is started"]
pub struct LeakBuilder {
    limit: usize,
    key: Key,
    frames: Option<u32>,
}

impl Default for LeakBuilder {
    fn default() -> Self {
        Self {
            limit: 10,
            key: Key::Line,
            frames: None,
        }
    }
}

impl LeakBuilder {
    /// How many places are listed.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// What is added up by. `MEMLINE_KEY` in the environment wins over it.
    pub fn key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// How many of the program's calls are kept of each stack, 1 to 256: by default 5 for
    /// [`Key::Stack`], and otherwise 1.
    pub fn frames(mut self, frames: u32) -> Self {
        self.frames = Some(frames);
        self
    }

    /// Begins to watch. Where that cannot be, one line on stderr says why, and the program goes on
    /// unwatched.
    pub fn start(self) -> Leak {
        let key = engine::apart(|| settings::key(self.key));
        let (least, most) = (1, engine::MAX_FRAMES);
        let default = if key == Key::Stack {
            STACK_FRAMES
        } else {
            least
        };
        let asked = self.frames.unwrap_or(default);
        let frames = asked.clamp(least, most);
        let mut allowed = can_trace(asked);
        if let Err(error @ Error::Frames(_)) = allowed {
            complain(&format!("{error}; using {frames}"));
            allowed = can_trace(frames);
        }
        let watch = match allowed {
            Ok(()) => Some(Watch::begin(frames)),
            Err(error) => {
                complain(&error.to_string());
                None
            }
        };
        Leak {
            limit: self.limit,
            key,
            watch,
        }
    }
}

fn complain(message: &str) {
    if !engine::IS_OFF {
        engine::apart(|| exit::complain(&format!("Leak: {message}")));
    }
}

impl Watch {
    fn begin(frames: u32) -> Self {
        Self {
            before: Snapshot::take().ok(),
            mark: engine::join(frames),
            rss: rss::read(),
        }
    }
}
