//! What is meant by the arguments, checked before anything is done.

use std::path::{Path, PathBuf};
use std::thread;

use profile_trace::view::{Options, View};
use regex::Regex;

use crate::Error;
use crate::args::{FilterArgs, Look, To, ViewArgs};
use crate::output::Output;
use crate::profile::Filter;

/// Which recording is looked at, and what of it.
#[derive(Debug)]
pub struct Plan {
    /// The recording.
    pub file: PathBuf,
    /// The view.
    pub view: View,
    /// How events are added up.
    pub options: Options,
    /// Which rows are looked at.
    pub filter: Filter,
}

impl Plan {
    /// What `look` means.
    ///
    /// # Errors
    ///
    /// If a pattern is none.
    pub fn new(look: Look) -> Result<Self, Error> {
        let (view, mut options) = view(&look.view);
        let times = [("--from", &look.filter.from), ("--to", &look.filter.to)];
        let [from, to] = times.map(|(name, text)| text.as_ref().map(|text| time(name, text)));
        options.from = from.transpose()?.unwrap_or(options.from);
        options.to = to.transpose()?.unwrap_or(options.to);
        if options.from > options.to {
            return Err(Error::Usage("--from is after --to".to_owned()));
        }
        Ok(Self {
            file: look.file,
            view,
            options,
            filter: filter(look.filter)?,
        })
    }
}

/// Where a report goes: where `to` says, or else to `default`, a file, or without one to stdout.
#[must_use]
pub fn output(to: To, default: Option<PathBuf>) -> Output {
    let force = to.force;
    match to.output.or(default) {
        Some(path) if path != Path::new("-") => Output::File { path, force },
        _ => Output::Stdout,
    }
}

/// The file in which an HTML report on `recording` is kept: `memline-flamegraph-app.1.html`.
#[must_use]
pub fn page(report: &str, recording: &Path) -> PathBuf {
    let stem = recording.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_prefix("memline-").unwrap_or(&stem);
    PathBuf::from(format!("memline-{report}-{stem}.html"))
}

/// A pattern.
///
/// # Errors
///
/// If it is none.
pub fn pattern(text: &str) -> Result<Regex, Error> {
    Regex::new(text).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim();
        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
        Error::Usage(format!("{text:?} is no regular expression: {reason}"))
    })
}

/// A time in nanoseconds.
pub(crate) fn time(option: &str, text: &str) -> Result<u64, Error> {
    const UNITS: [(&str, f64); 5] = [
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
    ];
    let unit = UNITS.iter().find(|(unit, _)| text.ends_with(unit));
    let (unit, scale) = unit.copied().unwrap_or(("", 1e9));
    let number = text.strip_suffix(unit).unwrap_or(text).trim_end();
    match number.parse::<f64>() {
        Ok(number) if number >= 0.0 && number.is_finite() => Ok((number * scale) as u64),
        _ => Err(Error::Usage(format!(
            "{option} {text}: expected a time, such as 1.5s or 200ms"
        ))),
    }
}

fn view(args: &ViewArgs) -> (View, Options) {
    let mut options = Options {
        // With one processor the two would only take turns.
        ahead: thread::available_parallelism().is_ok_and(|processors| processors.get() > 1),
        ..Options::default()
    };
    let view = match args {
        ViewArgs { leaks: true, .. } => View::Leaks,
        ViewArgs { total: true, .. } => View::Total,
        ViewArgs {
            temporary: Some(threshold),
            ..
        } => {
            options.temporary = *threshold;
            View::Temporary
        }
        _ => View::Peak,
    };
    (view, options)
}

fn filter(args: FilterArgs) -> Result<Filter, Error> {
    Ok(Filter {
        thread: args.thread,
        krate: args.krate,
        function: args.function.as_deref().map(pattern).transpose()?,
        time: match (args.from, args.to) {
            (None, None) => None,
            (Some(from), None) => Some(format!("from {from}")),
            (None, Some(to)) => Some(format!("to {to}")),
            (Some(from), Some(to)) => Some(format!("from {from} to {to}")),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_named_by_report_and_recording() {
        let check = |recording, name| {
            assert_eq!(page("table", Path::new(recording)), Path::new(name));
        };
        check("memline-app.12.memline", "memline-table-app.12.html");
        check("/tmp/run.memline", "memline-table-run.html");
    }

    #[test]
    fn times_have_units_or_are_seconds() {
        let check = |text, nanoseconds| assert_eq!(time("--to", text).ok(), nanoseconds, "{text}");
        check("1.5s", Some(1_500_000_000));
        check("200 ms", Some(200_000_000));
        check("2", Some(2_000_000_000));
        check("7ns", Some(7));
        check("3µs", Some(3_000));
        check("-1s", None);
        check("soon", None);
        check("infs", None);
    }

    #[test]
    fn a_wrong_pattern_says_what_is_wrong() {
        let error = pattern("a(").expect_err("it is none");
        assert_eq!(
            error.to_string(),
            "\"a(\" is no regular expression: unclosed group"
        );
    }
}
