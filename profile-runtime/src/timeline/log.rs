//! The timeline's page and its file, in the hands of one thread at a time.
//!
//! The sampler's thread has no thread-locals, so that locks of the standard library, which look
//! whether the thread panics, are not for it; nor are the C library's functions, which set `errno`.

use std::cell::UnsafeCell;
use std::io;
use std::path::Path;
use std::sync::atomic::{
    AtomicBool, AtomicU8,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use profile_trace::block::{Kind, Label, Packer};
use profile_trace::facts::{self, Fact};
use profile_trace::timeline::{Page, Record};
use profile_trace::{Header, Magic};

use super::calls::Calls;
use super::system::{self, Descriptor};
use crate::recorder::file::{OwnFile, is_recording};
use crate::recorder::host;
use crate::{clock, counters};

const OFF: u8 = 0;
const ON: u8 = 1;

static STATE: AtomicU8 = AtomicU8::new(OFF);

/// Looks between two writes: what a killed process loses is a tenth of a second.
const LOOKS_PER_WRITE: u32 = 10;

static LOG: Guarded = Guarded {
    taken: AtomicBool::new(false),
    log: UnsafeCell::new(Log::new()),
};

struct Guarded {
    taken: AtomicBool,
    log: UnsafeCell<Log>,
}

// SAFETY: `with` hands the log to one thread at a time.
#[expect(unsafe_code)]
unsafe impl Sync for Guarded {}

/// What is written, and where.
pub(super) struct Log {
    page: Page,
    calls: Calls,
    file: Descriptor,
    statm: Descriptor,
    /// Bytes that are in the file, all of them whole blocks.
    length: u64,
    blocks: u64,
    /// [`clock::now`] at the beginning.
    start: u64,
    page_size: u64,
    looks: u32,
    /// The system's number of what went wrong.
    error: Option<i32>,
}

/// Whether there is a timeline.
#[inline(always)]
pub(super) fn is_on() -> bool {
    STATE.load(Acquire) == ON
}

/// Stops without touching the file: a forked child, or one that could not begin.
pub(super) fn forget() {
    STATE.store(OFF, Release);
}

/// Hands the log out, if there is a timeline; waits while another thread has it.
pub(super) fn with<T>(work: impl FnOnce(&mut Log) -> T) -> Option<T> {
    while LOG
        .taken
        .compare_exchange(false, true, AcqRel, Relaxed)
        .is_err()
    {
        if !is_on() {
            return None;
        }
        system::give_way();
    }
    // SAFETY: this thread has taken it.
    #[expect(unsafe_code)]
    let result = is_on().then(|| work(unsafe { &mut *LOG.log.get() }));
    LOG.taken.store(false, Release);
    result
}

/// Begins the timeline in the file at `path`. A recording that is there is replaced, any other file is
/// not.
pub(super) fn open(path: &Path) -> io::Result<()> {
    let mut file = OwnFile::open(path.to_owned())?;
    let replaceable = is_recording(&*file.file()?);
    let refusal = match replaceable {
        _ if !file.lock() => Some("another process writes into it"),
        Ok(false) => Some("it exists and is no recording, and stays as it is"),
        Ok(true) => None,
        Err(error) => {
            file.close();
            return Err(error);
        }
    };
    if let Some(reason) = refusal {
        file.close();
        return Err(io::Error::other(reason));
    }
    let began = host::since_1970();
    let session = began ^ u64::from(std::process::id()).rotate_left(40);
    let mut start = Header::new(session).encode(Magic::Recording).to_vec();
    start.extend_from_slice(&block(Kind::Start, &host::facts(began)));
    file.truncate(0)?;
    file.write_at(&start, 0)?;
    let statm = system::open_statm()?;
    // SAFETY: there is no timeline yet, and nobody else begins one.
    #[expect(unsafe_code)]
    let log = unsafe { &mut *LOG.log.get() };
    log.calls = Calls::new();
    log.file = Descriptor::of(&file);
    log.statm = statm;
    log.length = start.len() as u64;
    log.blocks = 1;
    log.start = clock::now();
    log.page_size = crate::rss::page_size();
    STATE.store(ON, Release);
    Ok(())
}

/// Ends the timeline. Returns what went wrong until then.
pub(super) fn finish() -> Option<io::Error> {
    with(|log| {
        log.look();
        log.flush();
        let mut facts = Vec::new();
        let ended = clock::now().saturating_sub(log.start);
        facts::number(Fact::Ended, ended, &mut facts);
        facts::number(Fact::Blocks, log.blocks, &mut facts);
        log.append(&block(Kind::End, &facts));
        forget();
        log.error.map(io::Error::from_raw_os_error)
    })?
}

fn block(kind: Kind, facts: &[u8]) -> Vec<u8> {
    let label = Label {
        kind,
        stream: 0,
        sequence: 0,
    };
    Packer::new(facts.len()).pack(label, facts).to_vec()
}

impl Log {
    const fn new() -> Self {
        Self {
            page: Page::new(),
            calls: Calls::none(),
            file: Descriptor::NONE,
            statm: Descriptor::NONE,
            length: 0,
            blocks: 0,
            start: 0,
            page_size: 0,
            looks: 0,
            error: None,
        }
    }

    /// Looks at the process, and notes what it sees.
    pub(super) fn look(&mut self) {
        let now = clock::now().saturating_sub(self.start);
        let mut text = [0; 128];
        let statm = self.statm.read(&mut text);
        if let Some(pages) = crate::rss::resident_pages(statm) {
            let rss = pages.saturating_mul(self.page_size);
            let live = Some(counters::published_live().max(0) as u64);
            self.add_at(now, &Record::Sample { rss, live });
        }
        // They are taken out meanwhile: what they tell goes through `self`.
        let Self {
            page,
            calls,
            file,
            length,
            blocks,
            error,
            ..
        } = self;
        calls.look(|record| {
            if page.is_full() {
                append(page.close(), file, length, blocks, error);
            }
            page.add(now, record);
        });
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(LOOKS_PER_WRITE) {
            self.flush();
        }
    }

    /// Notes something of this moment.
    pub(super) fn add(&mut self, record: &Record<'_>) {
        self.add_at(clock::now().saturating_sub(self.start), record);
    }

    fn add_at(&mut self, now: u64, record: &Record<'_>) {
        if self.page.is_full() {
            self.flush();
        }
        self.page.add(now, record);
    }

    /// Writes what was noted.
    pub(super) fn flush(&mut self) {
        let Self {
            page,
            file,
            length,
            blocks,
            error,
            ..
        } = self;
        append(page.close(), file, length, blocks, error);
    }

    fn append(&mut self, block: &[u8]) {
        append(
            block,
            &self.file,
            &mut self.length,
            &mut self.blocks,
            &mut self.error,
        );
    }
}

/// Appends a block; after an error nothing more.
fn append(
    block: &[u8],
    file: &Descriptor,
    length: &mut u64,
    blocks: &mut u64,
    error: &mut Option<i32>,
) {
    if block.is_empty() || error.is_some() {
        return;
    }
    match file.write_at(block, *length) {
        Ok(()) => {
            *length += block.len() as u64;
            *blocks += 1;
        }
        Err(number) => *error = Some(number),
    }
}
