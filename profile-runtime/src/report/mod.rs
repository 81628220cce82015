//! What was measured, as plain values, and its forms on paper.
//!
//! [`Report`] holds figures and nothing else; each form (table, classic, JSON, CSV, HTML) is a
//! pure function from it to text, in a file of its own.

pub(crate) mod columns;
pub(crate) mod units;

mod classic;
mod csv;
mod hints;
mod html;
pub(crate) mod json;
mod legend;
#[cfg(test)]
mod sample;
mod table;
pub(crate) mod text;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::{Config, Format, Style};

pub use columns::Column;

/// Everything measured until now: one [`Function`] per profiled function that ran.
///
/// It is a plain value: iterate over it, serialize it with any serde format, or print it
/// ([`Display`](std::fmt::Display) writes the tables as they are written at exit).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this layout: [`Report::VERSION`].
    pub version: u32,
    /// The profiled functions that ran, by file and line.
    pub functions: Vec<Function>,
    /// What the figures cannot show and why, in full sentences, such as a missing `/proc` or an
    /// allocator that is not installed. Not part of the serialized form.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Report {
    /// The version of the serialized layout that this crate writes.
    pub const VERSION: u32 = 1;

    /// The function called `name`: by its whole path or, failing that, by the end of it.
    ///
    /// ```
    /// # use profile_runtime as memline;
    /// use memline::{Function, Report};
    ///
    /// let build = Function { name: "index::Index::build".to_owned(), ..Function::default() };
    /// let report = Report { functions: vec![build], ..Report::default() };
    /// assert!(report.function("index::Index::build").is_some());
    /// assert!(report.function("build").is_some());
    /// assert!(report.function("uild").is_none());
    /// ```
    pub fn function(&self, name: &str) -> Option<&Function> {
        let ends = |f: &&Function| {
            let rest = f.name.strip_suffix(name);
            rest.is_some_and(|rest| rest.ends_with("::"))
        };
        let whole = self.functions.iter().find(|f| f.name == name);
        whole.or_else(|| self.functions.iter().find(ends))
    }

    /// The report as one JSON object; `serde_json::from_str` reads it back.
    ///
    /// Bytes and nanoseconds are integers. Lines that never ran have no figures, and what was not
    /// measured is null. Not in it are what has no place in a measurement: the notes, and the
    /// threads.
    ///
    /// ```
    /// # use profile_runtime as memline;
    /// let report = memline::Report { version: memline::Report::VERSION, ..Default::default() };
    /// assert_eq!(report.to_json(), r#"{"version":1,"functions":[]}"#);
    /// ```
    pub fn to_json(&self) -> String {
        json::render(self)
    }

    /// The report as CSV (RFC 4180): one row per line of source, with the JSON's names as titles.
    ///
    /// ```
    /// # use profile_runtime as memline;
    /// let csv = memline::Report::default().to_csv();
    /// assert!(csv.starts_with("file,function,line,occurrences,increment,mem_usage,peak,"));
    /// ```
    pub fn to_csv(&self) -> String {
        csv::render(self)
    }

    /// The report as one HTML page that needs no other file and no network.
    ///
    /// ```
    /// # use profile_runtime as memline;
    /// # fn main() -> std::io::Result<()> {
    /// # let path = std::env::temp_dir().join(format!("memline-doc-{}.html", std::process::id()));
    /// let report = memline::Report::default();
    /// std::fs::write(&path, report.to_html())?;
    /// # std::fs::remove_file(&path)
    /// # }
    /// ```
    pub fn to_html(&self) -> String {
        html::render(self, &Config::new())
    }
}

/// Writes the default tables, without colours.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&table::render(self, &Config::new(), false))
    }
}

/// The report in the form that `config` says, line ending included. Where memory was traced, what lines
/// retain and churn is shown too. `terminal` tells whether a
/// terminal will show it.
///
/// It may run inside a signal handler, on memory of its own: it reads no environment, takes no lock
/// of std's streams and leaves nothing behind in thread-locals.
pub(crate) fn render(report: &Report, config: &Config, terminal: bool) -> String {
    let lines = report.functions.iter().flat_map(|function| &function.lines);
    let mut figures = lines.filter_map(|line| line.figures.as_ref());
    let traced = figures.any(|figures| figures.retained.is_some());
    let with_held;
    let config = if traced {
        let held = [Column::Retained, Column::Churned];
        let columns = config.columns.iter().copied().chain(held);
        with_held = config.clone().columns(columns);
        &with_held
    } else {
        config
    };
    match config.effective_format() {
        Format::Table => match config.style {
            Style::Default => table::render(report, config, terminal),
            Style::Classic => classic::render(report, config),
        },
        Format::Json => json::render(report) + "\n",
        Format::Csv => csv::render(report),
        Format::Html => html::render(report, config),
    }
}

/// The figures of one profiled function, over all its calls, instances and threads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Path of the function, such as `index::Index::build`.
    pub name: String,
    /// Source file, as the compiler names it.
    pub file: String,
    /// Line of the attribute (of the `fn`, where the attribute stands on an `impl`, `mod` or
    /// `trait`).
    pub first_line: u32,
    /// How often the function was called.
    pub calls: u64,
    /// The threads that ran it.
    #[serde(skip)]
    pub threads: Threads,
    /// Every line from `first_line` to the closing brace.
    pub lines: Vec<Line>,
    /// The budgets that calls went beyond, as `#[profile(peak = …, allocs = …, retained = …)]` sets them.
    /// The serialized form has it only where there are some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceeded: Vec<Exceeded>,
}

/// A budget of a function that some calls went beyond.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exceeded {
    /// `peak`, `allocs` or `retained`.
    pub figure: String,
    /// What a call may take: bytes, or allocations.
    pub budget: u64,
    /// What a call has taken at most.
    pub found: u64,
    /// How many calls took more than the budget.
    pub calls: u64,
    /// The line that had most to do with it in that call: the one that allocated most, or kept most.
    pub line: Option<u32>,
}

impl Function {
    /// The line with this number in the file.
    pub fn line(&self, number: u32) -> Option<&Line> {
        self.lines.iter().find(|line| line.line == number)
    }

    /// Net heap bytes of all calls together: the sum of the lines' increments.
    ///
    /// ```
    /// # use profile_runtime as memline;
    /// use memline::{Figures, Function, Line};
    ///
    /// let line = |line, increment| Line {
    ///     line,
    ///     source: String::new(),
    ///     figures: Some(Figures { increment, ..Figures::default() }),
    /// };
    /// let function = Function { lines: vec![line(7, 48), line(8, -16)], ..Function::default() };
    /// assert_eq!(function.increment(), 32);
    /// assert_eq!(function.line(8), Some(&line(8, -16)));
    /// ```
    pub fn increment(&self) -> i64 {
        let figures = self.lines.iter().filter_map(|line| line.figures.as_ref());
        figures.map(|f| f.increment).fold(0, i64::saturating_add)
    }
}

/// Which threads ran a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    /// How many threads ran it.
    pub count: u64,
    /// Name of the thread, where there was one only and it has a name.
    pub name: Option<String>,
}

/// One source line of a profiled function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Line number in the file.
    pub line: u32,
    /// Text of the line, without its line ending.
    pub source: String,
    /// What the line did; `None` for a line that never ran.
    #[serde(flatten)]
    pub figures: Option<Figures>,
}

/// What one line did, over all its executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How often the line ran.
    pub occurrences: u64,
    /// Net heap bytes: `allocated - freed`, by the thread that ran the line, callees included.
    pub increment: i64,
    /// Resident set of the process in bytes when the line ended: the highest seen. `None` where
    /// the system does not tell.
    pub mem_usage: Option<u64>,
    /// Highest heap above the line's start while it ran, in bytes, of its own thread.
    pub peak: u64,
    /// Allocations.
    pub allocs: u64,
    /// Frees.
    pub frees: u64,
    /// Reallocations.
    pub reallocs: u64,
    /// Bytes allocated; a growing reallocation counts what it adds.
    pub allocated: u64,
    /// Bytes freed; a shrinking reallocation counts what it takes.
    pub freed: u64,
    /// Change of the resident set while the line ran, in bytes.
    pub rss_increment: Option<i64>,
    /// Live heap of the process in bytes when the line ended: the highest seen.
    pub heap: u64,
    /// Change of the process's live heap while the line ran, in bytes: all threads.
    pub heap_increment: i64,
    /// Time spent in the line, in nanoseconds; `None` unless the time column was asked for.
    pub time_ns: Option<u64>,
    /// Bytes that the line, or what it called, allocated and nobody has freed; `None` unless memory is
    /// traced. As far as the frames go that are kept of each stack.
    pub retained: Option<u64>,
    /// Bytes that the line, or what it called, allocated and anybody has freed again; as
    /// [`retained`](Self::retained) otherwise.
    pub churned: Option<u64>,
    /// Buffers that reallocations of this line grew: runs of reallocations, each of the block
    /// that the one before returned.
    #[serde(skip)]
    pub grown: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_one_configured() {
        let report = sample::two_functions();
        let render = |config: Config| render(&report, &config, false);
        assert_eq!(render(Config::new()), report.to_string());
        assert_eq!(
            render(Config::new().format(Format::Json)),
            report.to_json() + "\n"
        );
        assert_eq!(render(Config::new().format(Format::Csv)), report.to_csv());
        assert_eq!(render(Config::new().format(Format::Html)), report.to_html());
        let classic = render(Config::new().style(Style::Classic));
        assert!(classic.starts_with("Filename: examples/index.rs\n\nLine #"));
        assert!(!classic.contains("function:"));
    }

    #[test]
    fn any_form_of_nothing_is_well_formed() {
        let empty = Report::default();
        assert_eq!(empty.to_string(), "");
        assert_eq!(empty.to_csv().lines().count(), 1);
        assert_eq!(
            serde_json::from_str::<Report>(&empty.to_json())
                .ok()
                .as_ref(),
            Some(&empty)
        );
        assert!(empty.to_html().ends_with("</html>\n"));
    }
}
