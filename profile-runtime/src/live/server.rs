//! One thread that serves all viewers.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::{Duration, Instant};

use profile_trace::live::{Message, Request};

use super::connection::Connection;
use super::feed::Feed;
use super::watch::Watch;
use super::{ENDING, WATCHED, balance, socket};
use crate::recorder::{self, Recorder, uncounted};
use crate::trace::Snapshot;

/// How often viewers are told what has changed.
const INTERVAL: Duration = Duration::from_millis(250);

/// Viewers at once.
const MOST: usize = 8;

/// How long a viewer may take to come that has started the program.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a program that ends waits for a viewer to take what it is sent.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The server's state.
///
/// What its thread allocates counts for nobody ([`uncounted`]): each step gives the thread's figures
/// back as they were, so that a moment that is measured between two steps has nothing of them.
pub(super) struct Server {
    listener: UnixListener,
    wake: OwnedFd,
    viewers: Vec<(u64, Connection)>,
    next: u64,
    watch: Option<Watch>,
    /// Until when a viewer is waited for, which is to miss nothing.
    awaited: Option<Instant>,
    due: Instant,
    recording: Option<Recording>,
    /// The balance of this thread between two steps.
    balance: i64,
}

/// A recording that a viewer has asked for.
struct Recording {
    recorder: Recorder,
    path: PathBuf,
    /// When it ends, and which viewer is then told.
    until: Option<(Instant, u64)>,
}

impl Server {
    /// With a watch, a viewer is about to come, which is to miss nothing.
    pub(super) fn new(listener: UnixListener, wake: OwnedFd, watch: Option<Watch>) -> Self {
        let is_awaited = watch.is_some();
        WATCHED.store(is_awaited, Release);
        Self {
            listener,
            wake,
            viewers: Vec::new(),
            next: 0,
            watch,
            awaited: is_awaited.then(|| Instant::now() + PATIENCE),
            due: Instant::now(),
            recording: None,
            balance: 0,
        }
    }

    /// Serves until the process ends, or has closed what is not its own.
    pub(super) fn run(&mut self) {
        self.balance = balance();
        while !ENDING.load(Acquire) {
            let Some(is_connecting) = uncounted(|| self.wait()) else {
                return;
            };
            uncounted(|| {
                self.serve();
                if is_connecting {
                    self.accept();
                }
                self.end_recording_if_due();
            });
            if self.watch.is_some() && Instant::now() >= self.due {
                self.due = Instant::now() + INTERVAL;
                self.look();
            }
            uncounted(|| self.end_watch_if_alone());
        }
        self.say_goodbye();
    }

    /// Waits until there is something to do. Whether somebody connects; `None` if nobody can.
    fn wait(&self) -> Option<bool> {
        let now = Instant::now();
        let until = |due: Instant| due.saturating_duration_since(now).as_millis() as i32 + 1;
        let look = self.watch.is_some().then(|| until(self.due));
        let stop = self.recording.as_ref().and_then(|r| r.until);
        let stop = stop.map(|(end, _)| until(end));
        let timeout = look.into_iter().chain(stop).min().unwrap_or(-1);
        let poll = |descriptor, events| libc::pollfd {
            fd: descriptor,
            events,
            revents: 0,
        };
        let mut polled = vec![
            poll(self.listener.as_raw_fd(), libc::POLLIN),
            poll(self.wake.as_raw_fd(), libc::POLLIN),
        ];
        polled.extend(self.viewers.iter().map(|(_, viewer)| {
            let out = if viewer.is_behind() { libc::POLLOUT } else { 0 };
            poll(viewer.descriptor(), libc::POLLIN | out)
        }));
        // SAFETY: the array is as long as it is said to be.
        #[expect(unsafe_code)]
        unsafe {
            libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, timeout);
        }
        let is_lost =
            |polled: &libc::pollfd| polled.revents & (libc::POLLNVAL | libc::POLLERR) != 0;
        (!polled[..2].iter().any(is_lost)).then(|| polled[0].revents != 0)
    }

    fn accept(&mut self) {
        match socket::accept(&self.listener) {
            Ok(stream) if self.viewers.len() < MOST => {
                self.viewers.push((self.next, Connection::new(stream)));
                self.next += 1;
            }
            Ok(_) => {} // no room: it is closed
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // Such as no descriptor left: whoever waits goes on waiting, and this thread rests.
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }

    /// Hears and sends what viewers say and take.
    fn serve(&mut self) {
        let mut served = std::mem::take(&mut self.viewers);
        served.retain_mut(|(number, viewer)| self.serve_one(*number, viewer).is_ok());
        self.viewers = served;
    }

    fn serve_one(&mut self, number: u64, viewer: &mut Connection) -> io::Result<()> {
        for Message { kind, payload } in viewer.receive()? {
            match Request::read(kind, &payload) {
                Some(Request::Hello(_)) => {} // whoever can open the socket is welcome
                Some(Request::Watch) => self.begin_watch(viewer),
                Some(Request::Record { path, duration }) => {
                    let begun = self.record(path_of(path), duration, number);
                    if duration == 0 || begun.is_err() {
                        viewer.answer(&begun);
                    }
                }
                Some(Request::Stop) => viewer.answer(&self.stop()),
                Some(Request::Snapshot(path)) => viewer.answer(&snapshot(path_of(path))),
                None => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        viewer.send()?;
        if viewer.is_over && !viewer.is_behind() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn begin_watch(&mut self, viewer: &mut Connection) {
        self.awaited = None;
        WATCHED.store(true, Release);
        let watch = self
            .watch
            .get_or_insert_with(|| Watch::begin(balance() - self.balance));
        viewer.feed = Some(Feed::new(watch, viewer.out()));
        self.due = Instant::now();
    }

    /// Tells all viewers what has changed.
    fn look(&mut self) {
        let Some(watch) = &mut self.watch else {
            return;
        };
        let changes = uncounted(|| watch.look());
        let moment = uncounted(Watch::moment);
        uncounted(|| {
            self.viewers.retain_mut(|(_, viewer)| {
                let Some(mut feed) = viewer.feed.take() else {
                    return true;
                };
                feed.learn(&changes, &moment);
                if viewer.is_behind() {
                    feed.skip();
                } else {
                    feed.tell(viewer.out());
                }
                viewer.feed = Some(feed);
                viewer.send().is_ok()
            });
            drop(changes);
        });
    }

    fn end_watch_if_alone(&mut self) {
        let watching = self.viewers.iter().any(|(_, viewer)| viewer.feed.is_some());
        let awaited = self.awaited.is_some_and(|until| Instant::now() < until);
        if !watching && !awaited && self.watch.take().is_some() {
            WATCHED.store(false, Release);
        }
    }

    fn record(&mut self, path: &Path, duration: u64, number: u64) -> Result<String, String> {
        let recorder = Recorder::start(path);
        let recorder = recorder
            .map_err(|error| format!("{} cannot be recorded into: {error}", path.display()))?;
        let end = Instant::now().checked_add(Duration::from_nanos(duration));
        self.recording = Some(Recording {
            recorder,
            path: path.to_owned(),
            until: end.filter(|_| duration > 0).map(|end| (end, number)),
        });
        Ok(format!("recording into {}", path.display()))
    }

    fn stop(&mut self) -> Result<String, String> {
        let Some(recording) = self.recording.take() else {
            return Err("nothing is recorded that memline attach began".to_owned());
        };
        let path = recording.path.display();
        let result = if recorder::is_on() {
            Ok(format!("recorded into {path}"))
        } else {
            Err(format!(
                "the recording in {path} has stopped before; the program's stderr says why"
            ))
        };
        drop(recording.recorder);
        result
    }

    fn end_recording_if_due(&mut self) {
        let until = self
            .recording
            .as_ref()
            .and_then(|recording| recording.until);
        let Some((_, asked)) = until.filter(|(end, _)| Instant::now() >= *end) else {
            return;
        };
        let result = self.stop();
        let viewer = self.viewers.iter_mut().find(|(number, _)| *number == asked);
        if let Some((_, viewer)) = viewer {
            viewer.answer(&result);
            let _ = viewer.send(); // else it is found out next time
        }
    }

    /// Tells what the process ends with, to those who take it at once.
    fn say_goodbye(&mut self) {
        let end = Instant::now() + LAST_WORDS;
        while self.awaited.is_some() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
            uncounted(|| {
                self.accept();
                self.serve();
            });
        }
        uncounted(|| {
            self.serve();
            self.wait_for_viewers(end);
        });
        self.look();
        uncounted(|| {
            self.wait_for_viewers(end);
            self.viewers.clear();
        });
    }

    /// Waits until all that is to be sent has been.
    fn wait_for_viewers(&mut self, end: Instant) {
        while self.viewers.iter().any(|(_, viewer)| viewer.is_behind()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
            self.viewers.retain_mut(|(_, viewer)| viewer.send().is_ok());
        }
    }
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn snapshot(path: &Path) -> Result<String, String> {
    let snapshot = Snapshot::take().map_err(|_| {
        "nothing is traced: start the program with MEMLINE_TRACE=16 too, or watch it at the same time \
         with memline attach"
            .to_owned()
    })?;
    let saved = snapshot.save(path);
    saved.map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(format!("what lives now is in {}", path.display()))
}
