//! What the helper asks the system for, without the C library: that would set the `errno` of
//! another thread.

use std::arch::asm;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::sync::atomic::AtomicU32;

use crate::recorder::file::{FIRST_DESCRIPTOR, OwnFile};

/// A file that stays open, as far as the program leaves it.
#[derive(Clone, Copy)]
pub(crate) struct Descriptor {
    number: RawFd,
    /// Device and inode: a program may close descriptors that are not its own, and open files under
    /// their numbers.
    identity: (u64, u64),
}

impl Descriptor {
    const NONE: Self = Self {
        number: -1,
        identity: (0, 0),
    };

    pub(crate) fn of(file: &OwnFile) -> Self {
        Self {
            number: file.descriptor(),
            identity: file.identity(),
        }
    }

    fn is_open(&self) -> bool {
        identity(self.number).is_some_and(|found| found == self.identity)
    }

    /// What `statm` says of the resident set, in pages; `None` where it cannot be read.
    pub(super) fn resident_pages(&self) -> Option<u64> {
        if !self.is_open() {
            return None;
        }
        let mut text = [0; 128];
        let to = text.as_mut_ptr().expose_provenance() as i64;
        let arguments = [self.number.into(), to, text.len() as i64, 0];
        let length = call(libc::SYS_pread64, arguments).ok()?;
        crate::rss::resident_pages(text.get(..length as usize)?)
    }

    pub(super) fn close(self) {
        if self.is_open() {
            let _ = call(libc::SYS_close, [self.number.into(), 0, 0, 0]);
        }
    }

    /// Writes all of `bytes`; or says what is wrong, by the system's number.
    pub(super) fn write_at(&self, mut bytes: &[u8], mut offset: u64) -> Result<(), i32> {
        if !self.is_open() {
            return Err(libc::EBADF);
        }
        while !bytes.is_empty() {
            let from = bytes.as_ptr().expose_provenance() as i64;
            let arguments = [self.number.into(), from, bytes.len() as i64, offset as i64];
            match call(libc::SYS_pwrite64, arguments) {
                Ok(0) => return Err(libc::EIO),
                Ok(written) => {
                    bytes = bytes.get(written as usize..).unwrap_or_default();
                    offset += written;
                }
                Err(libc::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Device and inode of what is open under a number.
fn identity(number: RawFd) -> Option<(u64, u64)> {
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    let to = found.as_mut_ptr().expose_provenance() as i64;
    call(libc::SYS_fstat, [number.into(), to, 0, 0]).ok()?;
    // SAFETY: zeroed, and filled by the system; all of it are numbers.
    #[expect(unsafe_code)]
    let found = unsafe { found.assume_init() };
    Some((found.st_dev, found.st_ino))
}

/// The file that tells the resident set of this process; none where it cannot be opened.
pub(super) fn open_statm() -> Descriptor {
    let path = c"/proc/self/statm".as_ptr().expose_provenance() as i64;
    let flags = i64::from(libc::O_RDONLY | libc::O_CLOEXEC);
    let Ok(low) = call(libc::SYS_openat, [libc::AT_FDCWD.into(), path, flags, 0]) else {
        return Descriptor::NONE;
    };
    let low = low as i64;
    // The low numbers are the program's, where it shares the table.
    let [command, from] = [libc::F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR].map(i64::from);
    let number = match call(libc::SYS_fcntl, [low, command, from, 0]) {
        Ok(high) => {
            let _ = call(libc::SYS_close, [low, 0, 0, 0]);
            high as i64
        }
        Err(_) => low,
    };
    Descriptor {
        number: number as RawFd,
        identity: identity(number as RawFd).unwrap_or_default(),
    }
}

/// Gives this thread a table of descriptors of its own, in which nothing is open but `file`: whatever
/// the program closes then stays open here, and what it has open is not held. Before Linux 5.9 there
/// is no such call, and the table stays the program's.
pub(super) fn keep_only(file: &Descriptor) {
    let number = i64::from(file.number);
    for (first, last) in [(0, number - 1), (number + 1, u32::MAX.into())] {
        let flags = libc::CLOSE_RANGE_UNSHARE.into();
        if call(libc::SYS_close_range, [first, last, flags, 0]).is_err() {
            return;
        }
    }
}

/// Lets others run.
pub(super) fn give_way() {
    let _ = call(libc::SYS_sched_yield, [0; 4]);
}

/// Sleeps for so many nanoseconds, less than a second.
pub(super) fn sleep(nanoseconds: u64) {
    let time = span(nanoseconds);
    let time = (&raw const time).expose_provenance() as i64;
    let _ = call(libc::SYS_nanosleep, [time, 0, 0, 0]);
}

/// Sleeps while `word` is `value`, until it is woken or so many nanoseconds have gone by.
pub(super) fn wait(word: &AtomicU32, value: u32, nanoseconds: u64) {
    let time = span(nanoseconds);
    let time = (&raw const time).expose_provenance() as i64;
    let operation = i64::from(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG);
    let address = word.as_ptr().expose_provenance() as i64;
    let _ = call(libc::SYS_futex, [address, operation, value.into(), time]);
}

/// Wakes who sleeps while `word` has the value that it had.
pub(super) fn wake(word: &AtomicU32) {
    let operation = i64::from(libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG);
    let address = word.as_ptr().expose_provenance() as i64;
    let _ = call(libc::SYS_futex, [address, operation, i32::MAX.into(), 0]);
}

fn span(nanoseconds: u64) -> libc::timespec {
    libc::timespec {
        tv_sec: 0,
        tv_nsec: nanoseconds as i64,
    }
}

/// Names this thread.
pub(super) fn name_thread(name: &CStr) {
    let name = name.as_ptr().expose_provenance() as i64;
    let _ = call(libc::SYS_prctl, [libc::PR_SET_NAME.into(), name, 0, 0]);
}

/// Ends this thread, and not the process, and gives back the mapping of `length` bytes at `stack`.
///
/// # Safety
///
/// The thread runs on it, and nobody else uses it.
#[expect(unsafe_code)]
pub(super) unsafe fn end_thread(stack: *mut u8, length: usize) -> ! {
    // SAFETY: between the two calls nothing is read or written but registers.
    unsafe {
        asm!(
            "syscall",
            "xor edi, edi",
            "mov eax, {exit}",
            "syscall",
            "ud2",
            exit = const libc::SYS_exit,
            in("rax") libc::SYS_munmap,
            in("rdi") stack,
            in("rsi") length,
            options(noreturn),
        )
    }
}

/// Calls the system. The addresses among the arguments are those of memory that the call may use.
fn call(number: i64, arguments: [i64; 4]) -> Result<u64, i32> {
    let [first, second, third, fourth] = arguments;
    let result: i64;
    // SAFETY: each caller above hands over addresses of its own memory, and their lengths; the system
    // changes no registers but these.
    #[expect(unsafe_code)]
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r10") fourth,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    match result {
        0.. => Ok(result as u64),
        error => Err(-error as i32),
    }
}
