//! Reports for the tests: one written by hand, and arbitrary ones.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{Figures, Function, Line, Report, Threads};

/// A function of every kind of line: run, not run, growing, shrinking, with tabs, with wide
/// characters. Its figures add up.
pub(crate) fn report() -> Report {
    let build = Function {
        name: "index::build".to_owned(),
        file: "examples/index.rs".to_owned(),
        first_line: 12,
        calls: 1,
        threads: Threads {
            count: 1,
            name: Some("main".to_owned()),
        },
        lines: vec![
            ran(12, "#[profile]", [1, 0, 0, 0, 0, 0]),
            never(13, "fn build(paths: &[PathBuf]) -> Index {"),
            ran(
                14,
                "    let mut index = Index::default();",
                [1, 1, 0, 48, 0, 48],
            ),
            ran(15, "    for path in paths {", [241, 0, 0, 0, 0, 0]),
            ran(
                16,
                "        let text = fs::read_to_string(path)?;",
                [240, 240, 0, 6_710_886, 0, 28_000],
            ),
            never(17, "\t\t// 単語は小文字にする: words are case-folded"),
            grew(
                ran(
                    18,
                    "        index.add(path, &text);",
                    [240, 5000, 0, 5_138_022, 0, 96_000],
                ),
                17,
                3,
            ),
            ran(19, "    }", [240, 0, 240, 0, 6_710_886, 0]),
            never(20, ""),
            ran(21, "    index", [1, 0, 0, 0, 0, 0]),
            ran(22, "}", [1, 0, 0, 0, 0, 0]),
        ],
        ..Function::default()
    };
    Report {
        version: 1,
        functions: vec![build],
        notes: Vec::new(),
    }
}

/// The sample, and a second function that several threads ran where memory is not readable.
pub(crate) fn two_functions() -> Report {
    let mut report = report();
    let mut job = ran(
        7,
        "    queue.push(Job::new(i));",
        [5000, 5000, 0, 240_000, 0, 48],
    );
    let mut entry = ran(5, "#[profile]", [3, 0, 0, 0, 0, 0]);
    for line in [&mut job, &mut entry] {
        let figures = line.figures.as_mut().expect("these lines ran");
        figures.mem_usage = None;
        figures.rss_increment = None;
        figures.time_ns = None;
    }
    report.functions.push(Function {
        name: "pool::worker".to_owned(),
        file: "src/a/rather/long/path/to/the/worker/pool.rs".to_owned(),
        first_line: 5,
        calls: 3,
        threads: Threads {
            count: 3,
            name: None,
        },
        lines: vec![entry, never(6, "fn worker(i: usize) {"), job, never(8, "}")],
        ..Function::default()
    });
    report.notes = vec!["Mem usage is not known: /proc/self/statm cannot be read.".to_owned()];
    report
}

/// A line that ran: occurrences, allocs, frees, allocated, freed, peak.
pub(crate) fn ran(line: u32, source: &str, figures: [u64; 6]) -> Line {
    let [occurrences, allocs, frees, allocated, freed, peak] = figures;
    let increment = allocated as i64 - freed as i64;
    let figures = Figures {
        occurrences,
        increment,
        mem_usage: Some(if line < 15 { 2_202_009 } else { 10_276_044 }),
        peak,
        allocs,
        frees,
        allocated,
        freed,
        rss_increment: Some(increment / 2),
        heap: 7_000_000,
        heap_increment: increment,
        time_ns: Some(occurrences * 1_234),
        retained: None,
        churned: None,
        ..Figures::default()
    };
    Line {
        line,
        source: source.to_owned(),
        figures: Some(figures),
    }
}

fn grew(mut line: Line, reallocs: u64, grown: u64) -> Line {
    let figures = line.figures.as_mut().expect("this line ran");
    figures.reallocs = reallocs;
    figures.grown = grown;
    line
}

pub(crate) fn never(line: u32, source: &str) -> Line {
    Line {
        line,
        source: source.to_owned(),
        figures: None,
    }
}

/// Any report: figures of any size, any text for source and names.
pub(crate) fn any_report() -> impl Strategy<Value = Report> {
    vec(any_function(), 0..4).prop_map(|functions| Report {
        version: 1,
        functions,
        notes: Vec::new(),
    })
}

fn any_function() -> impl Strategy<Value = Function> {
    let lines = vec((any_text(), option::of(any_figures())), 1..12);
    (any_text(), any_text(), any::<u32>(), any::<u64>(), lines).prop_map(
        |(name, file, first_line, calls, lines)| {
            let first_line = first_line / 2;
            let line = |(i, (source, figures))| Line {
                line: first_line + i as u32,
                source,
                figures,
            };
            Function {
                name,
                file,
                first_line,
                calls,
                threads: Threads::default(),
                lines: lines.into_iter().enumerate().map(line).collect(),
                ..Function::default()
            }
        },
    )
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ \ta-z\"<>&,;{}()語言👩‍👩‍👧é́\u{1b}\u{202e}\r\n\0]{0,60}",
        "[a-z ]{200,400}",
    ]
}

prop_compose! {
    fn any_figures()(
        occurrences: u64,
        increment: i64,
        mem_usage: Option<u64>,
        peak: u64,
        counts: [u64; 5],
        rss_increment: Option<i64>,
        heap: u64,
        heap_increment: i64,
        time_ns: Option<u64>,
    ) -> Figures {
        let [allocs, frees, reallocs, allocated, freed] = counts;
        Figures {
            occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed,
            rss_increment, heap, heap_increment, time_ns, retained: None, churned: None, grown: 0,
        }
    }
}
