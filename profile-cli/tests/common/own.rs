//! The test itself as the program that was recorded.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use profile_trace::facts::{self, Fact};
use profile_trace::tables::Module;

/// What a recording says of a program at `path` when it starts: it is no older than the file.
pub(crate) fn start(path: &str) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("it is later").as_nanos() as u64;
    let mut start = Vec::new();
    facts::text(Fact::Executable, path.as_bytes(), &mut start);
    facts::number(Fact::Began, now + 1_000_000_000, &mut start);
    start
}

/// This process's program, as if it had been loaded from `path`.
pub(crate) fn module(path: &str) -> Module {
    Module {
        base: base(),
        start: base(),
        end: u64::MAX,
        path: path.to_owned(),
        build_id: Vec::new(),
    }
}

/// Where this program was loaded.
fn base() -> u64 {
    let maps = fs::read_to_string("/proc/self/maps").expect("this is Linux");
    let own = std::env::current_exe().expect("it has a path");
    let first = maps
        .lines()
        .find(|line| line.ends_with(&*own.to_string_lossy()));
    let start = first.and_then(|line| line.split('-').next());
    u64::from_str_radix(start.expect("it is loaded"), 16).expect("it is an address")
}
