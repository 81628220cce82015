//! Programs that end, and what they leave behind.
//!
//! A test file with `harness = false` holds both: programs, each with a `main` of its own, and the
//! tests, which start the file again as one of the programs and look at it from outside.

#![allow(dead_code, unused_imports)] // no test file uses all of it

mod child;

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;
use std::{env, thread};

use libtest_mimic::{Arguments, Trial};

pub(crate) use child::{Child, Ended, Running, line, scratch};

/// What a program's `main` returns.
pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// A program under its name.
pub(crate) type Program = (&'static str, fn() -> Outcome);

/// A test under its name.
pub(crate) type Test = (&'static str, fn());

/// Pairs functions with their names.
#[macro_export]
macro_rules! named {
    ($($function:ident),+ $(,)?) => { &[$((stringify!($function), $function)),+] };
}

/// The variable that makes the test file one of its programs.
const PROGRAM: &str = "TEST_PROGRAM";

/// The `main` of a test file.
pub(crate) fn main(programs: &[&[Program]], tests: &[&[Test]]) -> Outcome {
    let Ok(name) = env::var(PROGRAM) else {
        let trial = |&(name, test): &Test| {
            Trial::test(name, move || {
                test();
                Ok(())
            })
        };
        let trials = tests.concat().iter().map(trial).collect();
        libtest_mimic::run(&Arguments::from_args(), trials).exit();
    };
    let program = programs.iter().copied().flatten().find(|p| p.0 == name);
    let (_, program) = program.ok_or_else(|| format!("there is no program {name}"))?;
    program()
}

/// Tells the test that the program is where it is to be looked at.
pub(crate) fn ready() {
    println!("ready");
    io::stdout().flush().expect("the test reads on");
}

/// Does so as soon as the line of `function` that contains `source` runs.
pub(crate) fn ready_when_running(function: &'static str, source: &'static str) {
    thread::spawn(move || {
        loop {
            let report = memline::report();
            let lines = report
                .function(function)
                .map(|function| &function.lines[..]);
            let mut lines = lines.unwrap_or_default().iter();
            if lines.any(|line| line.source.contains(source) && line.figures.is_some()) {
                return ready();
            }
            thread::sleep(Duration::from_millis(1));
        }
    });
}
