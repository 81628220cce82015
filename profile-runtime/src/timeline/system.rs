//! What the sampler asks the system for, without the C library: that would set the `errno` of
//! another thread.

use std::arch::asm;
use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use crate::recorder::file::{OwnFile, identity, out_of_the_way};

/// A file that stays open, as far as the program leaves it.
#[derive(Clone, Copy)]
pub(super) struct Descriptor {
    number: RawFd,
    /// Device and inode: a program may close descriptors that are not its own, and open files under
    /// their numbers.
    identity: (u64, u64),
}

impl Descriptor {
    pub(super) const NONE: Self = Self {
        number: -1,
        identity: (0, 0),
    };

    pub(super) fn of(file: &OwnFile) -> Self {
        Self {
            number: file.descriptor(),
            identity: file.identity(),
        }
    }

    fn is_open(&self) -> bool {
        let mut found = MaybeUninit::<libc::stat>::zeroed();
        let to = found.as_mut_ptr().expose_provenance() as i64;
        call(libc::SYS_fstat, [self.number.into(), to, 0, 0]).is_ok_and(|_| {
            // SAFETY: zeroed, and filled by the system; all of it are numbers.
            #[expect(unsafe_code)]
            let found = unsafe { found.assume_init() };
            (found.st_dev, found.st_ino) == self.identity
        })
    }

    /// The beginning of the file, as far as `buffer` takes it; nothing where it cannot be read.
    pub(super) fn read<'a>(&self, buffer: &'a mut [u8]) -> &'a [u8] {
        if !self.is_open() {
            return &[];
        }
        let to = buffer.as_mut_ptr().expose_provenance() as i64;
        let arguments = [self.number.into(), to, buffer.len() as i64, 0];
        let length = call(libc::SYS_pread64, arguments).unwrap_or(0);
        buffer.get(..length as usize).unwrap_or_default()
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

/// The file that tells the resident set of this process.
pub(super) fn open_statm() -> io::Result<Descriptor> {
    let file = File::open("/proc/self/statm")?;
    let identity = identity(&file)?;
    Ok(Descriptor {
        number: out_of_the_way(file),
        identity,
    })
}

/// Lets others run.
pub(super) fn give_way() {
    let _ = call(libc::SYS_sched_yield, [0; 4]);
}

/// Sleeps for so many nanoseconds, less than a second.
pub(super) fn sleep(nanoseconds: i64) {
    let time = libc::timespec {
        tv_sec: 0,
        tv_nsec: nanoseconds,
    };
    let time = (&raw const time).expose_provenance() as i64;
    let _ = call(libc::SYS_nanosleep, [time, 0, 0, 0]);
}

/// Names this thread.
pub(super) fn name_thread(name: &CStr) {
    let name = name.as_ptr().expose_provenance() as i64;
    let _ = call(libc::SYS_prctl, [libc::PR_SET_NAME.into(), name, 0, 0]);
}

/// Ends this thread, and not the process.
pub(super) fn end_thread() -> ! {
    loop {
        let _ = call(libc::SYS_exit, [0; 4]);
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
