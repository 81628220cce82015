//! One crate: fetched, built and tested both ways.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::build::{Build, Built, Settings};
use crate::compare::{self, Difference};
use crate::list::Entry;
use crate::options::{Check, Options};
use crate::source;
use crate::suite::{self, Results};

/// The library is built this many times each way.
const BUILDS: usize = 3;

/// What came of a crate.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Functions that carry the attribute.
    pub(crate) functions: usize,
    /// Of these, the functions that ran, as the tables tell.
    pub(crate) profiled: usize,
    /// Tests that pass plain.
    pub(crate) passed: usize,
    /// What the attribute changed.
    pub(crate) difference: Difference,
    /// Processor time of compiling the library as cargo does: annotated by plain.
    pub(crate) build_ratio: Option<f64>,
    /// The same without debug information, and nothing incremental.
    pub(crate) lean_ratio: Option<f64>,
    /// Processor time of the tests: annotated by plain.
    pub(crate) test_ratio: Option<f64>,
}

/// Tries one crate.
pub(crate) fn run(
    entry: &Entry,
    work: &Path,
    memline: &Path,
    options: &Options,
) -> Result<Outcome> {
    let published = source::fetch(entry, work)?;
    let plain = source::plain(entry, &published, work)?;
    let annotated = source::annotated(entry, &published, work, memline)?;
    let logs = work.join("logs").join(entry.label());
    let side = |name: &str, source| -> Result<Build<'_>> {
        let logs = logs.join(name);
        fs::create_dir_all(&logs)?;
        Ok(Build {
            entry,
            source,
            target: work.join("target").join(name),
            logs,
            jobs: options.jobs,
        })
    };
    let plain = side("plain", &plain)?;
    let annotated = side("annotated", &annotated)?;

    let built = |build: &Build<'_>| match options.check {
        Some(by) => build.check(by),
        None => build.tests(),
    };
    let plain_built = built(&plain).context("plain")?;
    // Both sides are to build the same versions of the dependencies.
    fs::copy(
        plain.source.folder.join("Cargo.lock"),
        annotated.source.folder.join("Cargo.lock"),
    )?;
    let annotated_built = built(&annotated).context("annotated")?;

    let (first, with) = thread::scope(|scope| {
        let with = scope.spawn(|| suite::run(&annotated, &annotated_built.programs, "first"));
        let first = suite::run(&plain, &plain_built.programs, "first");
        (first, with.join())
    });
    let Ok(with) = with else {
        bail!("the annotated tests could not be run");
    };
    let (first, with) = (first?, with?);
    let mut passed: BTreeSet<String> = first.passed().cloned().collect();
    if !compare::lost_tests(&passed, &with).is_empty() {
        // What does not pass plain a second time is no measure.
        let second = suite::run(&plain, &plain_built.programs, "second")?;
        passed.retain(|test| second.has_passed(test));
    }
    let plain_side = (&plain_built, &passed);
    let mut difference = Difference::between(plain_side, (&annotated_built, &with));
    if let Some(Check::Clippy) = options.check {
        // It says less of all that an attribute has gone over.
        difference.lost_warnings.clear();
    }
    let file = logs.join("difference.txt");
    difference.write(&file)?;
    if !difference.is_none() {
        eprintln!("  differs; see {}", file.display());
    }

    let build_ratio = |settings| {
        if options.check.is_some() || options.quick {
            return Ok(None);
        }
        let plain = (&plain, &plain_built);
        build_ratio(settings, plain, (&annotated, &annotated_built))
    };
    Ok(Outcome {
        functions: annotated.source.functions,
        profiled: with.profiled.len(),
        passed: passed.len(),
        build_ratio: build_ratio(Settings::Cargo)?,
        lean_ratio: build_ratio(Settings::Lean)?,
        test_ratio: test_ratio(first.time, &with),
        difference,
    })
}

/// The ratio of the medians, in turns, so that both sides meet the same machine.
fn build_ratio(
    settings: Settings,
    (plain, plain_built): (&Build<'_>, &Built),
    (annotated, annotated_built): (&Build<'_>, &Built),
) -> Result<Option<f64>> {
    let (Some(plain_root), Some(annotated_root)) = (&plain_built.library, &annotated_built.library)
    else {
        return Ok(None);
    };
    let time = || -> Result<[Option<Duration>; 2]> {
        Ok([
            plain.library_time(plain_root, settings)?,
            annotated.library_time(annotated_root, settings)?,
        ])
    };
    // The first time, dependencies may be built, too.
    time()?;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..BUILDS {
        for (times, time) in times.iter_mut().zip(time()?) {
            times.extend(time);
        }
    }
    let [plain, annotated] = times.map(median);
    Ok(ratio(annotated, plain))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Tests that take no time at all have no ratio.
fn test_ratio(plain: Duration, annotated: &Results) -> Option<f64> {
    (plain >= Duration::from_millis(100))
        .then(|| ratio(annotated.time, plain))
        .flatten()
}

fn ratio(annotated: Duration, plain: Duration) -> Option<f64> {
    (!plain.is_zero() && !annotated.is_zero())
        .then(|| annotated.as_secs_f64() / plain.as_secs_f64())
}
