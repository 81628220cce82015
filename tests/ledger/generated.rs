//! The property over generated programs.

use std::fmt::Write as _;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::interpreter::{Exception, Row, Rows, interpret};
use super::lower::lower;
use super::program::Program;
use super::raw;
use super::workshop::{Outcome, build_and_run};

/// Seeds of the decisions that each program is run with.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// Generates programs, runs them, and compares every row with the interpreter's.
///
/// `MEMLINE_LEDGER_SEED` and `MEMLINE_LEDGER_CASES` choose other programs, and how many.
pub(crate) fn check() {
    let seed = setting("MEMLINE_LEDGER_SEED").unwrap_or(1);
    let cases = setting("MEMLINE_LEDGER_CASES").unwrap_or(50);
    let programs = generate(seed, cases);
    let outcome = build_and_run(&programs, &SEEDS);
    let exception = exception(&outcome);
    let mut wrong = String::new();
    let mut failures = 0;
    for (index, program) in programs.iter().enumerate() {
        let mut rows = vec![Rows::new(); program.functions.len()];
        let mut expected = 0;
        for seed in SEEDS {
            let panicked = interpret(program, seed, exception, &mut rows);
            // A caught panic's own memory is gone by the time the heap is looked at.
            let exception = if panicked { exception.bytes as i64 } else { 0 };
            expected += net(&outcome, index, seed, panicked) + exception;
        }
        let mut found = differences(&outcome, index, program, &rows);
        let actual = actual(&outcome, index, program.functions[0].first)
            .values()
            .map(Row::increment)
            .sum::<i64>();
        if actual != expected {
            writeln!(
                found,
                "p{index}: the rows add up to {actual}, the heap grew by {expected}"
            )
            .expect("a string");
        }
        if !found.is_empty() {
            failures += 1;
            if failures <= 3 {
                let numbered = program.source.lines().enumerate();
                let source: String = numbered
                    .map(|(at, line)| format!("{:4} {line}\n", at + 1))
                    .collect();
                writeln!(wrong, "{found}{source}").expect("a string");
            }
        }
    }
    assert!(
        failures == 0,
        "{failures} of {cases} programs of seed {seed} have wrong rows:\n{wrong}"
    );
}

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}={value} is not a number")),
    )
}

fn generate(seed: u64, cases: u64) -> Vec<Program> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = raw::program();
    let next = |_| {
        strategy
            .new_tree(&mut runner)
            .expect("programs are not filtered")
            .current()
    };
    (0..cases).map(next).map(|bodies| lower(&bodies)).collect()
}

fn exception(outcome: &Outcome) -> Exception {
    let line = outcome
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("exception "))
        .expect("it is printed first");
    let (allocs, bytes) = line.split_once(' ').expect("two figures");
    let number = |text: &str| text.parse().expect("a number");
    Exception {
        allocs: number(allocs),
        bytes: number(bytes),
    }
}

/// What the heap grew by, as the child measured it around the call.
fn net(outcome: &Outcome, program: usize, seed: u64, panicked: bool) -> i64 {
    let prefix = format!("net {program} {seed} ");
    let line = outcome
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .expect("each run is printed");
    let (bytes, how) = line.split_once(' ').expect("two words");
    assert_eq!(
        how,
        if panicked { "panicked" } else { "returned" },
        "p{program} with seed {seed}"
    );
    bytes.parse().expect("a number")
}

/// The rows of the function whose table begins at line `first`.
fn actual(outcome: &Outcome, program: usize, first: u32) -> Rows {
    let file = format!("p{program}.rs");
    let mut functions = outcome.report.functions.iter();
    let function =
        functions.find(|function| function.first_line == first && function.file.ends_with(&file));
    let lines = function.into_iter().flat_map(|function| &function.lines);
    let row = |line: &memline::Line| {
        let figures = line.figures?;
        assert_eq!(
            figures.increment,
            figures.allocated as i64 - figures.freed as i64
        );
        let row = Row {
            occurrences: figures.occurrences,
            allocs: figures.allocs,
            frees: figures.frees,
            reallocs: figures.reallocs,
            allocated: figures.allocated,
            freed: figures.freed,
        };
        Some((line.line, row))
    };
    lines.filter_map(row).collect()
}

fn differences(outcome: &Outcome, index: usize, program: &Program, expected: &[Rows]) -> String {
    let mut found = String::new();
    for (function, expected) in program.functions.iter().zip(expected) {
        let actual = actual(outcome, index, function.first);
        let mut lines: Vec<u32> = actual.keys().chain(expected.keys()).copied().collect();
        lines.sort_unstable();
        lines.dedup();
        for line in lines {
            let [actual, expected] =
                [&actual, expected].map(|rows| rows.get(&line).copied().unwrap_or_default());
            if actual != expected {
                writeln!(
                    found,
                    "p{index}:{line}:\n  is        {actual:?}\n  should be {expected:?}"
                )
                .expect("a string");
            }
        }
    }
    found
}
