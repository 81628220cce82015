//! Programs that are recorded, and what the recordings say, however the programs end.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

#[path = "recording/ends.rs"]
mod ends;
#[path = "recording/files.rs"]
mod files;
#[path = "recording/forks.rs"]
mod forks;
#[path = "recording/read.rs"]
mod read;
#[path = "recording/stacks.rs"]
mod stacks;
#[path = "recording/timeline.rs"]
mod timeline;
#[path = "recording/turns.rs"]
mod turns;
#[path = "recording/whole.rs"]
mod whole;

use common::Outcome;

fn main() -> Outcome {
    let programs = [
        whole::PROGRAMS,
        ends::PROGRAMS,
        files::PROGRAMS,
        forks::PROGRAMS,
        stacks::PROGRAMS,
        timeline::PROGRAMS,
        turns::PROGRAMS,
    ];
    let tests = [
        whole::TESTS,
        ends::TESTS,
        files::TESTS,
        forks::TESTS,
        stacks::TESTS,
        timeline::TESTS,
        turns::TESTS,
    ];
    common::main(&programs, &tests)
}
