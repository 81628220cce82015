//! The text of source files.
//!
//! PERF: A file is read and cut into lines once, however many of its functions are profiled: this code is not
//! optimized in the builds that it runs in, and reading a file anew for each function took a third of its time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The files read so far.
static FILES: Mutex<BTreeMap<PathBuf, File>> = Mutex::new(BTreeMap::new());

/// The text of lines `first..=last` of a file, without the end of the last; `None` where there are fewer lines.
pub(crate) fn lines(path: &Path, first: u32, last: u32) -> Option<String> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let version = Version::of(path).ok()?;
    // An editor's server expands for as long as it lives, while files change.
    if let Some(file) = files.get(path)
        && file.version == version
    {
        return file.lines(first, last);
    }
    let file = File::read(path, version).ok()?;
    let text = file.lines(first, last);
    files.insert(path.to_owned(), file);
    text
}

/// What tells one state of a file from another.
#[derive(PartialEq)]
struct Version {
    modified: SystemTime,
    len: u64,
}

impl Version {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            modified: metadata.modified()?,
            len: metadata.len(),
        })
    }
}

struct File {
    version: Version,
    text: String,
    /// Where the end of each line is.
    ends: Vec<usize>,
}

impl File {
    fn read(path: &Path, version: Version) -> io::Result<Self> {
        Ok(Self::new(fs::read_to_string(path)?, version))
    }

    fn new(text: String, version: Version) -> Self {
        // PERF: one character is found by code that is optimized.
        let text = if text.contains('\r') {
            text.replace("\r\n", "\n")
        } else {
            text
        };
        let mut ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        if !text.is_empty() && !text.ends_with('\n') {
            ends.push(text.len());
        }
        Self {
            version,
            text,
            ends,
        }
    }

    fn lines(&self, first: u32, last: u32) -> Option<String> {
        let [first, last] = [first, last].map(|line| usize::try_from(line).ok()?.checked_sub(1));
        let start = match first? {
            0 => 0,
            line => self.ends.get(line - 1)? + 1,
        };
        let end = *self.ends.get(last?)?;
        self.text.get(start..end).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, first: u32, last: u32, expected: Option<&str>) {
        let version = Version {
            modified: SystemTime::UNIX_EPOCH,
            len: 0,
        };
        let file = File::new(text.to_owned(), version);
        assert_eq!(file.lines(first, last).as_deref(), expected);
    }

    #[test]
    fn lines_by_number() {
        check("a\nb\nc\n", 1, 3, Some("a\nb\nc"));
        check("a\nb\nc", 2, 3, Some("b\nc"));
        check("a\n\nc\n", 2, 2, Some(""));
        check("a\r\nb\r\n", 1, 2, Some("a\nb"));
    }

    #[test]
    fn lines_that_are_not_there() {
        check("a\nb\n", 2, 3, None);
        check("a\nb\n", 3, 3, None);
        check("a\nb\n", 0, 1, None);
        check("a\nb\n", 2, 1, None);
        check("", 1, 1, None);
    }
}
