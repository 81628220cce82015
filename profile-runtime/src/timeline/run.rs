//! A timeline alone: what `MEMLINE_TIMELINE=FILE` asks for.

use std::env;
use std::ffi::CStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, TryLockError};

use profile_trace::block::{Kind, Label, Packer};
use profile_trace::facts::{self, Fact};
use profile_trace::timeline::Record;
use profile_trace::{Header, Magic};

use super::{Descriptor, Log, Shared, Tail};
use crate::asked::Question;
use crate::mark::Text;
use crate::recorder::file::OwnFile;
use crate::recorder::{self, host, lock};
use crate::{clock, exit, rss, signal_report, stats};

const VARIABLE: &CStr = c"MEMLINE_TIMELINE";

static LOG: Shared = Shared::new();

/// The file, while there is a timeline. The helper has what it needs of it.
static FILE: Mutex<Option<File>> = Mutex::new(None);

static ON: AtomicBool = AtomicBool::new(false);

struct File {
    own: OwnFile,
    tail: &'static Tail,
    /// [`clock::now`] at the beginning.
    start: u64,
}

/// Begins a timeline if the environment asks for one. Each thread calls this when it begins to
/// count.
#[inline]
pub(crate) fn begin_if_asked() {
    static QUESTION: Question = Question::new();
    if QUESTION.ask(&[VARIABLE]) {
        recorder::apart(begin);
    }
}

#[cold]
fn begin() {
    let Some(path) = env::var_os("MEMLINE_TIMELINE").filter(|path| !path.is_empty()) else {
        return;
    };
    // The program may change its directory.
    let path = PathBuf::from(path);
    let path = std::path::absolute(&path).unwrap_or(path);
    if let Err(error) = open(&path) {
        let path = path.display();
        return exit::complain(&format!(
            "MEMLINE_TIMELINE: {path} cannot be written: {error}"
        ));
    }
    ON.store(true, Relaxed);
    if stats::is_installed() {
        signal_report::install_handlers();
    }
    // SAFETY: the functions have the signatures that the system asks for, and do not unwind.
    #[expect(unsafe_code)]
    unsafe {
        libc::atexit(at_exit);
        libc::pthread_atfork(None, None, Some(in_child));
    }
}

/// Begins the timeline in the file at `path`. A recording that is there is replaced, any other file is
/// not.
fn open(path: &Path) -> io::Result<()> {
    if rss::read().is_none() {
        return Err(io::Error::other("/proc/self/statm cannot be read"));
    }
    let mut own = OwnFile::replace(path)?;
    let began = host::since_1970();
    let session = began ^ u64::from(std::process::id()).rotate_left(40);
    let mut head = Header::new(session).encode(Magic::Recording).to_vec();
    head.extend_from_slice(&block(Kind::Start, &host::facts(began)));
    own.truncate(0)?;
    own.write_at(&head, 0)?;
    let tail = recorder::keep(Tail::new(head.len() as u64, 1));
    let start = clock::now();
    LOG.begin(start, Descriptor::of(&own), tail, None)?;
    *lock(&FILE) = Some(File { own, tail, start });
    Ok(())
}

/// Notes what the program says of itself.
pub(crate) fn mark(words: fmt::Arguments<'_>) {
    if ON.load(Relaxed) {
        let text = Text::of(words);
        recorder::apart(|| LOG.note(&Record::Mark(text.as_str()), &mut append));
    }
}

/// Appends a block on a thread of the program's, whose table of descriptors the helper does not
/// have.
fn append(block: &[u8]) -> Result<(), i32> {
    lock(&FILE)
        .as_mut()
        .map_or(Ok(()), |file| file.append(block))
}

extern "C" fn at_exit() {
    finish_at_exit();
}

/// Ends the timeline, if there is one, as the process ends.
pub(crate) fn finish_at_exit() {
    if !ON.swap(false, Relaxed) {
        return;
    }
    recorder::apart(|| {
        let log = LOG.finish(&mut append);
        let error = log.as_ref().and_then(Log::error);
        let end = || lock(&FILE).take().map_or(Ok(()), File::end);
        if let Some(error) = error.or_else(|| end().err()) {
            exit::complain(&format!("the timeline has stopped: {error}"));
        }
        recorder::keep(Mutex::new(log));
    });
}

/// The same in a signal handler, on a thread that allocates from the runtime's own memory. Where the
/// signal has interrupted what holds the log or the file, the timeline stays incomplete.
pub(crate) fn finish_in_handler() {
    if !ON.swap(false, Relaxed) {
        return;
    }
    let mut written = false;
    LOG.finish_in_handler(&mut |block| {
        let result = file_now().map_or(Err(libc::EAGAIN), |mut file| {
            file.as_mut().map_or(Ok(()), |file| file.append(block))
        });
        written = result.is_ok();
        result
    });
    if written && let Some(file) = file_now().and_then(|mut file| file.take()) {
        let _ = file.end();
    }
}

/// The file, unless somebody has it.
fn file_now() -> Option<MutexGuard<'static, Option<File>>> {
    match FILE.try_lock() {
        Ok(file) => Some(file),
        Err(TryLockError::Poisoned(file)) => Some(file.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl File {
    fn append(&mut self, block: &[u8]) -> Result<(), i32> {
        let Self { own, tail, .. } = self;
        let written = tail.append(block, |offset| own.write_at(block, offset));
        written.map_err(|error| error.raw_os_error().unwrap_or(libc::EBADF))
    }

    /// Says in the file that it is complete.
    fn end(self) -> io::Result<()> {
        let Self {
            mut own,
            tail,
            start,
        } = self;
        let mut facts = Vec::new();
        facts::number(Fact::Ended, clock::now().saturating_sub(start), &mut facts);
        facts::number(Fact::Blocks, tail.blocks(), &mut facts);
        let end = block(Kind::End, &facts);
        tail.append(&end, |offset| own.write_at(&end, offset))?;
        own.close();
        Ok(())
    }
}

fn block(kind: Kind, facts: &[u8]) -> Vec<u8> {
    let label = Label {
        kind,
        stream: 0,
        sequence: 0,
    };
    Packer::new(facts.len()).pack(label, facts).to_vec()
}

/// A forked child has no helper, and the file is its parent's.
extern "C" fn in_child() {
    ON.store(false, Relaxed);
}
