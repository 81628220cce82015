//! Reads what callgrind writes (the format is in valgrind's manual, "Callgrind Format
//! Specification").

use std::collections::HashMap;

/// Functions that count, by a part of their name: the measured ones with all that is inlined into
/// them, the polls of profiled futures, and the allocator.
///
/// What memline does out of line is left out: it reads a clock and the resident set once in a
/// while, and since time is fifty times slower under valgrind, far more often there.
const COUNTED: [&str; 3] = ["peer::", "InFuture", "__rustc::"];

/// The instructions of the functions that count, without what they call; `None` where `profile`
/// has another form.
pub(crate) fn instructions(profile: &str) -> Option<u64> {
    let mut names = HashMap::new();
    let mut counts = false;
    let mut total = 0;
    let mut lines = profile.lines();
    while let Some(line) = lines.next() {
        if let Some(function) = line.strip_prefix("fn=") {
            // `(3) name` the first time, `(3)` after that.
            let (id, name) = function.split_once(' ').unwrap_or((function, ""));
            let known = COUNTED.iter().any(|part| name.contains(part));
            counts = *names.entry(id).or_insert(known);
        } else if let Some(callee) = line.strip_prefix("cfn=") {
            let (id, name) = callee.split_once(' ').unwrap_or((callee, ""));
            names
                .entry(id)
                .or_insert_with(|| COUNTED.iter().any(|part| name.contains(part)));
        } else if line.starts_with("calls=") {
            // The line after it is the cost of the call, which is the callee's.
            lines.next()?;
        } else if counts && line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) {
            total += line.split(' ').nth(1)?.parse::<u64>().ok()?;
        }
    }
    (!names.is_empty()).then_some(total)
}
