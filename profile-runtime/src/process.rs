//! What the system tells of any process: whether it runs, its resident set, and its children.

use std::fs;
use std::io;

/// A process, which stays the same where another one takes its number over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Process {
    id: u32,
    /// When it began, in ticks since the system did.
    began: u64,
}

/// What `/proc/PID/stat` says, as far as it is wanted.
struct Stat {
    parent: u32,
    began: u64,
    /// It has ended, and waits for its parent to look.
    ended: bool,
}

impl Process {
    /// The process with this number.
    ///
    /// # Errors
    ///
    /// If there is none, or it has ended, or the system does not tell.
    pub fn find(id: u32) -> io::Result<Self> {
        if !cfg!(target_os = "linux") {
            let reason = "other processes are sampled on Linux only";
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        }
        let gone = || io::Error::new(io::ErrorKind::NotFound, format!("there is no process {id}"));
        let text = fs::read(format!("/proc/{id}/stat")).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => gone(),
            _ => error,
        })?;
        let stat = Stat::parse(&text).filter(|stat| !stat.ended);
        stat.map(|stat| Self {
            id,
            began: stat.began,
        })
        .ok_or_else(gone)
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its resident set in bytes; `None` once it has ended.
    #[must_use]
    pub fn rss(&self) -> Option<u64> {
        let text = fs::read(format!("/proc/{}/statm", self.id)).ok()?;
        let pages = crate::rss::resident_pages(&text)?;
        // Who has ended and is still listed has no pages.
        (pages > 0 && self.is_running()).then(|| pages * crate::rss::page_size())
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_running(&self) -> bool {
        Self::find(self.id).is_ok_and(|found| found == *self)
    }

    /// The words that it was started with.
    #[must_use]
    pub fn command_line(&self) -> Vec<u8> {
        fs::read(format!("/proc/{}/cmdline", self.id)).unwrap_or_default()
    }

    /// The processes that descend from it: its children, and theirs.
    #[must_use]
    pub fn descendants(&self) -> Vec<Process> {
        let mut found = vec![self.id];
        let mut seen = 0;
        while let Some(&parent) = found.get(seen) {
            seen += 1;
            let new = children(parent);
            found.extend(new.into_iter().filter(|id| *id != self.id));
            if found.len() > 10_000 {
                break; // nobody looks at so many curves
            }
        }
        let ids = found.into_iter().skip(1);
        ids.filter_map(|id| Self::find(id).ok()).collect()
    }
}

impl Stat {
    fn parse(text: &[u8]) -> Option<Self> {
        // The name, in parentheses, may hold anything, also parentheses.
        let end = text.iter().rposition(|&byte| byte == b')')?;
        let text = std::str::from_utf8(&text[end + 1..]).ok()?;
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        Some(Self {
            ended: matches!(*fields.first()?, "Z" | "X"),
            parent: fields.get(1)?.parse().ok()?,
            began: fields.get(19)?.parse().ok()?,
        })
    }
}

/// The children of a process, by the kernel's list; not every kernel has one.
fn children(parent: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{parent}/task")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(list) => {
                let ids = list.split_ascii_whitespace();
                found.extend(ids.filter_map(|id| id.parse::<u32>().ok()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && thread.path().exists() => {
                return children_among_all(parent);
            }
            Err(_) => {} // the thread has ended
        }
    }
    found
}

fn children_among_all(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        let text = fs::read(format!("/proc/{id}/stat"));
        let stat = text.ok().and_then(|text| Stat::parse(&text));
        stat.is_some_and(|stat| stat.parent == parent)
    };
    ids.filter(is_child).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let text = b"7 (a) Z 1 (b)) S 3 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1\n";
        let stat = Stat::parse(text).expect("it is one");
        assert_eq!((stat.parent, stat.began, stat.ended), (3, 4711, false));
        assert!(Stat::parse(b"7 (a) S").is_none());
        assert!(Stat::parse(b"").is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_and_its_child_are_found() {
        let me = Process::find(std::process::id()).expect("it runs");
        assert!(me.rss().is_some_and(|rss| rss > 100_000));
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .expect("it starts");
        let found = Process::find(child.id()).expect("it runs");
        assert!(me.descendants().contains(&found));
        assert_eq!(children_among_all(me.id()), children(me.id()));
        child.kill().expect("it runs");
        while found.is_running() {
            std::thread::yield_now();
        }
        assert_eq!(found.rss(), None);
        child.wait().expect("it has ended");
        let error = Process::find(child.id()).expect_err("it is gone");
        assert!(error.to_string().contains("there is no process"), "{error}");
    }
}
