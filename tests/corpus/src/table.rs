//! The result, as text and as `docs/CORPUS.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use prettytable::format::{Alignment, FormatBuilder};
use prettytable::{Cell, Table};
use serde::{Deserialize, Serialize};

use crate::list::Entry;
use crate::trial::Outcome;

const TITLES: [&str; 12] = [
    "crate",
    "version",
    "functions",
    "ran",
    "errors",
    "passed",
    "lost",
    "new warnings",
    "lost warnings",
    "build time",
    "lean build",
    "test time",
];

/// A crate's line, which is kept beside its logs, so that a page can be made of several runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    cells: Vec<String>,
    complaints: Vec<String>,
    skipped: Vec<String>,
    build_ratio: Option<f64>,
    lean_ratio: Option<f64>,
    functions: usize,
    passed: usize,
    allocator: bool,
    name: String,
    /// The day, in UTC.
    tried: String,
}

impl Row {
    /// The line of a crate that was tried; the reason where it could not be.
    pub(crate) fn new(entry: &Entry, outcome: &Result<Outcome>) -> Result<Self> {
        let mut cells = vec![entry.name.clone(), entry.version.clone()];
        let mut complaints = Vec::new();
        match outcome {
            Ok(outcome) => {
                let difference = &outcome.difference;
                cells.extend(
                    [
                        outcome.functions,
                        outcome.profiled,
                        difference.errors.len(),
                        outcome.passed,
                        difference.lost_tests.len(),
                        difference.new_warnings.len(),
                        difference.lost_warnings.len(),
                    ]
                    .map(|number| number.to_string()),
                );
                let ratios = [outcome.build_ratio, outcome.lean_ratio, outcome.test_ratio];
                cells.extend(ratios.map(times));
                if !difference.is_none() {
                    complaints.push(format!("{}: {difference}", entry.name));
                }
                if outcome.profiled == 0 && outcome.passed > 0 {
                    complaints.push(format!(
                        "{}: tests passed, but no table tells of a function",
                        entry.name
                    ));
                }
            }
            Err(error) => complaints.push(format!("{}: {error:#}", entry.name)),
        }
        let outcome = outcome.as_ref().ok();
        Ok(Self {
            cells,
            complaints,
            skipped: skipped(entry),
            build_ratio: outcome.and_then(|outcome| outcome.build_ratio),
            lean_ratio: outcome.and_then(|outcome| outcome.lean_ratio),
            functions: outcome.map_or(0, |outcome| outcome.functions),
            passed: outcome.map_or(0, |outcome| outcome.passed),
            allocator: entry.allocator,
            name: entry.name.clone(),
            tried: today()?,
        })
    }

    /// Keeps the line for [`markdown`].
    pub(crate) fn keep(&self, entry: &Entry, work: &Path) -> Result<()> {
        let file = kept(entry, work);
        fs::create_dir_all(file.parent().unwrap_or(work))?;
        Ok(fs::write(file, serde_json::to_string(self)?)?)
    }

    /// The line that the last run of this version kept.
    fn last(entry: &Entry, work: &Path) -> Option<Self> {
        let text = fs::read_to_string(kept(entry, work)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// What is wrong, and where to read about it.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// The table for a terminal, and its summary.
pub(crate) fn text(rows: &[Row]) -> String {
    let format = FormatBuilder::new().padding(0, 2).build();
    let mut table = Table::new();
    table.set_format(format);
    let cells = |cells: &[String]| {
        let cells = cells.iter().enumerate().map(|(column, text)| {
            let align = if column < 2 {
                Alignment::LEFT
            } else {
                Alignment::RIGHT
            };
            Cell::new_align(text, align)
        });
        prettytable::Row::new(cells.collect())
    };
    table.add_row(cells(&TITLES.map(str::to_owned)));
    for row in rows {
        table.add_row(cells(&row.cells));
    }
    let mut text = table.to_string();
    for row in rows {
        for complaint in &row.complaints {
            text += &format!("{complaint}\n");
        }
    }
    text + &summary(rows) + "\n"
}

fn kept(entry: &Entry, work: &Path) -> PathBuf {
    work.join("logs").join(entry.label()).join("row.json")
}

fn summary(rows: &[Row]) -> String {
    let clean = rows.iter().filter(|row| row.is_clean()).count();
    let functions: usize = rows.iter().map(|row| row.functions).sum();
    let passed: usize = rows.iter().map(|row| row.passed).sum();
    let mut text = format!(
        "{clean} of {} crates clean: {functions} functions, {passed} tests",
        rows.len()
    );
    let build = median(rows, |row| row.build_ratio);
    let lean = median(rows, |row| row.lean_ratio);
    if build.is_some() {
        let [build, lean] = [build, lean].map(times);
        text += &format!("; build time {build} in the median, {lean} where it is lean");
    }
    text
}

fn median(rows: &[Row], of: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
    let mut ratios: Vec<f64> = rows.iter().filter_map(of).collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

fn times(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}×"))
}

fn skipped(entry: &Entry) -> Vec<String> {
    let skips = entry.skip.iter().map(|skip| {
        let test = skip
            .test
            .as_ref()
            .map_or_else(String::new, |test| format!("::{test}"));
        format!("{}: `{}{test}`: {}", entry.name, skip.target, skip.why)
    });
    skips.collect()
}

/// The page `docs/CORPUS.md`: the last result of every crate of the list.
pub(crate) fn markdown(entries: &[Entry], work: &Path) -> Result<String> {
    let (rows, missing): (Vec<_>, Vec<_>) = entries
        .iter()
        .map(|entry| Row::last(entry, work).ok_or(&entry.name))
        .partition(Result::is_ok);
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    let missing: Vec<&String> = missing.into_iter().filter_map(Result::err).collect();

    let mut page = format!(
        "# The corpus\n\n\
         Published crates with `#[::memline::profile]` before every function that can carry it, built and\n\
         tested as they were published and again as annotated. Written by\n\
         `cargo run --release --manifest-path tests/corpus/Cargo.toml -- --markdown` on {} with\n{}.\n\n{}.\n\n",
        today()?,
        compiler()?,
        summary(&rows)
    );
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut titles = TITLES.map(str::to_owned).to_vec();
    titles.push("tried on".to_owned());
    page += &line(&titles);
    page += "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n";
    for row in &rows {
        let mut cells = row.cells.clone();
        cells.resize(TITLES.len(), String::new());
        cells.push(row.tried.clone());
        page += &line(&cells);
    }
    page += LEGEND;
    let complaints = rows.iter().flat_map(|row| &row.complaints);
    section(&mut page, "Not clean", complaints);
    section(&mut page, "Listed, but not tried yet", missing);
    let skipped = rows.iter().flat_map(|row| &row.skipped);
    section(&mut page, "Not run, neither plain nor annotated", skipped);
    let title = "Without memline's allocator, since their tests install one of their own";
    let without = rows.iter().filter(|row| !row.allocator);
    section(&mut page, title, without.map(|row| &row.name));
    Ok(page)
}

/// What the columns are.
const LEGEND: &str = "
- *functions*: annotated, in the library and in its tests; *ran*: those that the tables tell of.
- *errors*: new errors of the compiler. *passed*: tests that pass plain; *lost*: those of them that
  do not pass annotated, and pass plain once more.
- *build time*: processor time of `cargo build` where only the library is to be compiled, annotated by
  plain, medians of three; *lean build*: the same without debug information and `CARGO_INCREMENTAL=0`,
  where there is less that takes as long plain. *test time*: processor time of all test programs, not
  optimized, where the plain ones take a tenth of a second.
";

fn section<'a>(page: &mut String, title: &str, lines: impl IntoIterator<Item = &'a String>) {
    let lines: Vec<&String> = lines.into_iter().collect();
    if !lines.is_empty() {
        *page += &format!("\n## {title}\n\n");
        for line in lines {
            *page += &format!("- {line}\n");
        }
    }
}

fn compiler() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Today's date in UTC, as `2026-11-22`.
fn today() -> Result<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let days = i64::try_from(seconds / 86_400).context("the clock is far off")?;
    // Days are counted from 1 March of the year 0, so that leap days end a year.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Ok(format!("{year}-{month:02}-{day:02}"))
}
