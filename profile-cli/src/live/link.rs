//! The connection to a running program.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use profile_trace::live::{self, Inbox, Message, Request};

use crate::Error;

/// How long a program may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Messages that wait to be looked at; then the program is kept waiting, which it does not mind.
const WAITING: usize = 64;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// A stream of either kind.
#[derive(Debug)]
pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Unix(stream) => Self::Unix(stream.try_clone()?),
            Self::Tcp(stream) => Self::Tcp(stream.try_clone()?),
        })
    }

    pub(super) fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.set_read_timeout(timeout),
            Self::Tcp(stream) => stream.set_read_timeout(timeout),
        }
    }

    fn shutdown(&self) {
        // What is gone already need not be ended.
        let _ = match self {
            Self::Unix(stream) => stream.shutdown(std::net::Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(std::net::Shutdown::Both),
        };
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(bytes),
            Self::Tcp(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes whole messages from a stream.
pub(super) struct Incoming<S> {
    stream: S,
    inbox: Inbox,
    piece: Vec<u8>,
}

impl<S: Read> Incoming<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            inbox: Inbox::default(),
            piece: vec![0; PIECE],
        }
    }

    pub(super) fn header(&mut self) -> io::Result<profile_trace::Header> {
        loop {
            match self.inbox.header() {
                Ok(Some(header)) => return Ok(header),
                Ok(None) => self.read()?,
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    pub(super) fn message(&mut self) -> io::Result<Message> {
        loop {
            match self.inbox.next() {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => self.read()?,
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    fn read(&mut self) -> io::Result<()> {
        match self.stream.read(&mut self.piece)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                self.inbox.add(&self.piece[..length]);
                Ok(())
            }
        }
    }
}

/// A connection to a program, or to the memline that started it.
#[derive(Debug)]
pub(super) struct Link {
    stream: Stream,
    /// What it tells, until it is gone.
    pub(super) news: Receiver<Message>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stream.shutdown();
    }
}

impl Link {
    /// Connects to the program with this id.
    pub(super) fn to_process(process: u32) -> Result<Self, Error> {
        let stream = open(process).map_err(|reason| Error::Failed(reason.message(process)))?;
        Self::over(stream, process)
    }

    /// Talks to the program with this id over its socket.
    pub(super) fn over(stream: UnixStream, process: u32) -> Result<Self, Error> {
        Self::new(Stream::Unix(stream), &format!("process {process}"), "")
    }

    /// Connects to `HOST:PORT`, or to a socket in the file system.
    pub(super) fn to_address(address: &str, token: &str) -> Result<Self, Error> {
        let stream = if address.contains('/') {
            UnixStream::connect(Path::new(address)).map(Stream::Unix)
        } else {
            TcpStream::connect(address).map(Stream::Tcp)
        };
        let stream = stream.map_err(|error| {
            Error::Failed(format!(
                "{address}: nobody answers ({error}); expected HOST:PORT of memline run \
                 --live-remote, or the path of a program's socket"
            ))
        })?;
        Self::new(stream, address, token)
    }

    fn new(mut stream: Stream, name: &str, token: &str) -> Result<Self, Error> {
        let failed = |error: io::Error| {
            Error::Failed(match error.kind() {
                io::ErrorKind::InvalidData => format!("{name}: this is no program with memline"),
                io::ErrorKind::UnexpectedEof => {
                    format!(
                        "{name}: it has closed the connection: it has eight viewers already, or ends"
                    )
                }
                io::ErrorKind::WouldBlock => format!("{name}: it does not answer; is it stopped?"),
                _ => format!("{name}: {error}"),
            })
        };
        let mut first = live::header(0).to_vec();
        Request::Hello(token.as_bytes()).push(&mut first);
        let sent = stream.write_all(&first);
        let reading = stream.try_clone().map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let mut incoming = Incoming::new(reading);
        let header = incoming.header().map_err(failed)?;
        if header.version != live::VERSION {
            return Err(Error::Failed(format!(
                "{name}: its memline speaks version {} of what is told live, and this one, {}, version \
                 {}; use the memline that belongs to the program's",
                header.version,
                env!("CARGO_PKG_VERSION"),
                live::VERSION
            )));
        }
        sent.map_err(failed)?;
        stream.set_read_timeout(None).map_err(failed)?;
        let (sender, news) = mpsc::sync_channel(WAITING);
        thread::spawn(move || {
            while let Ok(message) = incoming.message() {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Ok(Self { stream, news })
    }

    /// Asks for something. Whether the program is gone is found out by what it tells.
    pub(super) fn ask(&mut self, request: &Request<'_>) {
        let mut bytes = Vec::new();
        request.push(&mut bytes);
        let _ = self.stream.write_all(&bytes);
    }
}

/// Why a program cannot be connected to.
pub(super) enum Reason {
    /// There is no such process.
    NoProcess,
    /// It has no socket, or nobody listens any more.
    NoSocket,
    Failed(PathBuf, io::Error),
}

impl Reason {
    fn message(&self, process: u32) -> String {
        match self {
            Self::NoProcess => format!("there is no process {process}"),
            Self::NoSocket => format!(
                "process {process} cannot be looked at: start it with MEMLINE_CONTROL=1 in its \
                 environment, and build it with memline (its feature `trace` is among the defaults)"
            ),
            Self::Failed(path, error) => format!("{}: {error}", path.display()),
        }
    }
}

/// Opens the socket of a process.
pub(super) fn open(process: u32) -> Result<UnixStream, Reason> {
    let mut reason = Reason::NoSocket;
    for path in sockets(process) {
        match UnixStream::connect(&path) {
            Ok(stream) => return Ok(stream),
            // The second of a process that was killed, or is about to listen.
            Err(error)
                if [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused]
                    .contains(&error.kind()) => {}
            Err(error) => reason = Reason::Failed(path, error),
        }
    }
    if Path::new(&format!("/proc/{process}")).exists() {
        Err(reason)
    } else {
        clean(process);
        Err(Reason::NoProcess)
    }
}

/// Removes what a process that has been killed may have left.
pub(super) fn clean(process: u32) {
    for path in sockets(process) {
        let _ = fs::remove_file(path);
    }
}

fn sockets(process: u32) -> Vec<PathBuf> {
    // Of the process's user, whose socket it is; else of this one.
    let user = fs::metadata(format!("/proc/{process}")).or_else(|_| fs::metadata("/proc/self"));
    let user = user.map_or(0, |metadata| metadata.uid());
    live::sockets(process, user, env::var_os("XDG_RUNTIME_DIR"))
}
