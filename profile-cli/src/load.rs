//! From a recording to plain data.

use std::time::Duration;

use profile_trace::Recording;
use profile_trace::symbols::{Frame, Symbols};
use profile_trace::view::{Aggregate, Amount, Class, Options, Totals};
use serde::Serialize;

use crate::Failure;
use crate::cli::Source;

/// One stack of one thread, in the view that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The thread's name, or its number.
    pub(crate) thread: String,
    pub(crate) amount: Amount,
    /// The innermost first; empty where the stack is not known.
    pub(crate) frames: Vec<Frame>,
}

/// All that reporters need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) command_line: String,
    pub(crate) duration: Option<Duration>,
    pub(crate) threads: usize,
    pub(crate) totals: Totals,
    pub(crate) peak: Amount,
    pub(crate) peak_time: Duration,
    pub(crate) sizes: Vec<Class>,
    /// The largest first.
    pub(crate) rows: Vec<Row>,
    /// What the reader of a report should know before it.
    pub(crate) warnings: Vec<String>,
}

/// A place in the source, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Place {
    pub(crate) function: String,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
}

impl Row {
    /// The innermost call that is the program's rather than the standard library's; the innermost
    /// of all where there is none.
    pub(crate) fn frame(&self) -> Option<&Frame> {
        let own = self.frames.iter().find(|frame| !is_std(frame));
        own.or(self.frames.first())
    }

    pub(crate) fn place(&self) -> Place {
        self.frame().map(Place::of).unwrap_or_else(|| Place {
            function: "[unknown]".to_owned(),
            ..Place::default()
        })
    }
}

impl Place {
    pub(crate) fn of(frame: &Frame) -> Self {
        Self {
            function: frame.function.clone(),
            file: frame.file.clone(),
            line: frame.line,
        }
    }

    /// `file:line`, or the function where these are not known.
    pub(crate) fn location(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            _ => self.function.clone(),
        }
    }
}

/// Whether a frame is of the standard library, by its file, or, where that is not known, its path.
pub(crate) fn is_std(frame: &Frame) -> bool {
    match &frame.file {
        Some(file) => file.starts_with("std::"),
        None => ["alloc", "core", "std"].contains(&&*crate_of(&frame.function)),
    }
}

/// The crate that a function's path begins with.
pub(crate) fn crate_of(function: &str) -> String {
    let path = function.trim_start_matches(['<', '&', '*', '(', '[']);
    let path = path.strip_prefix("mut ").unwrap_or(path);
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
    path[..end.unwrap_or(path.len())].to_owned()
}

/// Reads a recording and looks at it as it was asked for.
pub(crate) fn report(source: &Source) -> Result<Report, Failure> {
    let mut recording = Recording::open(&source.file)?;
    let options = Options {
        temporary: source.lens.temporary(),
    };
    let (aggregate, condition) = Aggregate::of(&mut recording, options)?;
    let mut symbols = Symbols::new(&recording);
    let stacks = recording.stacks();
    let thread = |number| {
        let name = stacks.thread(number).map(|thread| thread.name.clone());
        name.filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("thread {number}"))
    };
    let mut rows: Vec<Row> = aggregate
        .rows(source.lens.view())
        .map(|row| Row {
            thread: thread(row.thread),
            amount: row.amount,
            frames: symbols.stack(stacks, row.stack),
        })
        .collect();
    // Ties break by name, so that equal rows keep their order between runs.
    rows.sort_by_cached_key(|row| {
        let place = row.place();
        (
            std::cmp::Reverse((row.amount.bytes, row.amount.blocks)),
            place,
        )
    });
    let mut warnings: Vec<String> = condition.to_string().lines().map(str::to_owned).collect();
    warnings.extend(symbols.problems().filter_map(|(path, problem)| {
        // Libraries of the system have no lines, and nobody misses them.
        let is_own = path == recording.facts().executable;
        is_own.then(|| format!("{path} {problem}"))
    }));
    Ok(Report {
        command_line: recording.facts().command_line.join(" "),
        duration: recording.facts().duration,
        threads: stacks.threads().len(),
        totals: aggregate.totals(),
        peak: aggregate.peak(),
        peak_time: Duration::from_nanos(aggregate.peak_time()),
        sizes: aggregate.sizes().classes().collect(),
        rows,
        warnings,
    })
}
