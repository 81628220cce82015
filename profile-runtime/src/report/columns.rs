//! The columns of a report: their names, titles and meanings, and the figure each one shows.

use std::fmt;
use std::str::FromStr;

use super::{Figures, units};
use crate::config::{Config, ParseError, listed};

/// A column of figures.
///
/// Its name, as `MEMLINE_COLUMNS`, the JSON keys and the CSV header spell it, is what
/// [`Display`](fmt::Display) writes and [`FromStr`] reads.
///
/// ```
/// # use profile_runtime as memline;
/// use memline::Column;
///
/// assert_eq!(Column::RssIncrement.to_string(), "rss_increment");
/// assert_eq!("time".parse(), Ok(Column::Time)); // short for `time_ns`
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Column {
    /// How often the line ran.
    Occurrences,
    /// Net heap bytes of the line's own thread: allocated minus freed.
    Increment,
    /// Resident set of the process when the line ended, the highest seen.
    MemUsage,
    /// Highest heap above the line's start while it ran.
    Peak,
    /// Number of allocations.
    Allocs,
    /// Number of frees.
    Frees,
    /// Number of reallocations.
    Reallocs,
    /// Bytes allocated.
    Allocated,
    /// Bytes freed.
    Freed,
    /// Change of the resident set while the line ran.
    RssIncrement,
    /// Live heap of the process when the line ended, the highest seen.
    Heap,
    /// Change of the process's live heap while the line ran, all threads.
    HeapIncrement,
    /// Time spent in the line.
    Time,
    /// Bytes that the line allocated and nobody has freed, while memory is traced.
    Retained,
    /// Bytes that the line allocated and anybody has freed again, while memory is traced.
    Churned,
}

/// A figure and how it is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Bytes(i128),
    Count(u64),
    Nanoseconds(u64),
    /// The system does not tell, or it was not asked for.
    Unknown,
}

impl Column {
    /// Every column, in the order of the JSON keys and of the CSV header.
    pub const ALL: [Column; 15] = [
        Column::Occurrences,
        Column::Increment,
        Column::MemUsage,
        Column::Peak,
        Column::Allocs,
        Column::Frees,
        Column::Reallocs,
        Column::Allocated,
        Column::Freed,
        Column::RssIncrement,
        Column::Heap,
        Column::HeapIncrement,
        Column::Time,
        Column::Retained,
        Column::Churned,
    ];

    /// What a table shows unless told otherwise.
    pub const DEFAULT: [Column; 3] = [Column::MemUsage, Column::Increment, Column::Occurrences];

    /// The column's name: its JSON key.
    pub fn name(self) -> &'static str {
        self.about().0
    }

    /// The column's title in a table.
    pub fn title(self) -> &'static str {
        self.about().1
    }

    /// What the column says, for the legend: a phrase without its full stop.
    pub(crate) fn meaning(self) -> &'static str {
        self.about().2
    }

    fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Column::Occurrences => ("occurrences", "Occurrences", "how often the line ran"),
            Column::Increment => (
                "increment",
                "Increment",
                "heap bytes allocated minus freed by the line, callees included, over all its runs",
            ),
            Column::MemUsage => (
                "mem_usage",
                "Mem usage",
                "resident set of the process (RSS) when the line ended, the highest seen",
            ),
            Column::Peak => (
                "peak",
                "Peak",
                "highest heap above the line's start while it ran",
            ),
            Column::Allocs => ("allocs", "Allocs", "allocations made"),
            Column::Frees => ("frees", "Frees", "allocations freed"),
            Column::Reallocs => ("reallocs", "Reallocs", "allocations resized"),
            Column::Allocated => ("allocated", "Allocated", "heap bytes allocated"),
            Column::Freed => ("freed", "Freed", "heap bytes freed"),
            Column::RssIncrement => (
                "rss_increment",
                "RSS increment",
                "change of the resident set while the line ran",
            ),
            Column::Heap => (
                "heap",
                "Heap",
                "live heap of the process when the line ended, the highest seen",
            ),
            Column::HeapIncrement => (
                "heap_increment",
                "Heap increment",
                "change of the live heap while the line ran, by all threads",
            ),
            Column::Time => ("time_ns", "Time", "time spent in the line"),
            Column::Retained => (
                "retained",
                "Retained",
                "bytes that the line allocated, callees included, and nobody has freed",
            ),
            Column::Churned => (
                "churned",
                "Churned",
                "bytes that the line allocated, callees included, and anybody has freed again",
            ),
        }
    }

    /// This column's figure.
    pub(crate) fn value(self, figures: &Figures) -> Value {
        let known = |bytes: Option<i128>| bytes.map_or(Value::Unknown, Value::Bytes);
        match self {
            Column::Occurrences => Value::Count(figures.occurrences),
            Column::Increment => Value::Bytes(figures.increment.into()),
            Column::MemUsage => known(figures.mem_usage.map(i128::from)),
            Column::Peak => Value::Bytes(figures.peak.into()),
            Column::Allocs => Value::Count(figures.allocs),
            Column::Frees => Value::Count(figures.frees),
            Column::Reallocs => Value::Count(figures.reallocs),
            Column::Allocated => Value::Bytes(figures.allocated.into()),
            Column::Freed => Value::Bytes(figures.freed.into()),
            Column::RssIncrement => known(figures.rss_increment.map(i128::from)),
            Column::Heap => Value::Bytes(figures.heap.into()),
            Column::HeapIncrement => Value::Bytes(figures.heap_increment.into()),
            Column::Time => figures.time_ns.map_or(Value::Unknown, Value::Nanoseconds),
            Column::Retained => known(figures.retained.map(i128::from)),
            Column::Churned => known(figures.churned.map(i128::from)),
        }
    }

    /// Reads a list as `MEMLINE_COLUMNS` gives it: see [`Config`] for its grammar.
    ///
    /// `current` is what `+name` adds to.
    pub(crate) fn parse_list(list: &str, current: &[Column]) -> Result<Vec<Column>, ParseError> {
        let items: Vec<&str> = list
            .split(',')
            .map(str::trim)
            .filter(|i| !i.is_empty())
            .collect();
        if items.is_empty() {
            return Err(unknown(list));
        }
        let only_adds = items.iter().all(|item| item.starts_with('+'));
        let mut columns = if only_adds {
            current.to_vec()
        } else {
            Vec::new()
        };
        for item in items {
            let name = item.strip_prefix('+').unwrap_or(item).trim();
            if name.eq_ignore_ascii_case("default") {
                columns.extend(Column::DEFAULT);
            } else if name.eq_ignore_ascii_case("all") {
                columns.extend(Column::DEFAULT);
                columns.extend(Column::ALL);
            } else {
                columns.push(name.parse()?);
            }
        }
        Ok(distinct(columns))
    }
}

/// The columns without repetitions, each where it stood first.
pub(crate) fn distinct(columns: impl IntoIterator<Item = Column>) -> Vec<Column> {
    let mut seen = Vec::new();
    for column in columns {
        if !seen.contains(&column) {
            seen.push(column);
        }
    }
    seen
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Column {
    type Err = ParseError;

    fn from_str(name: &str) -> Result<Self, ParseError> {
        if name.eq_ignore_ascii_case("time") {
            return Ok(Column::Time);
        }
        let found = Column::ALL
            .into_iter()
            .find(|c| c.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| unknown(name))
    }
}

fn unknown(name: &str) -> ParseError {
    let mut allowed = Column::ALL.map(Column::name).to_vec();
    allowed.extend(["default", "all"]);
    ParseError::new(name, "a column", &listed(&allowed))
}

impl Value {
    /// The figure as text, in the unit and with the decimals that are configured.
    pub(crate) fn text(self, config: &Config) -> String {
        match self {
            Value::Bytes(value) => units::Bytes::new(value, config).to_string(),
            Value::Count(count) => units::count(count),
            Value::Nanoseconds(nanoseconds) => units::time(nanoseconds, config.precision),
            Value::Unknown => "n/a".to_owned(),
        }
    }

    /// The figure as a plain integer; `None` where it is not known.
    pub(crate) fn integer(self) -> Option<i128> {
        match self {
            Value::Bytes(value) => Some(value),
            Value::Count(value) | Value::Nanoseconds(value) => Some(value.into()),
            Value::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(lists: &[&str], expected: Expect) {
        let mut out = String::new();
        for list in lists {
            let columns = match Column::parse_list(list, &Column::DEFAULT) {
                Ok(columns) => columns
                    .iter()
                    .map(|c| c.name())
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(error) => error.to_string(),
            };
            out.push_str(&format!("{list:?}: {columns}\n"));
        }
        expected.assert_eq(&out);
    }

    #[test]
    fn a_list_replaces_and_plus_adds() {
        check(
            &[
                "peak",
                "peak, allocs,peak",
                "+peak,+allocs",
                "+peak,allocs",
                "time,TIME_NS",
                "all",
                "increment,all",
                "default,peak",
                "+all",
            ],
            expect![[r#"
                "peak": peak
                "peak, allocs,peak": peak allocs
                "+peak,+allocs": mem_usage increment occurrences peak allocs
                "+peak,allocs": peak allocs
                "time,TIME_NS": time_ns
                "all": mem_usage increment occurrences peak allocs frees reallocs allocated freed rss_increment heap heap_increment time_ns retained churned
                "increment,all": increment mem_usage occurrences peak allocs frees reallocs allocated freed rss_increment heap heap_increment time_ns retained churned
                "default,peak": mem_usage increment occurrences peak
                "+all": mem_usage increment occurrences peak allocs frees reallocs allocated freed rss_increment heap heap_increment time_ns retained churned
            "#]],
        );
    }

    #[test]
    fn mistakes_say_what_is_allowed() {
        check(
            &["pak", "peak,,", "peak allocs", ",", "+"],
            expect![[r#"
                "pak": "pak" is not a column (occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed, rss_increment, heap, heap_increment, time_ns, retained, churned, default or all)
                "peak,,": peak
                "peak allocs": "peak allocs" is not a column (occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed, rss_increment, heap, heap_increment, time_ns, retained, churned, default or all)
                ",": "," is not a column (occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed, rss_increment, heap, heap_increment, time_ns, retained, churned, default or all)
                "+": "" is not a column (occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed, rss_increment, heap, heap_increment, time_ns, retained, churned, default or all)
            "#]],
        );
    }

    #[test]
    fn every_name_is_read_back() {
        for column in Column::ALL {
            assert_eq!(column.name().parse(), Ok(column));
        }
    }

    #[test]
    fn the_names_are_the_keys_of_the_figures() {
        let json = serde_json::to_value(Figures::default()).expect("figures serialize");
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        let mut names = Column::ALL.map(Column::name);
        names.sort_unstable(); // as `serde_json::Value` keeps them
        assert_eq!(keys, names);
    }
}
