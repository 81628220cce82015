//! What is noted of the process over time, in the hands of one thread at a time.

use std::io;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use profile_trace::timeline::{Page, Record};

use super::calls::Calls;
use super::helper::{self, Chore, Task};
use super::spin::Spin;
use super::system::{self, Descriptor};
use super::tail::Tail;
use crate::{clock, counters, rss};

/// Looks between two writes: what a killed process loses is a tenth of a second.
const LOOKS_PER_WRITE: u32 = 10;

/// Milliseconds that a signal handler waits for another thread to let go of the log.
const PATIENCE: u32 = 200;

/// Takes a block; or says what is wrong, by the system's number.
pub(crate) type Append<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), i32>;

/// A log between the program's threads, which note marks, and the helper.
pub(crate) struct Shared {
    log: Spin<Option<Log>>,
    /// Whether the helper has a table of descriptors of its own.
    ready: AtomicU32,
    /// What the helper sleeps on: twice the times that it was rung for, and one if all has ended.
    bell: AtomicU32,
}

/// What the bell says last.
const ENDED: u32 = 1;
const RING: u32 = 2;

/// What is noted, and where the helper writes it.
pub(crate) struct Log {
    page: Page,
    calls: Calls,
    file: Descriptor,
    tail: &'static Tail,
    /// [`clock::now`] at the beginning.
    start: u64,
    looks: u32,
    /// What went wrong; nothing more is written then.
    error: Option<i32>,
}

impl Shared {
    pub(crate) const fn new() -> Self {
        Self {
            log: Spin::new(None),
            ready: AtomicU32::new(0),
            bell: AtomicU32::new(0),
        }
    }

    /// Begins a log of a recording that began at `start` and ends at `tail`. From here on the helper
    /// appends to `file`, and does its chore.
    ///
    /// # Errors
    ///
    /// If the helper cannot be started. Then nothing is noted.
    pub(crate) fn begin(
        &'static self,
        start: u64,
        file: Descriptor,
        tail: &'static Tail,
        chore: Option<&'static dyn Chore>,
    ) -> io::Result<()> {
        let mut log = Log {
            page: Page::new(),
            calls: Calls::new(),
            file,
            tail,
            start,
            looks: 0,
            error: None,
        };
        log.sample(rss::read());
        self.log.with(|place| *place = Some(log));
        let started = helper::start(Task {
            log: self,
            chore,
            file,
            tail,
            page_size: rss::page_size(),
        });
        if started.is_err() {
            drop(self.log.with(Option::take));
        }
        started
    }

    /// Notes something of this moment, if there is a log; `append` puts it into the recording.
    pub(crate) fn note(&self, record: &Record<'_>, append: Append<'_>) {
        self.log.with(|log| {
            if let Some(log) = log {
                log.add(log.now(), record, append);
                log.flush(append);
            }
        });
    }

    /// Ends the log after a last look, and hands it back, which says what went [wrong](Log::error).
    pub(crate) fn finish(&self, append: Append<'_>) -> Option<Log> {
        let mut log = self.log.with(Option::take)?;
        self.stop();
        log.conclude(append);
        Some(log)
    }

    /// The same in a signal handler, unless that has interrupted what holds the log.
    pub(crate) fn finish_in_handler(&self, append: Append<'_>) {
        self.log.with_patience(PATIENCE, |log| {
            if let Some(log) = log {
                log.conclude(append);
            }
            std::mem::forget(log.take()); // nothing is freed here
        });
    }

    /// Looks at the process, in the helper. `false` if there is nothing more to be done.
    pub(super) fn look(&self, rss: Option<u64>) -> bool {
        let look = |log: &mut Option<Log>| log.as_mut().is_some_and(|log| log.look_and_write(rss));
        self.bell().is_some() && self.log.with(look)
    }

    /// Says that the helper depends on nothing of the program's.
    pub(super) fn tell_ready(&self) {
        self.ready.store(1, Release);
        system::wake(&self.ready);
    }

    pub(super) fn wait_until_ready(&self) {
        while self.ready.load(Acquire) == 0 {
            system::wait(&self.ready, 0, 10_000_000);
        }
    }

    /// What the bell says; `None` if all has ended.
    pub(super) fn bell(&self) -> Option<u32> {
        Some(self.bell.load(Acquire)).filter(|said| said & ENDED == 0)
    }

    /// Lets the helper rest, unless the bell says something else by now.
    pub(super) fn rest(&self, said: u32, nanoseconds: u64) {
        system::wait(&self.bell, said, nanoseconds);
    }

    /// Tells the helper that there is something to do.
    pub(crate) fn ring(&self) {
        self.bell.fetch_add(RING, Release);
        system::wake(&self.bell);
    }

    /// Ends the helper.
    pub(crate) fn stop(&self) {
        self.bell.fetch_or(ENDED, Relaxed);
        system::wake(&self.bell);
    }
}

impl Log {
    /// What went wrong.
    pub(crate) fn error(&self) -> Option<io::Error> {
        self.error.map(io::Error::from_raw_os_error)
    }

    fn now(&self) -> u64 {
        clock::now().saturating_sub(self.start)
    }

    /// Looks at the process, and writes what was noted now and then. `false` after an error.
    fn look_and_write(&mut self, rss: Option<u64>) -> bool {
        let (file, tail) = (self.file, self.tail);
        let mut append = |block: &[u8]| tail.append(block, |offset| file.write_at(block, offset));
        self.look(rss, &mut append);
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(LOOKS_PER_WRITE) {
            self.flush(&mut append);
        }
        self.error.is_none()
    }

    /// Notes what the process is at this moment.
    fn look(&mut self, rss: Option<u64>, append: Append<'_>) {
        if self.page.is_full() {
            self.flush(append);
        }
        self.sample(rss);
        let now = self.now();
        // They are looked at by themselves: what they tell goes through the page.
        let Self {
            page, calls, error, ..
        } = self;
        calls.look(|record| {
            if page.is_full() {
                write(page, error, append);
            }
            page.add(now, record);
        });
    }

    fn sample(&mut self, rss: Option<u64>) {
        if let Some(rss) = rss {
            let live = Some(counters::published_live().max(0) as u64);
            self.page.add(self.now(), &Record::Sample { rss, live });
        }
    }

    fn add(&mut self, now: u64, record: &Record<'_>, append: Append<'_>) {
        if self.page.is_full() {
            self.flush(append);
        }
        self.page.add(now, record);
    }

    /// Writes what was noted.
    fn flush(&mut self, append: Append<'_>) {
        write(&mut self.page, &mut self.error, append);
    }

    fn conclude(&mut self, append: Append<'_>) {
        self.look(rss::read(), append);
        self.flush(append);
    }
}

/// Writes a page; after an error nothing more.
fn write(page: &mut Page, error: &mut Option<i32>, append: Append<'_>) {
    let block = page.close();
    if !block.is_empty() && error.is_none() {
        *error = append(block).err();
    }
}
