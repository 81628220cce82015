//! Exact figures, line by line, of functions whose every allocation is known.
//!
//! A row reads `line source | occurrences, increment`, the line counted from the attribute's; rows that never ran are
//! left out. Each test has functions of its own, since tests run in parallel threads of one process.

#[path = "figures/asynchronous.rs"]
mod asynchronous;
#[path = "figures/items.rs"]
mod items;
#[path = "figures/statements.rs"]
mod statements;
#[path = "figures/threads.rs"]
mod threads;
#[path = "figures/unusual.rs"]
mod unusual;

use expect_test::Expect;
use memline::{Figures, Line};

/// Compares the rows of the function whose path ends in `name`.
fn check(name: &str, expected: Expect) {
    check_with(
        name,
        |f| format!("{}, {}", f.occurrences, f.increment),
        expected,
    );
}

/// The same, with figures other than occurrences and increment.
fn check_with(name: &str, figures: impl Fn(&Figures) -> String, expected: Expect) {
    expected.assert_eq(&rows(name, figures));
}

/// The rows of the function whose path ends in `name`, as they are now.
fn rows(name: &str, figures: impl Fn(&Figures) -> String) -> String {
    let report = memline::report();
    let function = report
        .function(name)
        .unwrap_or_else(|| panic!("{name} is not in the report"));
    let row = |line: &Line| {
        let figures = figures(line.figures.as_ref()?);
        Some(format!(
            "{:<2} {} | {figures}\n",
            line.line - function.first_line,
            line.source.trim()
        ))
    };
    function.lines.iter().filter_map(row).collect()
}

/// Allocations, frees, reallocations and the highest heap above the line's start.
fn operations(f: &Figures) -> String {
    format!(
        "{} + {} - {} ~ {}, peak {}",
        f.occurrences, f.allocs, f.frees, f.reallocs, f.peak
    )
}

/// A buffer of `size` bytes.
fn bytes(size: usize) -> Vec<u8> {
    Vec::with_capacity(size)
}
