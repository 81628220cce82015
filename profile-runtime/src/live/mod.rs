//! Lets the running program be looked at from outside, if the environment asks for that.
//!
//! ```text
//! MEMLINE_CONTROL=1 ─► a thread ─► socket ─► requests: watch, record, stop, snapshot
//! blocks that come and go ─► changes by thread and stack ─► what each viewer has not been told
//! ```
//!
//! What is sent are differences to what a viewer knows. One that is slow is told less often, and more at
//! once: nobody waits for it. What this thread allocates counts for nobody.
//!
//! | modules | |
//! |---|---|
//! | `socket` | where it is, and who may connect |
//! | `server` | one thread that serves all connections |
//! | `connection`, `feed` | what a viewer asks, and what it has been told |
//! | `watch` | what lives, as long as there are viewers |

mod connection;
mod feed;
mod server;
mod socket;
mod watch;

use std::env;
use std::ffi::c_void;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::panic;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicBool, AtomicI32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::time::Duration;

use self::server::Server;
use self::watch::Watch;
use crate::asked::Question;
use crate::{clock, exit, record, recorder};

/// How long a program that ends waits until its viewers have been told, at most.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The program's own descriptors keep the low numbers that they have without memline.
const FIRST_DESCRIPTOR: i32 = 200;

/// The server's thread has nothing deep to do but to write snapshots.
const STACK: usize = 512 * 1024;

/// The descriptors that a forked child closes, so that nobody takes it for its parent.
static OPEN: [AtomicI32; 16] = [const { AtomicI32::new(-1) }; 16];

/// The descriptor that wakes the server up.
static WAKE: AtomicI32 = AtomicI32::new(-1);

/// The process is about to end, and the server has said so to all.
static ENDING: AtomicBool = AtomicBool::new(false);
static ENDED: AtomicBool = AtomicBool::new(false);

/// Whether somebody watches, who is to be told of the end.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// The socket, to be removed, and the process that made it.
static SOCKET: OnceLock<(std::path::PathBuf, u32)> = OnceLock::new();

/// Begins to listen if the environment asks for it. Each thread calls this when it begins to count.
#[inline]
pub(crate) fn begin_if_asked() {
    static QUESTION: Question = Question::new();
    if QUESTION.ask(&[c"MEMLINE_CONTROL", c"MEMLINE_LIVE"]) {
        begin_as_asked();
    }
}

#[cold]
fn begin_as_asked() {
    let (is_watched, is_controlled) =
        recorder::uncounted(|| (is_child_of_viewer(), is_set("MEMLINE_CONTROL")));
    if !is_watched && !is_controlled {
        return;
    }
    let watch = is_watched.then(|| Watch::begin(0));
    recorder::uncounted(|| {
        if let Err(error) = begin(watch) {
            exit::complain(&format!(
                "MEMLINE_CONTROL: {error}; the program runs on and cannot be looked at"
            ));
        }
    });
}

/// Bytes that this thread has allocated and not freed.
fn balance() -> i64 {
    record::current().counters.balance()
}

fn is_set(name: &str) -> bool {
    env::var_os(name)
        .is_some_and(|value| !["", "0", "off", "false"].iter().any(|off| value == *off))
}

/// Whether the process that started this one is the viewer that `MEMLINE_LIVE` names. What this
/// program starts in turn inherits the variable, and is not meant.
fn is_child_of_viewer() -> bool {
    let viewer = env::var("MEMLINE_LIVE").ok();
    viewer.is_some_and(|viewer| viewer == std::os::unix::process::parent_id().to_string())
}

fn begin(watch: Option<Watch>) -> Result<(), String> {
    clock::now(); // time runs from here on
    let (listener, path) = socket::listen()?;
    let wake = wake().map_err(|error| error.to_string())?;
    let server = Server::new(listener, wake, watch);
    let _ = SOCKET.set((path, std::process::id()));
    // SAFETY: the functions have the signatures that the system asks for, and do not unwind.
    #[expect(unsafe_code)]
    unsafe {
        libc::atexit(at_exit);
        libc::pthread_atfork(None, None, Some(in_child));
    }
    start_thread(Box::new(server)).map_err(|error| format!("no thread can be started: {error}"))
}

fn wake() -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;

    // SAFETY: no preconditions; the descriptor is new and belongs to nobody else.
    #[expect(unsafe_code)]
    let wake = unsafe {
        let wake = libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
        if wake < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(wake)
    };
    let wake = out_of_the_way(wake)?;
    WAKE.store(wake.as_raw_fd(), Release);
    Ok(wake)
}

/// Gives a descriptor a number that the program does not expect to get, and remembers it.
fn out_of_the_way(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;

    // SAFETY: a descriptor of ours; what is returned is new and belongs to nobody else.
    #[expect(unsafe_code)]
    let high = unsafe {
        let flags = libc::F_DUPFD_CLOEXEC;
        let high = libc::fcntl(descriptor.as_raw_fd(), flags, FIRST_DESCRIPTOR);
        if high < 0 {
            return remember(descriptor); // a limit below that
        }
        OwnedFd::from_raw_fd(high)
    };
    remember(high)
}

fn remember(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    let number = descriptor.as_raw_fd();
    let is_free = |place: &&AtomicI32| {
        let taken = place.compare_exchange(-1, number, AcqRel, Relaxed);
        taken.is_ok()
    };
    match OPEN.iter().find(is_free) {
        Some(_) => Ok(descriptor),
        None => Err(io::Error::other("too many connections")),
    }
}

/// A descriptor is about to be closed.
fn forget(descriptor: RawFd) {
    for place in &OPEN {
        let _ = place.compare_exchange(descriptor, -1, AcqRel, Relaxed);
    }
}

/// Starts the server, without what the standard library would allocate for a thread, and with all
/// signals blocked: they are the program's.
fn start_thread(server: Box<Server>) -> io::Result<()> {
    let argument = Box::into_raw(server);
    // SAFETY: the attributes are made and given back, the signals of this thread are put back, and
    // the new thread owns what it is handed. If there is none, it is ours again.
    #[expect(unsafe_code)]
    unsafe {
        let (mut all, mut before) = (mem::zeroed(), mem::zeroed());
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let mut attributes: libc::pthread_attr_t = mem::zeroed();
        libc::pthread_attr_init(&raw mut attributes);
        libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED);
        libc::pthread_attr_setstacksize(&raw mut attributes, STACK);
        let mut thread = mem::zeroed();
        let error = libc::pthread_create(
            &raw mut thread,
            &raw const attributes,
            serve,
            argument.cast(),
        );
        libc::pthread_attr_destroy(&raw mut attributes);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut());
        if error != 0 {
            drop(Box::from_raw(argument));
            return Err(io::Error::from_raw_os_error(error));
        }
    }
    Ok(())
}

extern "C" fn serve(server: *mut c_void) -> *mut c_void {
    // SAFETY: from `start_thread`, which has given it away; the name is a C string.
    #[expect(unsafe_code)]
    let mut server = unsafe {
        libc::prctl(libc::PR_SET_NAME, c"memline-live".as_ptr());
        Box::from_raw(server.cast::<Server>())
    };
    let served = panic::catch_unwind(panic::AssertUnwindSafe(|| server.run()));
    recorder::uncounted(|| {
        if served.is_err() {
            exit::complain("the program cannot be looked at any more; it runs on as before");
        }
        drop((server, served));
    });
    ENDED.store(true, Release);
    ptr::null_mut()
}

extern "C" fn at_exit() {
    let Some((path, process)) = SOCKET.get() else {
        return;
    };
    if *process != std::process::id() {
        return; // a forked child
    }
    ENDING.store(true, Release);
    let wake = WAKE.load(Acquire);
    // SAFETY: at worst the descriptor is none.
    #[expect(unsafe_code)]
    unsafe {
        libc::write(wake, 1u64.to_ne_bytes().as_ptr().cast(), size_of::<u64>());
    }
    recorder::uncounted(|| {
        let _ = std::fs::remove_file(path);
    });
    let begin = std::time::Instant::now();
    while WATCHED.load(Acquire) && !ENDED.load(Acquire) && begin.elapsed() < LAST_WORDS {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A forked child has no server. It only closes descriptors and stores into memory of this process.
extern "C" fn in_child() {
    for place in &OPEN {
        let descriptor = place.swap(-1, Relaxed);
        if descriptor >= 0 {
            // SAFETY: a descriptor of the server's, which does not run here.
            #[expect(unsafe_code)]
            unsafe {
                libc::close(descriptor);
            }
        }
    }
    WAKE.store(-1, Relaxed);
    WATCHED.store(false, Relaxed);
}
