//! Records every allocation with its call stack, while that is asked for.
//!
//! ```text
//! allocation ─► lane (a thread's) ─► stack known? ─► slot of the side file ─► backlog ─► block of the recording
//!                                     no: interner, shared
//! ```
//!
//! | modules | |
//! |---|---|
//! | `lane`, `cache` | what a thread does by itself: its buffer, and the stacks that it has seen |
//! | `walk`, `pointers`, `chain`, `unwind`, `memo`, `modules` | walking stacks, by frame pointers or by unwind tables |
//! | `session`, `interner`, `output` | what threads share: the recording, its tree of stacks, its files |
//! | `backlog` | full slots, until the helper has packed them |
//! | `turn` | what puts the events of threads in order |
//! | `timeline` | memory over time, which profiled functions ran, and marks |
//! | `slot`, `file` | the mapped buffers that outlive the process; the files' descriptors |
//! | `sampling`, `settings`, `host` | one allocation in so many bytes; the environment; the facts |

mod backlog;
pub(crate) mod cache;
mod chain;
pub(crate) mod file;
pub(crate) mod host;
pub(crate) mod interner;
mod lane;
mod memo;
pub(crate) mod modules;
mod output;
mod pointers;
mod sampling;
mod session;
mod settings;
mod slot;
mod timeline;
mod turn;
mod unwind;
pub(crate) mod walk;

use std::any::Any;
use std::fmt;
use std::io;
use std::path::Path;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};

use crate::{exit, record, rss, signal_report, stats};
pub(crate) use session::lock;
use session::{Plan, Session};
use walk::Registers;

/// A recording of the program by itself, from [`start`](Self::start) until it is dropped.
///
/// Every allocation and free of all threads goes into a file, with its call stack: what
/// `MEMLINE_RECORD=FILE` does for the whole program. `MEMLINE_SAMPLE` holds here too.
///
/// ```no_run
/// # use profile_runtime as memline;
/// # fn work() {}
/// let recorder = memline::Recorder::start("work.memline")?;
/// work();
/// drop(recorder);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the recording ends when this is dropped"]
pub struct Recorder(());

impl Recorder {
    /// Begins a recording in `path`. An existing recording is replaced.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, if it exists and is no recording, if it is being recorded
    /// into, or if this program is being recorded already.
    pub fn start(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let live_before = stats::live() as u64;
        uncounted(|| {
            begin(Plan {
                path: session::absolute(path),
                live_before,
                sample: settings::sample(),
                follow_fork: settings::follow_fork(),
            })
        })?;
        Ok(Self(()))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        finish(Session::finish);
    }
}

/// Whether what this thread allocates is the recorder's own.
#[inline(always)]
pub(crate) fn is_at_work() -> bool {
    lane::is_in_use()
}

/// Whether a thread that begins to count is to hand its events over.
pub(crate) fn is_on() -> bool {
    session::current().is_some()
}

/// Whether there is a recording, or one to be begun in this forked child.
#[inline(always)]
pub(crate) fn is_wanted() -> bool {
    is_on() || !FORKED.load(Relaxed).is_null()
}

/// Runs `work` without recording what it allocates and frees.
#[inline]
pub(crate) fn apart<T>(work: impl FnOnce() -> T) -> T {
    lane::apart(work)
}

/// The same, and what it does counts for nobody.
pub(crate) fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    record::current().counters.uncounted(work)
}

/// Records an allocation of this thread.
#[inline(always)]
pub(crate) fn alloc(zeroed: bool, block: *mut u8, size: usize) {
    if let Some(lane) = lane::enter() {
        lane.0.alloc(zeroed, block, size, &Registers::here());
    }
}

/// Records a reallocation of this thread: the blocks before and after it, with their sizes in bytes.
#[inline(always)]
pub(crate) fn realloc(old: (*mut u8, usize), new: (*mut u8, usize)) {
    if let Some(lane) = lane::enter() {
        lane.0.realloc(old, new, &Registers::here());
    }
}

/// Records a free of this thread.
#[inline(always)]
pub(crate) fn free(block: *mut u8, size: usize) {
    if let Some(lane) = lane::enter() {
        lane.0.free(block, size);
    }
}

/// Learns what memline's allocator is wrapped around.
pub(crate) fn allocator_is(inner: fn() -> &'static str) {
    host::allocator_is(inner);
}

/// Begins a recording if the environment asks for one. Each thread calls this when it begins to
/// count; the first one is early enough for the program's first allocation to be recorded.
#[inline]
pub(crate) fn begin_if_asked() {
    if settings::are_due() {
        begin_as_asked();
    }
}

#[cold]
fn begin_as_asked() {
    uncounted(|| {
        let Some(plan) = settings::plan() else {
            return;
        };
        let path = plan.path.clone();
        if let Err(error) = begin(plan) {
            let path = path.display();
            exit::complain(&format!(
                "MEMLINE_RECORD: {path} cannot be recorded into: {error}"
            ));
        }
    });
}

fn begin(plan: Plan) -> io::Result<()> {
    static WATCHING: AtomicBool = AtomicBool::new(false);

    Session::start(plan)?;
    if stats::is_installed() {
        signal_report::install_handlers();
    }
    if !WATCHING.swap(true, Relaxed) {
        // SAFETY: the functions have the signatures that the system asks for, and do not unwind.
        #[expect(unsafe_code)]
        unsafe {
            libc::atexit(at_exit);
            libc::pthread_atfork(None, None, Some(in_child));
        }
    }
    Ok(())
}

/// Notes what the program says of itself, if it is recorded.
pub(crate) fn mark(words: fmt::Arguments<'_>) {
    if let Some(session) = session::current() {
        lane::apart(|| session.mark(words));
    }
}

/// Ends the recording, if there is one.
fn finish(finish: impl FnOnce(&'static Session)) {
    if session::current().is_none() {
        return;
    }
    if let Some(lane) = lane::enter() {
        lane.0.conclude();
    }
    uncounted(|| {
        if let Some(session) = session::current() {
            finish(session);
        }
    });
}

/// Ends the recording in a signal handler, on a thread that allocates from the runtime's own memory.
///
/// The signal may have interrupted what holds a lock of the recorder. Then the recording stays
/// incomplete, with all that is in it: nothing is waited for that may never come.
pub(crate) fn finish_in_handler() {
    lane::conclude_in_handler();
    if let Some(session) = session::current() {
        session.finish_in_handler();
    }
}

/// The same as the process ends.
pub(crate) fn finish_at_exit() {
    finish(Session::finish_at_exit);
}

extern "C" fn at_exit() {
    finish_at_exit();
}

/// A thread ends: what it has recorded joins the rest.
pub(crate) fn thread_ended() {
    lane::leave();
}

/// Keeps what is never freed, where a leak checker finds it.
pub(crate) fn keep<T: Any + Send + Sync>(value: T) -> &'static T {
    static KEPT: Mutex<Vec<&(dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
    let value: &'static T = Box::leak(Box::new(value));
    // In a forked child it may be locked for ever.
    if let Ok(mut kept) = KEPT.try_lock() {
        kept.push(value);
    }
    value
}

/// The parent's session, in a forked child that is to have one of its own.
static FORKED: AtomicPtr<Session> = AtomicPtr::new(ptr::null_mut());

/// In a forked child. It only stores into memory of this process: whatever else is to be done
/// waits for the child's next allocation.
extern "C" fn in_child() {
    lane::after_fork();
    rss::after_fork();
    signal_report::after_fork();
    let Some(session) = session::forget_current() else {
        return;
    };
    if session.plan.follow_fork {
        FORKED.store(ptr::from_ref(session).cast_mut(), Relaxed);
    } else {
        record::follow_all();
    }
}

/// Begins the recording of a forked child, beside that of its parent.
fn begin_in_child() -> Option<&'static Session> {
    let parent = FORKED.swap(ptr::null_mut(), Relaxed);
    // SAFETY: null, or a session, which is never freed.
    #[expect(unsafe_code)]
    let mut plan = unsafe { parent.as_ref() }?.plan.clone();
    let pid = format!(".{}", std::process::id());
    plan.path.as_mut_os_string().push(pid);
    plan.live_before = stats::live() as u64;
    let path = plan.path.clone();
    if let Err(error) = begin(plan) {
        let path = path.display();
        exit::complain(&format!("{path} cannot be recorded into: {error}"));
        record::follow_all();
    }
    session::current()
}
