//! The resident set of the process.
//!
//! On Linux one `pread` of `/proc/self/statm` through a descriptor kept open, about 0.3 µs; the
//! crate memory-stats, which parses `smaps`, takes a hundred times as long. It serves elsewhere.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::clock;

/// What a reading takes here, in nanoseconds: about the median of all until now, so that neither one
/// that was interrupted nor one that found everything in the cache counts for much.
static COST: AtomicU64 = AtomicU64::new(300);

/// Nanoseconds in which one reading is affordable: it takes at most a hundredth of them.
pub(crate) fn interval() -> u64 {
    30_000.max(100 * COST.load(Relaxed))
}

/// Resident set of the process in bytes, or `None` where the system does not tell.
pub(crate) fn read() -> Option<u64> {
    let start = clock::now();
    let rss = system::read();
    let taken = clock::now().saturating_sub(start);
    COST.store(nearer(COST.load(Relaxed), taken), Relaxed);
    rss
}

/// A cost a sixteenth nearer to what a reading took: it ends where as many are above as below.
fn nearer(cost: u64, taken: u64) -> u64 {
    let step = cost / 16 + 1;
    if taken > cost {
        cost + step
    } else {
        cost.saturating_sub(step)
    }
}

/// Forgets what is cached about the process: a forked child calls this.
#[cfg(unix)]
pub(crate) fn after_fork() {
    #[cfg(target_os = "linux")]
    system::after_fork();
}

/// The second of the numbers in `statm` (`man 5 proc_pid_statm`).
pub(crate) fn resident_pages(statm: &[u8]) -> Option<u64> {
    let field = statm.split(|&byte| byte == b' ').nth(1)?;
    let digits = field
        .iter()
        .map(|byte| byte.is_ascii_digit().then(|| u64::from(byte - b'0')));
    digits.reduce(|number, digit| number?.checked_mul(10)?.checked_add(digit?))?
}

/// Bytes of a page.
pub(crate) fn page_size() -> u64 {
    #[cfg(unix)]
    #[expect(unsafe_code)]
    // SAFETY: sysconf has no preconditions.
    return unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    #[cfg(not(unix))]
    4096
}

/// Why [`read`] returns `None`, as a sentence for the report.
pub(crate) fn missing() -> Option<String> {
    system::missing()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;
    use std::os::unix::fs::FileExt;
    use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};

    const UNOPENED: i32 = -1;
    const MISSING: i32 = -2;

    /// The program's own descriptors keep the low numbers that they have without memline.
    const FIRST_DESCRIPTOR: i32 = 200;

    static DESCRIPTOR: AtomicI32 = AtomicI32::new(UNOPENED);
    static ERROR: AtomicI32 = AtomicI32::new(0);
    static PAGE: AtomicU64 = AtomicU64::new(0);

    pub(super) fn read() -> Option<u64> {
        match DESCRIPTOR.load(Relaxed) {
            MISSING => None,
            UNOPENED => read_from(open()?),
            // A program may close descriptors that are not its own; then they are opened again.
            descriptor => read_from(descriptor).or_else(|| read_from(open()?)),
        }
    }

    pub(super) fn after_fork() {
        // The descriptor shows the parent's figures, and the number may be the child's to reuse.
        DESCRIPTOR.store(UNOPENED, Relaxed);
    }

    pub(super) fn missing() -> Option<String> {
        (DESCRIPTOR.load(Relaxed) == MISSING).then(|| {
            let error = std::io::Error::from_raw_os_error(ERROR.load(Relaxed));
            format!("Mem usage is n/a: /proc/self/statm cannot be read ({error}).")
        })
    }

    #[cold]
    #[expect(unsafe_code)]
    fn open() -> Option<i32> {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC;
        // SAFETY: the path is a C string; the calls take and return plain descriptors.
        let opened = unsafe { libc::open(c"/proc/self/statm".as_ptr(), flags) };
        if opened < 0 {
            let error = std::io::Error::last_os_error();
            ERROR.store(error.raw_os_error().unwrap_or(0), Relaxed);
            DESCRIPTOR.store(MISSING, Relaxed);
            return None;
        }
        // SAFETY: `opened` is a descriptor of ours.
        let high = unsafe { libc::fcntl(opened, libc::F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR) };
        let descriptor = if high < 0 { opened } else { high };
        if high >= 0 {
            // SAFETY: as above; the duplicate stays open.
            unsafe { libc::close(opened) };
        }
        PAGE.store(super::page_size(), Relaxed);
        DESCRIPTOR.store(descriptor, Relaxed);
        Some(descriptor)
    }

    #[expect(unsafe_code)]
    fn read_from(descriptor: i32) -> Option<u64> {
        // SAFETY: a number that is no longer a descriptor of ours makes the read fail or the
        // parse below; `ManuallyDrop` leaves it open.
        let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
        let mut text = [0; 128];
        let length = file.read_at(&mut text, 0).ok()?;
        Some(super::resident_pages(&text[..length])? * PAGE.load(Relaxed))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn read() -> Option<u64> {
        memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
    }

    pub(super) fn missing() -> Option<String> {
        let reason = "Mem usage is n/a: the system does not tell the resident set.";
        read().is_none().then(|| reason.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{nearer, resident_pages};

    #[test]
    fn the_cost_is_about_the_median() {
        let after = |taken: [u64; 4]| (0..1000).fold(300, |cost, at| nearer(cost, taken[at % 4]));
        assert!((1100..1400).contains(&after([1200, 1250, 1230, 1_000_000])));
        assert_eq!(after([0; 4]), 0);
    }

    #[test]
    fn takes_the_second_field_or_nothing() {
        let check = |text: &str, pages| assert_eq!(resident_pages(text.as_bytes()), pages);
        check("1016 517 398 8 0 115 0\n", Some(517));
        check("1016 0 398", Some(0));
        check("", None);
        check("12", None);
        check("root x:0:0", None);
    }
}
