//! Reading recordings.
//!
//! A file may be anything: the rest of a killed program, a copy cut short, or no recording at all.
//! Whatever can be read is read, what is missing is told ([`Condition`]), and no length is
//! believed before it is checked.

mod ahead;
mod condition;
mod error;
mod event;
mod facts;
mod meter;
mod replay;
mod scan;
mod source;
mod stacks;
mod timeline;

use std::fs;
#[cfg(feature = "symbols")]
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::block::Label;
#[cfg(feature = "symbols")]
use crate::block::Packer;
use crate::header::{Header, Magic};
use crate::names::Packed;
use crate::pending;

pub use condition::Condition;
pub use error::Error;
pub use facts::Facts;
pub use meter::Meter;
use replay::Order;
pub use replay::{Moment, Visitor};
pub use stacks::{Node, Stacks, Thread};
pub use timeline::{Sample, Stay, Timeline};

use scan::Scan;
use source::Source;

/// A block from a side file.
type Rescued = (Label, Box<[u8]>);

/// A recording, opened: everything but the events, which [`replay`](Self::replay) hands out.
#[derive(Debug)]
pub struct Recording {
    facts: Facts,
    stacks: Arc<Stacks>,
    names: Arc<Packed>,
    /// Where the last whole block ends, and what the side file has.
    #[cfg_attr(
        not(feature = "symbols"),
        expect(dead_code, reason = "only copies need it")
    )]
    whole: (u64, Vec<Rescued>),
    condition: Condition,
    streams: replay::Streams,
    timeline: Timeline,
}

impl Recording {
    /// Opens the recording at `path`, with what is in its side file, if there is one.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is no recording, or is of a version newer than this crate.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let unreadable = |source| Error::Unreadable {
            path: name.clone(),
            source,
        };
        let file = Source::open(path).map_err(unreadable)?;
        let side = fs::read(side_path(path)).ok();
        Self::from_source(file, side.as_deref(), &name)
    }

    /// Reads a recording that is in memory, and the contents of its side file.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_bytes(bytes: Vec<u8>, side: Option<&[u8]>) -> Result<Self, Error> {
        Self::from_source(Source::from_bytes(bytes), side, "the recording")
    }

    fn from_source(mut source: Source, side: Option<&[u8]>, name: &str) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable {
            path: name.to_owned(),
            source,
        };
        let mut start = [0; Header::SIZE];
        let length = source.read_at(0, &mut start).map_err(unreadable)?;
        let Some(header) = Header::decode(&start[..length], Magic::Recording) else {
            let path = name.to_owned();
            return Err(if length == 0 {
                Error::Empty { path }
            } else {
                Error::NoRecording { path }
            });
        };
        if header.version > crate::VERSION {
            return Err(Error::Newer {
                path: name.to_owned(),
                version: header.version,
            });
        }
        let mut scan = Scan::default();
        scan.file(&mut source).map_err(unreadable)?;
        let side = side.filter(|side| belongs(side, header.session));
        if let Some(side) = side.filter(|_| !scan.condition.complete) {
            scan.side(side);
        }
        Ok(scan.finish(source))
    }

    /// What is known of the process.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Call stacks, threads and modules.
    #[must_use]
    pub fn stacks(&self) -> &Stacks {
        &self.stacks
    }

    /// Whether the names of its calls are in it; see [`pack`](crate::symbols::pack).
    #[must_use]
    pub fn is_packed(&self) -> bool {
        !self.names.is_empty()
    }

    /// The names that are in it.
    #[cfg(feature = "symbols")]
    pub(crate) fn names(&self) -> Arc<Packed> {
        self.names.clone()
    }

    /// Writes the recording as it is, and what of it was in the side file. The error within is
    /// that of `out`.
    #[cfg(feature = "symbols")]
    pub(crate) fn copy(&mut self, out: &mut dyn Write) -> Result<io::Result<()>, Error> {
        // Behind the last block of an incomplete recording is the one that was being written.
        let end = if self.condition.complete {
            u64::MAX
        } else {
            self.whole.0
        };
        let copied = self.streams.source().copy(end, out);
        let written = copied.map_err(|source| Error::Unreadable {
            path: "the recording".to_owned(),
            source,
        })?;
        Ok(written.and_then(|()| {
            self.whole.1.iter().try_for_each(|(label, payload)| {
                out.write_all(Packer::new(payload.len()).pack(*label, payload))
            })
        }))
    }

    /// As [`stacks`](Self::stacks), for whoever needs them while the events are replayed.
    #[must_use]
    pub fn shared_stacks(&self) -> Arc<Stacks> {
        self.stacks.clone()
    }

    /// How whole the recording is, as far as that shows before its events are replayed.
    #[must_use]
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// How far [`replay`](Self::replay) has come, in bytes.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.streams.meter()
    }

    /// Hands all events to `visitor`, in the order of time as far as the recording tells it;
    /// within a thread, in the thread's order. Memory is taken for one block per thread. Returns
    /// how whole the recording is, its events included.
    ///
    /// # Errors
    ///
    /// If the file can no longer be read.
    pub fn replay(&mut self, visitor: &mut impl Visitor) -> Result<Condition, Error> {
        let unreadable = |source| Error::Unreadable {
            path: "the recording".to_owned(),
            source,
        };
        let mut condition = self.condition.clone();
        let order = match self.facts.turns {
            true => Order::Begin,
            false => Order::End,
        };
        self.streams
            .replay(&self.stacks, order, &mut condition, visitor)
            .map_err(unreadable)?;
        Ok(condition)
    }
}

/// Where the side file of the recording at `path` is.
#[must_use]
pub fn side_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(pending::SUFFIX);
    name.into()
}

/// Whether a side file is that of the recording of this session.
fn belongs(side: &[u8], session: u64) -> bool {
    Header::decode(side, Magic::Pending) == Some(Header::new(session))
}
