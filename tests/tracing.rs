//! Programs that are traced, and what leaks and snapshots say of them.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

#[path = "tracing/columns.rs"]
mod columns;
#[path = "tracing/input.rs"]
mod input;
#[path = "tracing/lives.rs"]
mod lives;
#[path = "tracing/reports.rs"]
mod reports;
#[path = "tracing/watches.rs"]
mod watches;

use common::Outcome;

fn main() -> Outcome {
    let programs = [
        lives::PROGRAMS,
        reports::PROGRAMS,
        input::PROGRAMS,
        watches::PROGRAMS,
        columns::PROGRAMS,
    ];
    let tests = [
        lives::TESTS,
        reports::TESTS,
        input::TESTS,
        watches::TESTS,
        columns::TESTS,
    ];
    common::main(&programs, &tests)
}
