//! A viewer that speaks the protocol by itself.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use profile_trace::Header;
use profile_trace::live::{self, Inbox, Message, News, Request};

use crate::running::{PATIENCE, folder};

/// A connection to a program, or to what passes its messages on.
pub(crate) struct Viewer<S> {
    pub(crate) stream: S,
    inbox: Inbox,
}

impl Viewer<UnixStream> {
    pub(crate) fn of(pid: u32) -> Self {
        let path = folder().join(format!("memline/{pid}.sock"));
        let stream = UnixStream::connect(path).expect("it listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("it is a time");
        Self::new(stream)
    }

    /// One that is told what changes from now on.
    pub(crate) fn watching(pid: u32) -> Self {
        let mut viewer = Self::of(pid);
        viewer.header();
        viewer.ask(&Request::Watch);
        viewer
    }
}

impl<S: Read + Write> Viewer<S> {
    pub(crate) fn new(stream: S) -> Self {
        let mut viewer = Self {
            stream,
            inbox: Inbox::default(),
        };
        viewer
            .stream
            .write_all(&live::header(0))
            .expect("it is there");
        viewer.ask(&Request::Hello(b""));
        viewer
    }

    pub(crate) fn ask(&mut self, request: &Request<'_>) {
        let mut bytes = Vec::new();
        request.push(&mut bytes);
        self.stream.write_all(&bytes).expect("it is there");
    }

    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(length @ 1..) => {
                self.inbox.add(&bytes[..length]);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn header(&mut self) -> Header {
        loop {
            if let Some(header) = self.inbox.header().expect("it is a header") {
                return header;
            }
            assert!(self.read(), "it is gone");
        }
    }

    /// The next message; `None` once the program is gone.
    pub(crate) fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.inbox.next().expect("it is well-formed") {
                return Some(message);
            }
            if !self.read() {
                return None;
            }
        }
    }
}

/// Sums of rows: bytes, blocks and allocations.
pub(crate) fn sums(
    viewer: &mut Viewer<impl Read + Write>,
    until: impl Fn(i64) -> bool,
) -> (i64, i64, u64) {
    let mut sum = (0, 0, 0);
    while let Some(message) = viewer.next() {
        match News::read(message.kind, &message.payload).expect("it is known") {
            News::Rows(rows) => {
                for row in rows {
                    sum = (sum.0 + row.bytes, sum.1 + row.blocks, sum.2 + row.allocs);
                }
            }
            News::Moment(_) if until(sum.0) => return sum,
            _ => {}
        }
    }
    panic!("the program is gone: {sum:?}");
}

/// Sums of what comes within some time.
pub(crate) fn sums_so_far(viewer: &mut Viewer<UnixStream>, time: Duration) -> (i64, i64, u64) {
    let end = Instant::now() + time;
    sums(viewer, |_| Instant::now() >= end)
}
