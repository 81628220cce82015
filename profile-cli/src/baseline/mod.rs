//! `cargo memline test --fail-on-increase`: the figures of every `#[memline::test]`, compared with those
//! of an earlier run.
//!
//! ```text
//! cargo test ─► a line of figures per test ─► Figures ─┬─► compare ─► what grew
//!                                   baseline file ─────┘
//! ```

mod compare;
mod file;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode};

use clap::Args;

use self::compare::{Comparison, Tolerance};
use self::file::{Baseline, Tests};
use crate::record::exit_code;
use crate::{Error, units};

/// The variable that tells tests where their figures go.
const FIGURES: &str = "MEMLINE_TEST_FIGURES";

/// The file that keeps them, in the folder of the workspace.
const FILE: &str = "memline-baseline.json";

/// What is told before cargo's own arguments.
#[derive(Debug, Default, Args)]
pub struct Options {
    /// Fail if a `#[memline::test]` takes more memory than in the baseline, by more than so many percent;
    /// nothing is recorded
    #[arg(
        long,
        value_name = "PERCENT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0%"
    )]
    pub fail_on_increase: Option<Tolerance>,
    /// Replace the figures in the baseline by those of this run
    #[arg(long)]
    pub update_baseline: bool,
    /// The baseline [default: memline-baseline.json in the folder of the workspace]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

impl Options {
    /// Whether tests are to be compared, rather than recorded.
    #[must_use]
    pub fn are_given(&self) -> bool {
        self.fail_on_increase.is_some() || self.update_baseline
    }

    /// Finds what does not go together, or stands where it would be taken for cargo's.
    ///
    /// # Errors
    ///
    /// If there is such a thing.
    pub fn check(&self, own: &[String]) -> Result<(), Error> {
        const OPTIONS: [&str; 3] = ["--fail-on-increase", "--update-baseline", "--baseline"];
        let is_ours = |word: &&String| {
            let name = word.split('=').next().unwrap_or_default();
            OPTIONS.contains(&name)
        };
        if let Some(word) = own.iter().find(is_ours) {
            return Err(Error::Usage(format!(
                "{word} goes before cargo's own options: cargo memline test {word} …"
            )));
        }
        if self.baseline.is_some() && !self.are_given() {
            return Err(Error::Usage(
                "--baseline goes with --fail-on-increase or --update-baseline".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Where and how tests are run.
pub struct Run<'a> {
    /// `cargo`, with nothing said yet.
    pub cargo: Command,
    /// What cargo test is told.
    pub arguments: &'a [OsString],
    /// The profile that it builds with.
    pub profile: &'a str,
    /// The folder of the workspace.
    pub workspace: &'a Path,
    /// Where cargo builds.
    pub target: &'a Path,
}

/// Runs the tests, and compares.
///
/// # Errors
///
/// If cargo cannot be run, or a file cannot be read or written.
pub fn run(options: &Options, mut run: Run<'_>) -> Result<ExitCode, Error> {
    let path = match &options.baseline {
        Some(path) => path.clone(),
        None => run.workspace.join(FILE),
    };
    // What makes no sense is told before anything is built.
    let baseline = Baseline::read(&path)?;
    if let Some(baseline) = baseline.as_ref().filter(|_| !options.update_baseline) {
        baseline.check_profile(&path, run.profile)?;
    }
    let figures = std::path::absolute(run.target)
        .map_err(|error| Error::file("use", run.target, &error))?
        .join(format!("memline-tests.{}.jsonl", process::id()));
    run.cargo.arg("test").args(run.arguments);
    let status = run.cargo.env(FIGURES, &figures).status();
    let status = status.map_err(|error| Error::Failed(format!("cargo cannot be run: {error}")))?;
    let tests = Tests::read(&figures);
    let _ = fs::remove_file(&figures);
    let tests = tests?;
    if tests.is_empty() {
        if !status.success() {
            return Ok(exit_code(status));
        }
        return Err(Error::Failed(
            "no test has told its figures: expected a test with #[memline::test] among those that ran"
                .to_owned(),
        ));
    }
    let profile = run.profile;
    let (baseline, is_new) = match baseline {
        Some(baseline) => (baseline, false),
        None => (Baseline::new(profile), true),
    };
    let tolerance = options.fail_on_increase.unwrap_or_default();
    let comparison = Comparison::new(&baseline.tests, &tests, tolerance);
    let renewed = options.update_baseline;
    if !renewed {
        for growth in &comparison.grown {
            eprintln!("memline: {growth}");
        }
    }
    if !status.success() {
        eprintln!("memline: tests failed: {} stays as it is", path.display());
        return Ok(exit_code(status));
    }
    let count = tests.len() as u64;
    if !renewed && !comparison.grown.is_empty() {
        eprintln!(
            "memline: {} of {} take more than in {}, by more than {tolerance}; where that is meant, \
             --update-baseline takes the new figures over",
            units::count(comparison.grown_tests() as u64),
            counted(count, "test"),
            path.display()
        );
        return Ok(ExitCode::FAILURE);
    }
    if is_new || renewed || comparison.new > 0 {
        baseline.with(profile, tests, renewed).write(&path)?;
    }
    let path = path.display();
    match (is_new, renewed) {
        (true, _) => eprintln!(
            "memline: {path} now has the figures of {}",
            counted(count, "test")
        ),
        (false, true) => eprintln!(
            "memline: {path}: figures of {} renewed",
            counted(count, "test")
        ),
        (false, false) => eprintln!(
            "memline: {} within {tolerance} of {path}; {} new, {} take less",
            counted(count, "test"),
            comparison.new,
            comparison.shrunk
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", units::count(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_in_the_wrong_place_are_told() {
        let check = |words: &[&str], told: Option<&str>| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let error = Options::default().check(&words).err();
            assert_eq!(error.map(|error| error.to_string()).as_deref(), told);
        };
        check(&["--release", "baseline"], None);
        check(
            &["--release", "--fail-on-increase=5%"],
            Some(
                "--fail-on-increase=5% goes before cargo's own options: \
                 cargo memline test --fail-on-increase=5% …",
            ),
        );
    }
}
