//! What is printed at exit, where, and how: set in code, and overruled by the environment.

mod env;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::report::columns::{Column, distinct};
use crate::report::units::MAX_PRECISION;

/// How memline reports.
///
/// Every setting has an environment variable, and the environment wins over code, so that whoever
/// runs a program can look at it differently without building it anew.
///
/// | variable | values | default |
/// |---|---|---|
/// | `MEMLINE` | `on`, `off` | `on` |
/// | `MEMLINE_OUTPUT` | `stderr`, `stdout` or a file | `stderr` |
/// | `MEMLINE_FORMAT` | `table`, `json`, `csv`, `html` | by the file's extension, else `table` |
/// | `MEMLINE_COLUMNS` | names of [columns](Column) separated by commas | `mem_usage,increment,occurrences` |
/// | `MEMLINE_STYLE` | `default`, `classic` | `default` |
/// | `MEMLINE_UNIT` | `auto`, `B`, `KiB`, `MiB`, `GiB` | `auto` |
/// | `MEMLINE_PRECISION` | decimals, `0` to `9` | `1` |
/// | `MEMLINE_TRACE` | frames to be kept of each stack, `1` to `256`: traces from the start | |
/// | `MEMLINE_KEY` | `line`, `stack`, `type`, `function`, `crate`: what a [`Leak`](crate::Leak) adds up by | |
/// | `NO_COLOR` | anything: no colour, also on a terminal | |
///
/// In `MEMLINE_COLUMNS` a list replaces the columns that would be shown (`peak,allocs`), names
/// with a plus are added to them (`+peak,+allocs`), `default` stands for the default columns and
/// `all` for every column. The column `time`, and so `all`, makes every probe read the clock.
///
/// A variable that is empty counts as not set. Letters may be upper or lower case.
///
/// ```
/// # use profile_runtime as memline;
/// use memline::{Column, Config, Format, Output, Unit};
///
/// let config = Config::new()
///     .output(Output::File("memory.txt".into()))
///     .format(Format::Table)
///     .columns([Column::Increment, Column::Peak])
///     .unit(Unit::KiB)
///     .precision(3);
/// # let _ = config;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a configuration does nothing by itself"]
pub struct Config {
    pub(crate) enabled: bool,
    pub(crate) output: Output,
    /// `None` leaves it to the output's extension.
    pub(crate) format: Option<Format>,
    pub(crate) columns: Vec<Column>,
    pub(crate) style: Style,
    pub(crate) unit: Unit,
    pub(crate) precision: u8,
    /// Whether a terminal may be sent colours.
    pub(crate) color: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            output: Output::Stderr,
            format: None,
            columns: Column::DEFAULT.to_vec(),
            style: Style::Default,
            unit: Unit::Auto,
            precision: 1,
            color: true,
        }
    }
}

impl Config {
    /// The defaults: default tables on stderr.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether lines are measured and a report is printed at exit (`MEMLINE`).
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Where the report goes at exit (`MEMLINE_OUTPUT`).
    ///
    /// The extension of a file (`.json`, `.csv`, `.html`) chooses the format, unless
    /// [`format`](Config::format) does.
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// The form of the report (`MEMLINE_FORMAT`).
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// The columns of figures, from left to right (`MEMLINE_COLUMNS`).
    ///
    /// Tables show these, and HTML pages show them first; JSON and CSV always have them all. A
    /// column given twice stands where it was given first. [`Column::Time`] makes every probe
    /// read the clock.
    pub fn columns(mut self, columns: impl IntoIterator<Item = Column>) -> Self {
        self.columns = distinct(columns);
        self
    }

    /// The layout of text tables (`MEMLINE_STYLE`).
    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// The unit of byte figures in tables and HTML pages (`MEMLINE_UNIT`).
    pub fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// The decimals of byte figures, at most 9; more are taken as 9 (`MEMLINE_PRECISION`). Plain
    /// bytes never have any.
    pub fn precision(mut self, decimals: u8) -> Self {
        self.precision = decimals.min(MAX_PRECISION);
        self
    }

    /// Puts this configuration in force, the environment's settings over it.
    ///
    /// At any time before the exit: what was measured already is kept, and the report is written as
    /// the last one installed says. One exception: [`Column::Time`] has to be asked for before the
    /// first profiled function runs, since lines are timed from the beginning or not at all.
    ///
    /// ```
    /// # use profile_runtime as memline;
    /// use memline::{Config, Format, Output};
    ///
    /// let file = Output::File("target/memory.json".into());
    /// Config::new().output(file).format(Format::Json).install();
    /// // … at exit the report of the profiled functions is in the file.
    /// ```
    pub fn install(self) {
        crate::start::install(self);
    }

    /// The format that is in effect: as set, else by the output's extension, else a table.
    pub(crate) fn effective_format(&self) -> Format {
        self.format
            .or_else(|| self.output.implied_format())
            .unwrap_or_default()
    }
}

/// Where a report goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The standard error, so that the program's own output stays clean.
    #[default]
    Stderr,
    /// The standard output.
    Stdout,
    /// A file, replaced when it exists.
    File(PathBuf),
}

impl Output {
    fn implied_format(&self) -> Option<Format> {
        let Output::File(path) = self else {
            return None;
        };
        let extension = path.extension()?.to_str()?;
        Format::NAMES
            .into_iter()
            .find(|&(name, format)| format != Format::Table && name.eq_ignore_ascii_case(extension))
            .map(|(_, format)| format)
    }
}

/// Gives a setting of fixed choices its names, and reads and writes them.
macro_rules! choices {
    ($type:ident, $what:literal, $($name:literal => $variant:ident),+) => {
        impl $type {
            const NAMES: [(&'static str, $type); [$($name),+].len()] = [$(($name, $type::$variant)),+];
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $($type::$variant => $name),+ })
            }
        }

        impl FromStr for $type {
            type Err = ParseError;

            fn from_str(name: &str) -> Result<Self, ParseError> {
                let found = Self::NAMES.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
                found
                    .map(|(_, value)| value)
                    .ok_or_else(|| ParseError::new(name, $what, &listed(&Self::NAMES.map(|n| n.0))))
            }
        }
    };
}

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Text tables.
    #[default]
    Table,
    /// One JSON object.
    Json,
    /// One CSV row per line of source.
    Csv,
    /// One page that opens offline.
    Html,
}
choices!(Format, "a format", "table" => Table, "json" => Json, "csv" => Csv, "html" => Html);

/// The layout of text tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Style {
    /// memline's own: any columns, a legend and hints.
    #[default]
    Default,
    /// The five columns of Python's memory_profiler in its very layout, for scripts that read it.
    /// Always in MiB.
    Classic,
}
choices!(Style, "a style", "default" => Default, "classic" => Classic);

/// The unit of byte figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The largest unit in which a figure is at least 1, each for itself.
    #[default]
    Auto,
    /// Bytes.
    B,
    /// 1024 bytes.
    KiB,
    /// 1024 KiB.
    MiB,
    /// 1024 MiB.
    GiB,
}
choices!(Unit, "a unit", "auto" => Auto, "B" => B, "KiB" => KiB, "MiB" => MiB, "GiB" => GiB);

/// A setting that makes no sense: says what was found and what is allowed.
///
/// ```
/// # use profile_runtime as memline;
/// use memline::Format;
///
/// let error = "xml".parse::<Format>().unwrap_err();
/// assert_eq!(error.to_string(), r#""xml" is not a format (table, json, csv or html)"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(String);

impl ParseError {
    pub(crate) fn new(found: &str, what: &str, allowed: &str) -> Self {
        Self(format!("{found:?} is not {what} ({allowed})"))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

/// The names as a sentence lists them: `a, b or c`.
pub(crate) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
