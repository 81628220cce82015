//! Runs test programs and reads which tests passed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use crate::build::{Build, Program};
use crate::process::{self, Ended};

/// A single test program that takes longer is killed.
const DEADLINE: Duration = Duration::from_secs(600);

/// What came of running a crate's tests.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// Each test as `target::path`, and whether it passed.
    pub(crate) tests: BTreeMap<String, bool>,
    /// The functions whose tables were written, as `file:line name`.
    pub(crate) profiled: BTreeSet<String>,
    /// Files that should hold tables but cannot be read.
    pub(crate) unreadable: Vec<PathBuf>,
    /// Processor time of all programs.
    pub(crate) time: Duration,
}

impl Results {
    /// The tests that passed.
    pub(crate) fn passed(&self) -> impl Iterator<Item = &String> {
        let passed = self.tests.iter().filter(|(_, passed)| **passed);
        passed.map(|(name, _)| name)
    }

    /// Adds the tests of a target, as its program printed them to the file `output`.
    fn add(&mut self, target: &str, ended: &Ended, output: &Path) -> Result<()> {
        self.time += ended.time;
        // Tests may print what is not UTF-8.
        let output = fs::read(output)?;
        let before = self.tests.len();
        for (test, passed) in outcomes(&String::from_utf8_lossy(&output)) {
            self.tests.insert(format!("{target}::{test}"), passed);
        }
        // A test program with a `main` of its own counts as one test, and so does the end of any other.
        if before == self.tests.len() || !ended.success() {
            let whole = format!("{target} (exit status)");
            self.tests.insert(whole, ended.success());
        }
        Ok(())
    }

    /// Whether this test ran and passed.
    pub(crate) fn has_passed(&self, test: &str) -> bool {
        self.tests.get(test) == Some(&true)
    }
}

/// Runs each program, its tables going to files beside the logs.
pub(crate) fn run(build: &Build<'_>, programs: &[Program], round: &str) -> Result<Results> {
    let mut results = Results::default();
    for program in programs {
        let skips = build.entry.skip.iter();
        let skips: Vec<_> = skips.filter(|skip| skip.target == program.target).collect();
        if skips.iter().any(|skip| skip.test.is_none()) {
            continue;
        }
        let log = |extension: &str| {
            let name = format!("{}-{round}.{extension}", program.target);
            build.logs.join(name)
        };
        let tables = log("json");
        if tables.exists() {
            fs::remove_file(&tables)?;
        }
        let mut command = Command::new(&program.path);
        command
            .current_dir(&build.source.folder)
            .env("CARGO_MANIFEST_DIR", &build.source.folder)
            .env("CARGO_PKG_NAME", &build.entry.name)
            .env("CARGO_PKG_VERSION", &build.entry.version)
            .env("MEMLINE_OUTPUT", &tables);
        for test in skips.iter().filter_map(|skip| skip.test.as_ref()) {
            command.args(["--skip", test]);
        }
        let ended = process::run(&mut command, &log("out"), &log("err"), DEADLINE)?;
        results.add(&program.target, &ended, &log("out"))?;
        read_tables(&tables, &mut results);
    }
    if build.entry.doc_tests && !programs.is_empty() {
        let output = build.logs.join(format!("doc-{round}.out"));
        let ended = build.doc_tests(&output)?;
        results.add("doc", &ended, &output)?;
    }
    Ok(results)
}

/// Reads `test NAME ... ok` and `test NAME ... FAILED`; ignored tests are left out.
fn outcomes(output: &str) -> impl Iterator<Item = (&str, bool)> {
    output.lines().filter_map(|line| {
        let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let name = name.trim_end_matches(" - should panic");
        match outcome {
            "ok" => Some((name, true)),
            _ if outcome.starts_with("FAILED") => Some((name, false)),
            _ => None,
        }
    })
}

/// Adds the functions of a JSON report. A program that annotated nothing, or was killed, leaves none.
fn read_tables(path: &Path, results: &mut Results) {
    #[derive(Deserialize)]
    struct Report {
        functions: Vec<Function>,
    }

    #[derive(Deserialize)]
    struct Function {
        name: String,
        file: String,
        first_line: u32,
    }

    let Ok(text) = fs::read_to_string(path) else {
        return;
    };
    match serde_json::from_str::<Report>(&text) {
        Ok(report) => {
            let functions = report.functions.iter();
            results.profiled.extend(functions.map(|function| {
                format!(
                    "{}:{} {}",
                    function.file, function.first_line, function.name
                )
            }));
        }
        Err(_) => results.unreadable.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_test_harness() {
        let output = "\nrunning 4 tests\ntest a::b ... ok\ntest c - should panic ... ok\n\
                      test d ... ignored, slow\ntest e ... FAILED\nsomething printed\n\
                      test result: FAILED. 2 passed; 1 failed\n";
        let read: Vec<_> = outcomes(output).collect();
        assert_eq!(read, [("a::b", true), ("c", true), ("e", false)]);
    }
}
