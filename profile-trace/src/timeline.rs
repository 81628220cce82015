//! The process over time: its memory, its children, and what ran in it, a record each.
//!
//! A page collects records of ascending times and makes blocks of them. It allocates nothing, so
//! that it serves where nothing may be allocated.

use crate::block::{self, BlockHeader, Kind, Label};
use crate::varint::{self, Writer};

/// Bytes of a page's payload.
const PAYLOAD: usize = 8 * 1024;

/// The most bytes of a text. A longer one is cut.
pub const MAX_TEXT: usize = 255;

/// The most bytes that a record takes, the time before it included.
const MAX_RECORD: usize = 2 + 4 * varint::MAX + MAX_TEXT;

pub(crate) const TAG_TIME: u8 = 0;
pub(crate) const TAG_SAMPLE: u8 = 1;
pub(crate) const TAG_CHILD: u8 = 2;
pub(crate) const TAG_MARK: u8 = 3;
pub(crate) const TAG_FUNCTION: u8 = 4;
pub(crate) const TAG_ENTER: u8 = 5;
pub(crate) const TAG_LEAVE: u8 = 6;

/// What is known of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// The process.
    Sample {
        /// Its resident set in bytes.
        rss: u64,
        /// Its live heap in bytes; `None` where nobody counts it.
        live: Option<u64>,
    },
    /// A process that descends from it.
    Child {
        /// The child's id.
        process: u32,
        /// Its resident set in bytes; 0 once it has ended.
        rss: u64,
    },
    /// What the program says of itself.
    Mark(&'a str),
    /// What a function is called. It precedes the records that refer to it.
    Function {
        /// Its number.
        number: u32,
        /// Its name.
        name: &'a str,
    },
    /// A thread began to run a function, at this moment or since the sample before.
    Enter {
        /// The function's number.
        function: u32,
        /// The thread's number.
        thread: u32,
    },
    /// It has left the function, at this moment or since the sample before.
    Leave {
        /// The function's number.
        function: u32,
        /// The thread's number.
        thread: u32,
        /// Calls that began in between, the first included.
        calls: u64,
    },
}

/// Records on their way into a file.
#[derive(Debug)]
pub struct Page {
    /// A block: its header, and what is filled of the payload.
    block: [u8; BlockHeader::SIZE + PAYLOAD],
    filled: usize,
    sequence: u32,
    /// The time of the last record, in nanoseconds since the start.
    now: u64,
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}

impl Page {
    /// A page before its first block.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            block: [0; BlockHeader::SIZE + PAYLOAD],
            filled: 0,
            sequence: 0,
            now: 0,
        }
    }

    /// Whether another record may find no room, so that the page is to be [closed](Self::close).
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.filled + MAX_RECORD > PAYLOAD
    }

    /// Whether there is no record on it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Adds a record of the moment `now`, in nanoseconds since the start, or of that of the record
    /// before where this is later. A full page takes none.
    pub fn add(&mut self, now: u64, record: &Record<'_>) {
        if self.is_full() {
            return;
        }
        let elapsed = now.saturating_sub(self.now);
        self.now = self.now.max(now);
        let at = BlockHeader::SIZE + self.filled;
        let mut writer = Writer::new(self.block.get_mut(at..).unwrap_or_default());
        if self.filled == 0 {
            writer.varint(self.now);
        } else if elapsed > 0 {
            writer.byte(TAG_TIME);
            writer.varint(elapsed);
        }
        encode(record, &mut writer);
        self.filled += writer.written();
    }

    /// The block that the page is, to be appended to a recording; nothing if it is empty. The page
    /// is empty afterwards.
    pub fn close(&mut self) -> &[u8] {
        let filled = std::mem::take(&mut self.filled);
        if filled == 0 {
            return &[];
        }
        let label = Label {
            kind: Kind::Timeline,
            stream: 0,
            sequence: self.sequence,
        };
        self.sequence = self.sequence.wrapping_add(1);
        block::wrap(label, &mut self.block[..BlockHeader::SIZE + filled]);
        &self.block[..BlockHeader::SIZE + filled]
    }
}

fn encode(record: &Record<'_>, out: &mut Writer<'_>) {
    match *record {
        Record::Sample { rss, live } => {
            out.byte(TAG_SAMPLE);
            out.varint(rss);
            out.varint(live.map_or(0, |live| live.saturating_add(1)));
        }
        Record::Child { process, rss } => {
            out.byte(TAG_CHILD);
            out.varint(process.into());
            out.varint(rss);
        }
        Record::Mark(text) => {
            out.byte(TAG_MARK);
            self::text(text, out);
        }
        Record::Function { number, name } => {
            out.byte(TAG_FUNCTION);
            out.varint(number.into());
            text(name, out);
        }
        Record::Enter { function, thread } => {
            out.byte(TAG_ENTER);
            out.varint(function.into());
            out.varint(thread.into());
        }
        Record::Leave {
            function,
            thread,
            calls,
        } => {
            out.byte(TAG_LEAVE);
            out.varint(function.into());
            out.varint(thread.into());
            out.varint(calls);
        }
    }
}

fn text(text: &str, out: &mut Writer<'_>) {
    let mut length = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    out.varint(length as u64);
    text.as_bytes()[..length]
        .iter()
        .for_each(|&byte| out.byte(byte));
}

#[cfg(feature = "read")]
pub use file::File;

#[cfg(feature = "read")]
mod file {
    use std::io::{self, Write};

    use super::{Page, Record};
    use crate::block::{Kind, Label, Packer};
    use crate::facts::{self, Fact};
    use crate::header::{Header, Magic};

    /// A recording that holds nothing but a timeline, on its way into `out`.
    #[derive(Debug)]
    pub struct File<W> {
        out: W,
        page: Page,
        blocks: u64,
    }

    impl<W: Write> File<W> {
        /// Begins a recording. `facts` is the payload of its first block.
        ///
        /// # Errors
        ///
        /// If `out` does not take the bytes; so does each of the functions below.
        pub fn new(mut out: W, session: u64, facts: &[u8]) -> io::Result<Self> {
            out.write_all(&Header::new(session).encode(Magic::Recording))?;
            let mut file = Self {
                out,
                page: Page::new(),
                blocks: 0,
            };
            file.facts(Kind::Start, facts)?;
            Ok(file)
        }

        /// Adds a record of the moment `now`, in nanoseconds since the start.
        ///
        /// # Errors
        ///
        /// As [`new`](Self::new).
        pub fn add(&mut self, now: u64, record: &Record<'_>) -> io::Result<()> {
            if self.page.is_full() {
                self.flush()?;
            }
            self.page.add(now, record);
            Ok(())
        }

        /// Writes what there is, so that it outlives whoever records.
        ///
        /// # Errors
        ///
        /// As [`new`](Self::new).
        pub fn flush(&mut self) -> io::Result<()> {
            self.blocks += u64::from(!self.page.is_empty());
            self.out.write_all(self.page.close())?;
            self.out.flush()
        }

        /// Ends the recording. `facts` is the payload of its last block.
        ///
        /// # Errors
        ///
        /// As [`new`](Self::new).
        pub fn finish(mut self, facts: &[u8]) -> io::Result<W> {
            self.flush()?;
            let mut facts = facts.to_vec();
            facts::number(Fact::Blocks, self.blocks, &mut facts);
            self.facts(Kind::End, &facts)?;
            self.out.flush()?;
            Ok(self.out)
        }

        fn facts(&mut self, kind: Kind, facts: &[u8]) -> io::Result<()> {
            let label = Label {
                kind,
                stream: 0,
                sequence: 0,
            };
            self.blocks += 1;
            self.out
                .write_all(Packer::new(facts.len()).pack(label, facts))
        }
    }
}
