//! `#[profile]` where it is put to the test: recursion without end, threads and functions without number,
//! calls from within a signal handler.

#![cfg(unix)]

mod common;

#[path = "load/functions.rs"]
mod functions;
#[path = "load/handlers.rs"]
mod handlers;
#[path = "load/recursion.rs"]
mod recursion;
#[path = "load/threads.rs"]
mod threads;

fn main() -> common::Outcome {
    common::main(
        &[
            functions::PROGRAMS,
            handlers::PROGRAMS,
            recursion::PROGRAMS,
            threads::PROGRAMS,
        ],
        &[
            functions::TESTS,
            handlers::TESTS,
            recursion::TESTS,
            threads::TESTS,
        ],
    )
}
