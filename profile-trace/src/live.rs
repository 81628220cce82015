//! What a running program and a viewer tell each other.
//!
//! Either side begins with a [`Header`], whose version is [`VERSION`]. Messages follow: a byte that
//! says of what kind, three that are zero, the payload's length in four bytes, the lowest first, and
//! the payload. `docs/FORMAT.md` has them all.
//!
//! ```
//! use profile_trace::live::{Inbox, News};
//!
//! let mut sent = Vec::new();
//! News::Done("recorded").push(&mut sent);
//! let mut inbox = Inbox::default();
//! inbox.add(&sent);
//! let message = inbox.next().expect("it is well-formed").expect("it is whole");
//! assert_eq!(News::read(message.kind, &message.payload), Some(News::Done("recorded")));
//! ```

use std::ffi::OsString;
use std::path::PathBuf;

use crate::read::Facts;
use crate::varint::{Reader, push, push_bytes, unzigzag, zigzag};
use crate::{Header, Magic};

/// The version of what is told.
pub const VERSION: u32 = 1;

/// The most bytes of a payload.
pub const MAX_PAYLOAD: usize = 4 << 20;

/// Bytes before a payload.
const PREFIX: usize = 8;

/// The number of the thread that stands for all those that are not told apart.
pub const OTHER_THREADS: u32 = 0;

/// The first bytes that either side sends; `process` is the program's id, and 0 from a viewer.
#[must_use]
pub fn header(process: u32) -> [u8; Header::SIZE] {
    let header = Header {
        version: VERSION,
        session: process.into(),
    };
    header.encode(Magic::Live)
}

/// Where the socket of a process may be, the likeliest first. `runtime` is `$XDG_RUNTIME_DIR`.
#[must_use]
pub fn sockets(process: u32, user: u32, runtime: Option<OsString>) -> Vec<PathBuf> {
    let runtime = runtime.filter(|folder| !folder.is_empty());
    let own = runtime.map(|folder| PathBuf::from(folder).join("memline"));
    let common = PathBuf::from(format!("/tmp/memline-{user}"));
    let folders = own.into_iter().chain([common]);
    folders
        .map(|folder| folder.join(format!("{process}.sock")))
        .collect()
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Of what kind.
    pub kind: u8,
    /// What it says.
    pub payload: Vec<u8>,
}

impl Message {
    /// Appends it as it came.
    pub fn push(&self, out: &mut Vec<u8>) {
        message(self.kind, out, |out| out.extend_from_slice(&self.payload));
    }
}

/// Takes bytes as they come, and hands out whole messages.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// How much of them has been handed out.
    taken: usize,
}

/// What is no message of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl Inbox {
    /// Adds bytes that have come.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The header that comes first; `None` until it is whole.
    ///
    /// # Errors
    ///
    /// If what has come is no header.
    pub fn header(&mut self) -> Result<Option<Header>, Malformed> {
        let bytes = &self.bytes[self.taken..];
        let magic = Magic::Live.bytes();
        let common = bytes.len().min(magic.len());
        if bytes[..common] != magic[..common] {
            return Err(Malformed);
        }
        if bytes.len() < Header::SIZE {
            return Ok(None);
        }
        self.taken += Header::SIZE;
        Header::decode(bytes, Magic::Live)
            .map(Some)
            .ok_or(Malformed)
    }

    /// The next message; `None` until it is whole.
    ///
    /// # Errors
    ///
    /// If it is longer than any message is.
    #[expect(
        clippy::should_implement_trait,
        reason = "it is no iterator: more may come"
    )]
    pub fn next(&mut self) -> Result<Option<Message>, Malformed> {
        let bytes = &self.bytes[self.taken..];
        let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let [kind, _, _, _, a, b, c, d] = *prefix;
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        if length > MAX_PAYLOAD {
            return Err(Malformed);
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        self.taken += PREFIX + length;
        let payload = payload.to_vec();
        Ok(Some(Message { kind, payload }))
    }
}

/// Appends a message whose payload `write` writes.
fn message(kind: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[kind, 0, 0, 0, 0, 0, 0, 0]);
    write(out);
    let length = (out.len() - start - PREFIX) as u32;
    out[start + 4..start + PREFIX].copy_from_slice(&length.to_le_bytes());
}

/// What a viewer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Who it is: the token that was agreed upon, or nothing. It comes first.
    Hello(&'a [u8]),
    /// To be told what lives, from now on.
    Watch,
    /// A recording from now on.
    Record {
        /// The absolute path of its file.
        path: &'a [u8],
        /// After so many nanoseconds it ends; 0: when it is told to.
        duration: u64,
    },
    /// The end of that recording.
    Stop,
    /// What lives now, as a recording, in the file with this absolute path.
    Snapshot(&'a [u8]),
}

impl<'a> Request<'a> {
    /// Appends it as a message.
    pub fn push(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Hello(token) => message(1, out, |out| push_bytes(out, token)),
            Self::Watch => message(2, out, |_| {}),
            Self::Record { path, duration } => message(3, out, |out| {
                push_bytes(out, path);
                push(out, duration);
            }),
            Self::Stop => message(4, out, |_| {}),
            Self::Snapshot(path) => message(5, out, |out| push_bytes(out, path)),
        }
    }

    /// What a message says; `None` if nothing of this version.
    #[must_use]
    pub fn read(kind: u8, payload: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let request = match kind {
            1 => Self::Hello(reader.bytes()?),
            2 => Self::Watch,
            3 => Self::Record {
                path: reader.bytes()?,
                duration: reader.varint()?,
            },
            4 => Self::Stop,
            5 => Self::Snapshot(reader.bytes()?),
            _ => return None,
        };
        reader.is_empty().then_some(request)
    }
}

/// What has changed for one thread at one stack since it was told last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The thread that allocated.
    pub thread: u32,
    /// The number of the stack's innermost call.
    pub stack: u32,
    /// Bytes that live, more than before.
    pub bytes: i64,
    /// Blocks that live, more than before.
    pub blocks: i64,
    /// Allocations since.
    pub allocs: u64,
}

/// The process at one moment. It completes what has been told before: the rows belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds since the program began.
    pub time: u64,
    /// The resident set, in bytes; 0 if unknown.
    pub rss: u64,
    /// The highest that it was, as far as it was looked at, since the moment before.
    pub highest_rss: u64,
    /// The live heap, in bytes.
    pub heap: u64,
    /// The highest that it was since the program began.
    pub peak: u64,
    /// The highest that it was, as far as it was looked at, since the moment before.
    pub highest_heap: u64,
    /// Threads that run.
    pub threads: u64,
    /// Moments that have been left out since the last one, for the viewer was not ready.
    pub skipped: u64,
    /// Blocks that are missing for want of memory.
    pub lost: u64,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

/// What a program tells.
#[derive(Clone, Debug, PartialEq)]
pub enum News<'a> {
    /// What is known of the process: it comes first.
    Facts(Box<Facts>),
    /// A payload of [`tables`](crate::tables): calls, threads and modules.
    Tables(&'a [u8]),
    /// What has changed.
    Rows(Vec<Row>),
    /// The process at this moment.
    Moment(Moment),
    /// A request has been carried out.
    Done(&'a str),
    /// A request cannot be carried out.
    Failed(&'a str),
    /// The program has ended. Whoever started it says so.
    Ended(End),
}

const FACTS: u8 = 16;
const TABLES: u8 = 17;
const ROWS: u8 = 18;
const MOMENT: u8 = 19;
const DONE: u8 = 20;
const FAILED: u8 = 21;
const ENDED: u8 = 22;

/// Appends the message of what is known, whose payload is a list of [`facts`](crate::facts).
pub fn push_facts(facts: &[u8], out: &mut Vec<u8>) {
    message(FACTS, out, |out| out.extend_from_slice(facts));
}

/// Appends tables, whose payload `write` writes.
pub fn push_tables(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    message(TABLES, out, write);
}

/// Appends rows: a message for so many that none is too long.
pub fn push_rows(rows: &[Row], out: &mut Vec<u8>) {
    /// A row takes 45 bytes at most.
    const AT_ONCE: usize = MAX_PAYLOAD / 64;
    for rows in rows.chunks(AT_ONCE) {
        message(ROWS, out, |out| {
            for row in rows {
                push(out, row.thread.into());
                push(out, row.stack.into());
                push(out, zigzag(row.bytes));
                push(out, zigzag(row.blocks));
                push(out, row.allocs);
            }
        });
    }
}

impl<'a> News<'a> {
    /// Appends it as a message. Facts and tables are written by functions of their own.
    pub fn push(&self, out: &mut Vec<u8>) {
        match self {
            Self::Facts(_) => {}
            Self::Tables(payload) => push_tables(out, |out| out.extend_from_slice(payload)),
            Self::Rows(rows) => push_rows(rows, out),
            Self::Moment(moment) => message(MOMENT, out, |out| {
                for figure in moment.figures() {
                    push(out, figure);
                }
            }),
            Self::Done(text) => message(DONE, out, |out| push_bytes(out, text.as_bytes())),
            Self::Failed(text) => message(FAILED, out, |out| push_bytes(out, text.as_bytes())),
            Self::Ended(end) => message(ENDED, out, |out| {
                let (kind, number) = match end {
                    End::Status(status) => (0, status),
                    End::Signal(signal) => (1, signal),
                };
                push(out, kind);
                push(out, zigzag(i64::from(*number)));
            }),
        }
    }

    /// What a message says; `None` if nothing of this version.
    #[must_use]
    pub fn read(kind: u8, payload: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let text = |reader: &mut Reader<'a>| std::str::from_utf8(reader.bytes()?).ok();
        Some(match kind {
            FACTS => {
                let mut facts = Box::new(Facts::default());
                facts.read(payload).then_some(())?;
                Self::Facts(facts)
            }
            TABLES => Self::Tables(payload),
            ROWS => {
                let mut rows = Vec::with_capacity(payload.len() / 8);
                while !reader.is_empty() {
                    rows.push(Row {
                        thread: reader.varint32()?,
                        stack: reader.varint32()?,
                        bytes: unzigzag(reader.varint()?),
                        blocks: unzigzag(reader.varint()?),
                        allocs: reader.varint()?,
                    });
                }
                Self::Rows(rows)
            }
            MOMENT => {
                let mut figures = [0; 9];
                for figure in &mut figures {
                    *figure = reader.varint()?;
                }
                Self::Moment(Moment::of(figures))
            }
            DONE => Self::Done(text(&mut reader)?),
            FAILED => Self::Failed(text(&mut reader)?),
            ENDED => {
                let kind = reader.varint()?;
                let number = unzigzag(reader.varint()?).try_into().ok()?;
                Self::Ended(match kind {
                    0 => End::Status(number),
                    1 => End::Signal(number),
                    _ => return None,
                })
            }
            _ => return None,
        })
    }
}

impl Moment {
    fn figures(&self) -> [u64; 9] {
        [
            self.time,
            self.rss,
            self.highest_rss,
            self.heap,
            self.peak,
            self.highest_heap,
            self.threads,
            self.skipped,
            self.lost,
        ]
    }

    fn of(figures: [u64; 9]) -> Self {
        let [
            time,
            rss,
            highest_rss,
            heap,
            peak,
            highest_heap,
            threads,
            skipped,
            lost,
        ] = figures;
        Self {
            time,
            rss,
            highest_rss,
            heap,
            peak,
            highest_heap,
            threads,
            skipped,
            lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// The only message in `bytes`, which come in pieces of so many.
    fn take(bytes: &[u8], piece: usize) -> Message {
        let mut inbox = Inbox::default();
        let mut found = None;
        for piece in bytes.chunks(piece) {
            assert_eq!(found, None);
            inbox.add(piece);
            found = inbox.next().expect("it is well-formed");
        }
        assert_eq!(inbox.next(), Ok(None));
        found.expect("it is whole")
    }

    #[test]
    fn requests_come_back() {
        for request in [
            Request::Hello(b"secret"),
            Request::Watch,
            Request::Record {
                path: b"/tmp/a",
                duration: 5,
            },
            Request::Stop,
            Request::Snapshot(b"/tmp/b"),
        ] {
            let mut bytes = Vec::new();
            request.push(&mut bytes);
            let message = take(&bytes, 1);
            assert_eq!(Request::read(message.kind, &message.payload), Some(request));
        }
    }

    #[test]
    fn news_come_back() {
        let moment = Moment::of([1, 2, 3, 4, 5, 6, 7, 8, u64::MAX]);
        for news in [
            News::Tables(b"payload"),
            News::Moment(moment),
            News::Done("yes"),
            News::Failed("no"),
            News::Ended(End::Status(-1)),
            News::Ended(End::Signal(9)),
        ] {
            let mut bytes = Vec::new();
            news.push(&mut bytes);
            let message = take(&bytes, 3);
            assert_eq!(News::read(message.kind, &message.payload), Some(news));
        }
    }

    #[test]
    fn headers_tell_the_version_and_what_is_none() {
        let mut inbox = Inbox::default();
        inbox.add(&header(7)[..10]);
        assert_eq!(inbox.header(), Ok(None));
        inbox.add(&header(7)[10..]);
        let found = inbox.header().expect("it is one").expect("it is whole");
        assert_eq!((found.version, found.session), (VERSION, 7));
        inbox.add(b"GET / HTTP/1.1\r\n");
        assert_eq!(inbox.header(), Err(Malformed));
    }

    #[test]
    fn no_message_is_longer_than_any() {
        let mut inbox = Inbox::default();
        inbox.add(&[ROWS, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        assert_eq!(inbox.next(), Err(Malformed));
    }

    #[test]
    fn sockets_are_the_users_own() {
        let check = |runtime: Option<&str>, first: &str| {
            let places = sockets(7, 1000, runtime.map(OsString::from));
            assert_eq!(places[0], Path::new(first));
        };
        check(None, "/tmp/memline-1000/7.sock");
        check(Some(""), "/tmp/memline-1000/7.sock");
        check(Some("/run/user/1000"), "/run/user/1000/memline/7.sock");
    }

    proptest! {
        #[test]
        fn rows_come_back(rows in prop::collection::vec(any::<(u32, u32, i64, i64, u64)>(), 0..200)) {
            let rows: Vec<Row> = rows
                .into_iter()
                .map(|(thread, stack, bytes, blocks, allocs)| Row { thread, stack, bytes, blocks, allocs })
                .collect();
            let mut bytes = Vec::new();
            push_rows(&rows, &mut bytes);
            let mut inbox = Inbox::default();
            inbox.add(&bytes);
            let mut found = Vec::new();
            while let Some(message) = inbox.next().expect("it is well-formed") {
                match News::read(message.kind, &message.payload) {
                    Some(News::Rows(rows)) => found.extend(rows),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            prop_assert_eq!(found, rows);
        }

        #[test]
        fn any_bytes_are_messages_or_none(bytes: Vec<u8>, kind: u8) {
            let _ = Request::read(kind, &bytes);
            let _ = News::read(kind, &bytes);
            let mut inbox = Inbox::default();
            inbox.add(&bytes);
            while let Ok(Some(_)) = inbox.next() {}
        }
    }
}
