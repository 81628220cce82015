//! What the attribute changed: nothing, where all is well.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::build::{Built, Diagnostic};
use crate::suite::Results;

/// How the annotated crate differs from the plain one.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Errors that the plain source does not have.
    pub(crate) errors: Vec<Diagnostic>,
    /// Warnings that the plain source does not give.
    pub(crate) new_warnings: Vec<Diagnostic>,
    /// Warnings that only the plain source gives.
    pub(crate) lost_warnings: Vec<Diagnostic>,
    /// Tests that pass plain, and do not pass annotated.
    pub(crate) lost_tests: Vec<String>,
    /// What is wrong with the tables themselves.
    pub(crate) tables: Vec<String>,
}

/// The tests that passed plain and do not pass annotated.
pub(crate) fn lost_tests(plain: &BTreeSet<String>, annotated: &Results) -> Vec<String> {
    let lost = plain.iter().filter(|test| !annotated.has_passed(test));
    lost.cloned().collect()
}

impl Difference {
    /// Compares what was built and what passed.
    pub(crate) fn between(
        (plain, passed): (&Built, &BTreeSet<String>),
        (annotated, results): (&Built, &Results),
    ) -> Self {
        let new = annotated.diagnostics.difference(&plain.diagnostics);
        let (errors, new_warnings) = new.cloned().partition(|said| said.is_error);
        let lost = plain.diagnostics.difference(&annotated.diagnostics);
        // A target that no longer compiles gives no warnings; its error says enough.
        let lost_warnings = if annotated.failed == plain.failed {
            lost.filter(|said| !said.is_error).cloned().collect()
        } else {
            Vec::new()
        };
        let unreadable = results.unreadable.iter();
        Self {
            errors,
            new_warnings,
            lost_warnings,
            lost_tests: lost_tests(passed, results),
            tables: unreadable
                .map(|path| format!("cannot be read: {}", path.display()))
                .collect(),
        }
    }

    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.errors.is_empty()
            && self.new_warnings.is_empty()
            && self.lost_warnings.is_empty()
            && self.lost_tests.is_empty()
            && self.tables.is_empty()
    }

    /// Writes all of it to a file, for whoever mends it.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut text = String::new();
        for (title, said) in [
            ("error", &self.errors),
            ("new warning", &self.new_warnings),
            ("lost warning", &self.lost_warnings),
        ] {
            for said in said {
                writeln!(text, "{title} {}: {}", said.place, said.text)?;
            }
        }
        for test in &self.lost_tests {
            writeln!(text, "lost test {test}")?;
        }
        for line in &self.tables {
            writeln!(text, "table {line}")?;
        }
        fs::write(path, text)?;
        Ok(())
    }
}

/// How many of each, in a line.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            ("errors", self.errors.len()),
            ("new warnings", self.new_warnings.len()),
            ("lost warnings", self.lost_warnings.len()),
            ("lost tests", self.lost_tests.len()),
            ("unreadable tables", self.tables.len()),
        ];
        let some = counts.iter().filter(|(_, count)| *count > 0);
        let some: Vec<String> = some
            .map(|(what, count)| format!("{what}: {count}"))
            .collect();
        f.write_str(&some.join(", "))
    }
}
