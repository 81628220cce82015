//! All that lives at one moment.

use std::fmt;
use std::io;
use std::path::Path;

use super::engine::{self, Heap};
use super::statistic::compared;
use super::{Error, Filter, Key, Statistic, handed_out};

/// All traced blocks that live at one moment, with the stacks that allocated them.
///
/// Its own memory is memline's: it is neither counted nor traced.
///
/// ```no_run
/// # use profile_runtime as memline;
/// # fn work() {}
/// use memline::Key;
/// use memline::trace::{self, Snapshot};
///
/// trace::start(1)?;
/// let before = Snapshot::take()?;
/// work();
/// let after = Snapshot::take()?;
/// for statistic in after.compare_to(&before, Key::Line).iter().take(10) {
///     println!("{statistic}");
/// }
/// # Ok::<(), trace::Error>(())
/// ```
pub struct Snapshot(Option<Heap>);

impl Snapshot {
    /// What lives now. No thread is stopped for longer than a small part of the table is copied.
    ///
    /// # Errors
    ///
    /// If nothing is traced.
    pub fn take() -> Result<Self, Error> {
        Self::since(None)
    }

    /// What lives now and was allocated at a mark or later.
    pub(super) fn since(mark: Option<u32>) -> Result<Self, Error> {
        engine::apart(|| Heap::now(mark)).map(|heap| Self(Some(heap)))
    }

    /// What was still alive at the end of a recording, or in a snapshot that was
    /// [saved](Self::save).
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is no recording.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let heap = engine::apart(|| Heap::load(path).map_err(|error| error.to_string()));
        match heap {
            Ok(heap) => Ok(Self(Some(heap))),
            // The text is the caller's, as all that is handed out.
            Err(error) => Err(Error::File(handed_out(|| error))),
        }
    }

    /// Writes it as a recording, which [`load`](Self::load) and every report of the command `memline`
    /// read. A recording that is there is replaced.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or is there and no recording.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        match &self.0 {
            Some(heap) => engine::apart(|| heap.save(path)),
            None => Ok(()),
        }
    }

    /// What lives by `key`, the largest first. With `cumulative`, a block counts at every place of its
    /// stack rather than only at the innermost; stacks and types are the same either way.
    #[must_use]
    pub fn statistics(&self, key: Key, cumulative: bool) -> Vec<Statistic> {
        let heap = self.0.as_ref();
        handed_out(|| heap.map_or_else(Vec::new, |heap| heap.statistics(key, cumulative)))
    }

    /// What lives here or lived in an older snapshot, by `key`, with the differences, the largest
    /// difference first.
    #[must_use]
    pub fn compare_to(&self, older: &Snapshot, key: Key) -> Vec<Statistic> {
        handed_out(|| {
            let [now, before] = [self, older].map(|snapshot| {
                let heap = snapshot.0.as_ref();
                heap.map_or_else(Vec::new, |heap| heap.statistics(key, false))
            });
            compared(now, &before)
        })
    }

    /// What of it passes the filters; see [`Filter`].
    #[must_use]
    pub fn filter(&self, filters: impl IntoIterator<Item = Filter>) -> Snapshot {
        let filters: Vec<Filter> = engine::untraced(|| filters.into_iter().collect());
        let heap = self.0.as_ref();
        Self(heap.map(|heap| engine::apart(|| heap.filter(&filters))))
    }

    /// Bytes that live, all together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |heap| heap.amount().1)
    }

    /// Blocks that live.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.0.as_ref().map_or(0, |heap| heap.amount().0)
    }

    /// What a reader should know of the names in its statistics, in full sentences: that the program
    /// has no debug information and how to get it, or that a recording is incomplete. Known once
    /// there are statistics.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let heap = self.0.as_ref();
        handed_out(|| heap.map_or_else(Vec::new, Heap::notes))
    }
}

impl Clone for Snapshot {
    fn clone(&self) -> Self {
        Self(engine::apart(|| self.0.clone()))
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        engine::apart(|| self.0 = None);
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("blocks", &self.blocks())
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
