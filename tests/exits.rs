//! Each way in which a program ends, seen from outside: its status and output are what they are
//! without memline, and the report is written, once and whole.

#![cfg(unix)]

mod common;

#[path = "exits/endings.rs"]
mod endings;
#[path = "exits/forks.rs"]
mod forks;
#[path = "exits/handlers.rs"]
mod handlers;
#[path = "exits/signals.rs"]
mod signals;
#[path = "exits/streams.rs"]
mod streams;

fn main() -> common::Outcome {
    common::main(
        &[
            endings::PROGRAMS,
            forks::PROGRAMS,
            handlers::PROGRAMS,
            signals::PROGRAMS,
            streams::PROGRAMS,
        ],
        &[
            endings::TESTS,
            forks::TESTS,
            handlers::TESTS,
            signals::TESTS,
            streams::TESTS,
        ],
    )
}
