//! One viewer: what it says, and what it is told. Nothing here waits for it.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;

use profile_trace::live::{self, Inbox, Message, News};

use super::feed::Feed;

/// A viewer that asks for more at once than this is none.
const MOST_UNREAD: usize = 64 * 1024;

/// What has not been sent may keep so much memory for later.
const KEPT: usize = 256 * 1024;

/// A viewer.
pub(super) struct Connection {
    stream: UnixStream,
    inbox: Inbox,
    knows_version: bool,
    /// What is to be sent, and how much of it has been.
    out: Vec<u8>,
    sent: usize,
    /// What it is told of what lives, if it watches.
    pub(super) feed: Option<Feed>,
    /// Whether it is closed once all is sent.
    pub(super) is_over: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        super::forget(self.stream.as_raw_fd());
    }
}

impl Connection {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            inbox: Inbox::default(),
            knows_version: false,
            out: live::header(std::process::id()).to_vec(),
            sent: 0,
            feed: None,
            is_over: false,
        }
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.stream.as_raw_fd()
    }

    /// Whether it has yet to take what was sent.
    pub(super) fn is_behind(&self) -> bool {
        self.sent < self.out.len()
    }

    /// What is to be sent is added here.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Tells it what has become of a request.
    pub(super) fn answer(&mut self, result: &Result<String, String>) {
        match result {
            Ok(text) => News::Done(text).push(&mut self.out),
            Err(text) => News::Failed(text).push(&mut self.out),
        }
    }

    /// Takes in what it has said.
    ///
    /// # Errors
    ///
    /// If it is gone, or no viewer of this version.
    pub(super) fn receive(&mut self) -> io::Result<Vec<Message>> {
        let mut bytes = [0; 4096];
        let mut taken = 0;
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    self.inbox.add(&bytes[..length]);
                    taken += length;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if taken > MOST_UNREAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        let malformed = |_| io::Error::from(io::ErrorKind::InvalidData);
        if !self.knows_version {
            let Some(header) = self.inbox.header().map_err(malformed)? else {
                return Ok(Vec::new());
            };
            if header.version != live::VERSION {
                self.is_over = true; // it has been told which one this is
                return Ok(Vec::new());
            }
            self.knows_version = true;
        }
        let mut messages = Vec::new();
        while let Some(message) = self.inbox.next().map_err(malformed)? {
            messages.push(message);
        }
        Ok(messages)
    }

    /// Sends what it takes now.
    ///
    /// # Errors
    ///
    /// If it is gone.
    pub(super) fn send(&mut self) -> io::Result<()> {
        while self.is_behind() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => self.sent += length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.out.shrink_to(KEPT);
        self.sent = 0;
        Ok(())
    }
}
