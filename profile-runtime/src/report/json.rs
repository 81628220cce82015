//! The report as JSON: one object, whose keys are the names of the columns.
//!
//! Written by hand, since serde_json may not be among what memline brings along: it compares its own
//! values with numbers and strings (`impl PartialEq<Value> for i32`), and where that is known to the
//! compiler, `assert_eq!(&numbers[..], &[])` in a user's program no longer tells what the empty
//! array holds.

use std::fmt::{self, Write};

use super::{Exceeded, Figures, Function, Line, Report};

/// The object, without a line ending. Bytes and nanoseconds are integers, lines that never ran
/// have no figures, and what was not measured is null. It is what serde_json writes of the value.
pub(crate) fn render(report: &Report) -> String {
    let mut out = format!(r#"{{"version":{},"functions":["#, report.version);
    separated(&mut out, &report.functions, push_function);
    out.push_str("]}");
    out
}

fn push_function(out: &mut String, function: &Function) {
    out.push_str(r#"{"name":"#);
    push_text(out, &function.name);
    out.push_str(r#","file":"#);
    push_text(out, &function.file);
    let (first, calls) = (function.first_line, function.calls);
    push(
        out,
        format_args!(r#","first_line":{first},"calls":{calls},"lines":["#),
    );
    separated(out, &function.lines, push_line);
    out.push(']');
    if !function.exceeded.is_empty() {
        out.push_str(r#","exceeded":["#);
        separated(out, &function.exceeded, push_exceeded);
        out.push(']');
    }
    out.push('}');
}

fn push_exceeded(out: &mut String, exceeded: &Exceeded) {
    out.push_str(r#"{"figure":"#);
    push_text(out, &exceeded.figure);
    for (name, value) in [
        ("budget", Some(exceeded.budget)),
        ("found", Some(exceeded.found)),
        ("calls", Some(exceeded.calls)),
        ("line", exceeded.line.map(u64::from)),
    ] {
        push_number(out, name, value);
    }
    out.push('}');
}

fn push_line(out: &mut String, line: &Line) {
    push(out, format_args!(r#"{{"line":{},"source":"#, line.line));
    push_text(out, &line.source);
    if let Some(figures) = &line.figures {
        push_figures(out, figures);
    }
    out.push('}');
}

fn push_figures(out: &mut String, figures: &Figures) {
    let known = [
        ("occurrences", Some(i128::from(figures.occurrences))),
        ("increment", Some(figures.increment.into())),
        ("mem_usage", figures.mem_usage.map(i128::from)),
        ("peak", Some(figures.peak.into())),
        ("allocs", Some(figures.allocs.into())),
        ("frees", Some(figures.frees.into())),
        ("reallocs", Some(figures.reallocs.into())),
        ("allocated", Some(figures.allocated.into())),
        ("freed", Some(figures.freed.into())),
        ("rss_increment", figures.rss_increment.map(i128::from)),
        ("heap", Some(figures.heap.into())),
        ("heap_increment", Some(figures.heap_increment.into())),
        ("time_ns", figures.time_ns.map(i128::from)),
        ("retained", figures.retained.map(i128::from)),
        ("churned", figures.churned.map(i128::from)),
    ];
    for (name, value) in known {
        push_number(out, name, value);
    }
}

/// A further number of an object, null where it is not known.
pub(crate) fn push_number(out: &mut String, name: &str, value: Option<impl fmt::Display>) {
    match value {
        Some(value) => push(out, format_args!(r#","{name}":{value}"#)),
        None => push(out, format_args!(r#","{name}":null"#)),
    }
}

/// Text in quotes, with what JSON wants escaped.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' => push(out, format_args!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
}

pub(crate) fn separated<T>(out: &mut String, values: &[T], write: impl Fn(&mut String, &T)) {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(out, value);
    }
}

pub(crate) fn push(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[track_caller]
    fn check(report: &Report) {
        let expected = serde_json::to_string(report).expect("plain values serialize");
        assert_eq!(render(report), expected);
    }

    #[test]
    fn as_serde_json_writes_it() {
        check(&Report::default());
        check(&sample::two_functions());
    }

    #[test]
    fn any_text_and_any_figure() {
        let source: String = ('\0'..='\u{ff}').chain("末尾 🦀\u{2028}".chars()).collect();
        let figures = Figures {
            occurrences: u64::MAX,
            increment: i64::MIN,
            mem_usage: Some(u64::MAX),
            rss_increment: None,
            time_ns: Some(1),
            ..Figures::default()
        };
        let lines = [Some(figures), None].map(|figures| Line {
            line: 7,
            source: source.clone(),
            figures,
        });
        let exceeded = |line| Exceeded {
            figure: "peak".to_owned(),
            budget: 0,
            found: u64::MAX,
            calls: 1,
            line,
        };
        check(&Report {
            functions: vec![Function {
                name: "a\"b\\c".to_owned(),
                lines: lines.into(),
                exceeded: vec![exceeded(Some(3)), exceeded(None)],
                ..Function::default()
            }],
            ..Report::default()
        });
    }
}
