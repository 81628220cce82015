//! Lets viewers elsewhere look at the program: hands on what it tells, and adds how it ended.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::thread;
use std::time::{Duration, Instant};

use profile_trace::live::{self, News, Request};

use super::launch::{Ended, ending};
use super::link::{self, Incoming};
use crate::Error;

/// How long a viewer may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long viewers may take to hear how the program ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Viewers at once.
const MOST: usize = 32;

/// Where viewers connect.
#[derive(Debug)]
pub(super) struct Relay {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    token: Option<String>,
    viewers: AtomicUsize,
}

/// Counts a viewer as long as it is there.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, AcqRel);
    }
}

impl Relay {
    /// Listens on an address, by default this machine's own.
    pub(super) fn listen(
        bind: Option<IpAddr>,
        port: u16,
        token: Option<String>,
    ) -> Result<Self, Error> {
        let host = bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let failed = |error: io::Error| {
            Error::Failed(match error.kind() {
                io::ErrorKind::AddrInUse => {
                    format!(
                        "port {port} of {host} is taken; choose another with --port, or leave it to memline"
                    )
                }
                _ => format!("{host}:{port} cannot be listened on: {error}"),
            })
        };
        let listener = TcpListener::bind((host, port)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            shared: Arc::new(Shared {
                token,
                viewers: AtomicUsize::new(0),
            }),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves viewers of a process, in the background.
    pub(super) fn serve(&self, process: u32, end: Ended) {
        let (listener, shared) = (self.listener.try_clone(), self.shared.clone());
        thread::spawn(move || {
            let Ok(listener) = listener else { return };
            for viewer in listener.incoming() {
                let Ok(viewer) = viewer else {
                    thread::sleep(Duration::from_millis(10)); // such as too many open files
                    continue;
                };
                let (counted, end) = (Counted(shared.clone()), end.clone());
                if shared.viewers.fetch_add(1, AcqRel) < MOST {
                    // A viewer that goes, or says what is not understood, is no failure of anybody's.
                    thread::spawn(move || drop(hand_on(viewer, process, &end, &counted.0)));
                }
            }
        });
    }

    /// Gives viewers the time to hear of the end.
    pub(super) fn finish(&self) {
        let begin = Instant::now();
        while self.shared.viewers.load(Acquire) > 0 && begin.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Serves one viewer until it goes or the program ends.
fn hand_on(mut viewer: TcpStream, process: u32, end: &Ended, shared: &Shared) -> io::Result<()> {
    viewer.set_read_timeout(Some(PATIENCE))?;
    viewer.write_all(&live::header(process))?;
    let mut asked = Incoming::new(viewer.try_clone()?);
    if asked.header()?.version != live::VERSION {
        return Ok(()); // it has been told which one this is
    }
    let first = asked.message()?;
    let is_welcome = match (Request::read(first.kind, &first.payload), &shared.token) {
        (Some(Request::Hello(_)), None) => true,
        (Some(Request::Hello(token)), Some(expected)) => is_same(token, expected.as_bytes()),
        _ => false,
    };
    if !is_welcome {
        let mut refusal = Vec::new();
        News::Failed("wrong token: set MEMLINE_TOKEN to that of memline run --live-remote")
            .push(&mut refusal);
        return viewer.write_all(&refusal);
    }
    viewer.set_read_timeout(None)?;
    let mut program = connect(process, end)?;
    let mut hello = live::header(0).to_vec();
    Request::Hello(&[]).push(&mut hello);
    program.write_all(&hello)?;
    let (mut asking, gone) = (program.try_clone()?, program.try_clone()?);
    thread::spawn(move || {
        while let Ok(message) = asked.message() {
            let mut bytes = Vec::new();
            message.push(&mut bytes);
            if asking.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = gone.shutdown(std::net::Shutdown::Both); // so that the other direction ends, too
    });
    let mut told = Incoming::new(program);
    told.header()?;
    // Whole messages only: a killed program may leave half a one.
    while let Ok(message) = told.message() {
        let mut bytes = Vec::new();
        message.push(&mut bytes);
        viewer.write_all(&bytes)?;
    }
    if let Some(status) = end.wait_for(PATIENCE) {
        let mut bytes = Vec::new();
        News::Ended(ending(status)).push(&mut bytes);
        viewer.write_all(&bytes)?;
    }
    viewer.shutdown(std::net::Shutdown::Both)
}

/// Compares in a time that tells nothing of where they differ.
fn is_same(token: &[u8], expected: &[u8]) -> bool {
    let differences = token
        .iter()
        .zip(expected)
        .fold(0, |all, (a, b)| all | (a ^ b));
    token.len() == expected.len() && differences == 0
}

/// Waits for the program to listen.
fn connect(process: u32, end: &Ended) -> io::Result<UnixStream> {
    loop {
        if let Ok(stream) = link::open(process) {
            return Ok(stream);
        }
        if end.wait_for(Duration::from_millis(20)).is_some() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
