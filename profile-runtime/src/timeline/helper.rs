//! The thread that does what the program's need not: it looks at the process every 10 ms, and has a
//! chore in between.
//!
//! It is none of the C library's. A program that has a single thread keeps its malloc without locks,
//! which would cost some programs more than a tenth of their time. In return the thread has no
//! thread-locals of its own: what it runs touches none, neither allocates nor frees, and calls the
//! system directly. It takes no signals, has a table of descriptors of its own, and ends with the log or
//! the process.

use std::arch::asm;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::log::{Append, Shared};
use super::system::{self, Descriptor};
use super::tail::Tail;
use crate::clock;

/// Nanoseconds between two looks.
const INTERVAL: u64 = 10_000_000;

/// Bytes of the thread's stack, and of the page before it that nobody may touch.
const STACK: usize = 256 * 1024;
const GUARD: usize = 4096;

/// What the helper does between two looks.
pub(crate) trait Chore: Sync {
    /// Does a piece of it; `append` puts a block into the recording. `false` if there is nothing to do.
    fn work(&self, append: Append<'_>) -> bool;

    /// Says that nothing more will be done.
    fn end(&self);
}

/// What the thread is for.
pub(super) struct Task {
    pub(super) log: &'static Shared,
    pub(super) chore: Option<&'static dyn Chore>,
    /// The recording, and where it ends.
    pub(super) file: Descriptor,
    pub(super) tail: &'static Tail,
    pub(super) page_size: u64,
}

/// Starts the thread. From here on the program may close what it likes.
#[expect(unsafe_code)]
pub(super) fn start(task: Task) -> io::Result<()> {
    if is_sanitized() {
        let why =
            "a sanitizer's checks need thread-locals, which memline's own thread does not have";
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    let log = task.log;
    // SAFETY: a mapping at an address of the system's choice, whose first page is taken back. The
    // task lies at its top, aligned as all there is; a forked child has no use for any of it.
    let top = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let stack = libc::mmap(ptr::null_mut(), STACK, access, flags, -1, 0);
        if stack == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        libc::mprotect(stack, GUARD, libc::PROT_NONE);
        libc::madvise(stack, STACK, libc::MADV_DONTFORK);
        let top = stack
            .cast::<u8>()
            .add(STACK - size_of::<Task>().next_multiple_of(64));
        top.cast::<Task>().write(task);
        top
    };
    // A signal's handler would run with the thread-locals of another thread.
    let started = without_signals(|| {
        // SAFETY: the stack is the new thread's alone; `run` needs nothing else, and never returns.
        unsafe { clone(top, run) }
    });
    match started {
        0.. => {
            log.wait_until_ready();
            Ok(())
        }
        error => {
            // SAFETY: the mapping from above, which nobody uses.
            unsafe {
                libc::munmap(bottom(top).cast(), STACK);
            }
            Err(io::Error::from_raw_os_error(-error as i32))
        }
    }
}

/// Whether the program is built with a sanitizer whose checks, in each function, use thread-locals.
fn is_sanitized() -> bool {
    let (address, memory, thread): (usize, usize, usize);
    // SAFETY: reads the addresses of three functions; that of one which is not in the program is 0.
    #[expect(unsafe_code)]
    unsafe {
        asm!(
            ".weak __asan_init",
            ".weak __msan_init",
            ".weak __tsan_init",
            "mov {}, [rip + __asan_init@GOTPCREL]",
            "mov {}, [rip + __msan_init@GOTPCREL]",
            "mov {}, [rip + __tsan_init@GOTPCREL]",
            out(reg) address,
            out(reg) memory,
            out(reg) thread,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    address | memory | thread != 0
}

/// The first byte of the stack at whose top the task lies.
fn bottom(top: *mut u8) -> *mut u8 {
    top.map_addr(|top| (top - 1).next_multiple_of(GUARD) - STACK)
}

/// The thread. It owns the stack on which it runs; `top` is the task, behind all that it puts there.
extern "C" fn run(top: *mut u8) -> ! {
    // SAFETY: written before the thread was started, and never again.
    #[expect(unsafe_code)]
    let task = unsafe { top.cast::<Task>().read() };
    system::name_thread(c"memline");
    system::keep_only(&task.file);
    let statm = system::open_statm();
    task.log.tell_ready();
    let page_size = task.page_size;
    while task
        .log
        .look(statm.resident_pages().map(|pages| pages * page_size))
    {
        task.work_until(clock::now() + INTERVAL);
    }
    if let Some(chore) = task.chore {
        chore.end();
    }
    // The descriptors may be the program's after all.
    statm.close();
    // SAFETY: nobody else knows of the stack, and nothing on it is used any more.
    #[expect(unsafe_code)]
    unsafe {
        system::end_thread(bottom(top), STACK)
    }
}

impl Task {
    /// Has the chore done as long as there is something to do, and rests otherwise.
    fn work_until(&self, moment: u64) {
        let Self { file, tail, .. } = self;
        let mut append = |block: &[u8]| tail.append(block, |offset| file.write_at(block, offset));
        while let Some(rung) = self.log.bell()
            && let Some(left) = moment.checked_sub(clock::now())
        {
            if !self.chore.is_some_and(|chore| chore.work(&mut append)) {
                self.log.rest(rung, left);
            }
        }
    }
}

/// Runs `work` while this thread takes no signals: who is started meanwhile takes none either.
#[expect(unsafe_code)]
fn without_signals<T>(work: impl FnOnce() -> T) -> T {
    let mut before = MaybeUninit::uninit();
    // SAFETY: both sets are filled before they are read.
    unsafe {
        let mut all = MaybeUninit::uninit();
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let result = work();
    // SAFETY: the set that was in force.
    unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
    }
    result
}

/// Starts a thread that runs `entry` on the stack below `top`, which it is handed. Returns its id, or
/// the negative number of an error.
///
/// # Safety
///
/// `entry` touches no thread-local, and the stack is nobody else's.
#[expect(unsafe_code)]
unsafe fn clone(top: *mut u8, entry: extern "C" fn(*mut u8) -> !) -> i64 {
    let flags = libc::CLONE_VM
        | libc::CLONE_FS
        | libc::CLONE_FILES
        | libc::CLONE_SIGHAND
        | libc::CLONE_THREAD
        | libc::CLONE_SYSVSEM;
    let result: i64;
    // SAFETY: as the caller promises. The new thread finds its registers as they are here, but for
    // the stack, which is aligned as a call wants it; it calls `entry`, which does not return.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, rsi",
            "call r9",
            "ud2",
            "2:",
            inlateout("rax") libc::SYS_clone => result,
            in("rdi") i64::from(flags),
            in("rsi") top,
            in("rdx") 0,
            in("r10") 0,
            in("r8") 0,
            in("r9") entry,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}
