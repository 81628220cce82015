//! The resident set of this process: read for figures, and timed as what it costs to read it
//! around every line, which is how memory_profiler works.

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;

use crate::common::timing::per_operation;

/// Nanoseconds of a line with `read` before and after it, as memory_profiler does.
pub(crate) fn around_a_line(mut read: impl FnMut() -> u64) -> f64 {
    let mut increment = 0;
    let cost = per_operation(|n| {
        for i in 0..n {
            let before = read();
            black_box(i);
            let after = read();
            increment += after as i64 - before as i64;
        }
    });
    black_box(increment);
    cost
}

/// Reads `/proc/self/statm` through a file that stays open.
pub(crate) struct Statm {
    file: File,
    page: u64,
}

impl Statm {
    pub(crate) fn open() -> Option<Statm> {
        let file = File::open("/proc/self/statm").ok()?;
        #[expect(unsafe_code, reason = "std does not tell the size of a page")]
        // SAFETY: `sysconf` takes any name.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        let page = page.try_into().ok()?;
        Some(Statm { file, page })
    }

    /// The resident set in bytes; 0 where it cannot be read.
    pub(crate) fn read(&self) -> u64 {
        let mut text = [0; 128];
        let length = self.file.read_at(&mut text, 0).unwrap_or(0);
        let text = str::from_utf8(&text[..length]).unwrap_or_default();
        let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        self.page * pages.unwrap_or(0)
    }
}

/// The resident set by the crate memory-stats, in bytes; 0 where it cannot be read.
pub(crate) fn by_memory_stats() -> u64 {
    memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem as u64)
}
