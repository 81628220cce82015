//! Settings, good and bad, by environment and from code.

mod common;

use common::{Child, Ended, Outcome, Program, Test};
use expect_test::{Expect, expect};
use memline::{Column, Config, Format, Output, profile};

const PROGRAMS: &[Program] = named![
    program,
    counts,
    installs_before,
    installs_after,
    installs_a_bad_neighbour,
    turns_on_later,
    turns_off_later,
];

const TESTS: &[Test] = named![
    bad_values_are_told_and_change_nothing,
    all_bad_values_at_once,
    off_leaves_the_counters,
    columns_may_include_the_time,
    code_before_the_first_profiled_call,
    code_after_the_first_profiled_call,
    the_environment_wins_over_code,
    complaints_come_once,
    on_and_off_from_code,
];

fn main() -> Outcome {
    common::main(&[PROGRAMS], &[TESTS])
}

#[profile]
fn keep() -> Vec<u8> {
    let kept = vec![0u8; 1000];
    kept
}

/// Prints, and ends with code 1.
fn program() -> Outcome {
    drop(keep());
    println!("printed");
    Err("as meant".into())
}

fn run(program: &str, settings: &[(&str, &str)]) -> Ended {
    let child = Child::new(program);
    settings
        .iter()
        .fold(child, |child, (name, value)| child.env(name, value))
        .run()
}

/// What memline says about a setting, line by line; the rest must be as without it.
fn check(name: &str, value: &str, expected: Expect) {
    let plain = run("program", &[("MEMLINE_COLUMNS", "increment")]);
    let columns = ("MEMLINE_COLUMNS", "increment");
    let settings = [columns, (name, value)];
    let ended = run("program", &settings[usize::from(name == columns.0)..]);
    assert_eq!((ended.code(), &ended.stdout), (Some(1), &plain.stdout));
    let (said, rest) = ended.stderr.split_once('\n').expect("something is said");
    expected.assert_eq(said);
    if name != columns.0 {
        assert_eq!(rest, plain.stderr, "the default is used");
    }
    assert!(rest.contains("Line #"), "{rest}");
}

fn bad_values_are_told_and_change_nothing() {
    check(
        "MEMLINE",
        "maybe",
        expect![[
            r#"memline: MEMLINE: "maybe" is not a switch (on, true, 1, off, false or 0); using on"#
        ]],
    );
    check(
        "MEMLINE_FORMAT",
        "xml",
        expect![[
            r#"memline: MEMLINE_FORMAT: "xml" is not a format (table, json, csv or html); using table"#
        ]],
    );
    check(
        "MEMLINE_COLUMNS",
        "peak,leaks",
        expect![[
            r#"memline: MEMLINE_COLUMNS: "leaks" is not a column (occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed, rss_increment, heap, heap_increment, time_ns, retained, churned, default or all); using mem_usage,increment,occurrences"#
        ]],
    );
    check(
        "MEMLINE_STYLE",
        "modern",
        expect![[
            r#"memline: MEMLINE_STYLE: "modern" is not a style (default or classic); using default"#
        ]],
    );
    check(
        "MEMLINE_UNIT",
        "MB",
        expect![[
            r#"memline: MEMLINE_UNIT: "MB" is not a unit (auto, B, KiB, MiB or GiB); using auto"#
        ]],
    );
    check(
        "MEMLINE_PRECISION",
        "many",
        expect![[
            r#"memline: MEMLINE_PRECISION: "many" is not a number of decimals (0 to 9); using 1"#
        ]],
    );
    check(
        "MEMLINE_PRECISION",
        "10",
        expect![[
            r#"memline: MEMLINE_PRECISION: "10" is not a number of decimals (0 to 9); using 1"#
        ]],
    );
}

fn all_bad_values_at_once() {
    let names = ["", "_FORMAT", "_COLUMNS", "_STYLE", "_UNIT", "_PRECISION"];
    let names = names.map(|name| format!("MEMLINE{name}"));
    let settings = names.each_ref().map(|name| (name.as_str(), "\u{1b}[2J"));
    let ended = run("program", &settings);
    assert_eq!(ended.code(), Some(1));
    let complaints = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("memline: "));
    assert_eq!(complaints.count(), names.len(), "{ended:?}");
    assert!(
        !ended.stderr.contains('\u{1b}'),
        "a value is shown, not sent to the terminal"
    );
}

/// Shows the counters.
fn counts() -> Outcome {
    let measured = memline::measure(|| keep().len());
    assert_eq!(
        (measured.value, measured.stats.bytes_allocated),
        (1000, 1000)
    );
    let before = memline::stats();
    let kept = keep();
    assert_eq!((memline::stats() - before).bytes_allocated, 1000);
    assert!(memline::live() >= 1000 && memline::peak() >= 1000);
    println!("{} functions", memline::report().functions.len());
    drop(kept);
    Ok(())
}

fn off_leaves_the_counters() {
    for (value, functions) in [("off", 0), ("0", 0), ("OFF", 0), ("on", 1)] {
        let ended = run("counts", &[("MEMLINE", value)]);
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        assert_eq!(ended.stdout, format!("{functions} functions\n"), "{value}");
        assert_eq!(
            ended.stderr.is_empty(),
            functions == 0,
            "{value}: {ended:?}"
        );
    }
}

fn columns_may_include_the_time() {
    for (value, timed) in [("time_ns", true), ("+time", true), ("default", false)] {
        let ended = run("program", &[("MEMLINE_COLUMNS", value)]);
        assert_eq!(ended.stderr.contains("Time"), timed, "{value}: {ended:?}");
    }
}

fn csv_on_stdout() -> Config {
    Config::new().format(Format::Csv).output(Output::Stdout)
}

fn installs_before() -> Outcome {
    csv_on_stdout().columns([Column::Time]).install();
    program()
}

fn installs_after() -> Outcome {
    drop(keep());
    csv_on_stdout().install();
    program()
}

fn row(ended: &Ended) -> Vec<&str> {
    let row = ended
        .stdout
        .lines()
        .find(|line| line.contains("vec![0u8; 1000]"));
    row.unwrap_or_else(|| panic!("no CSV on stdout: {ended:?}"))
        .split(',')
        .collect()
}

fn code_before_the_first_profiled_call() {
    let ended = run("installs_before", &[]);
    assert_eq!(
        (ended.code(), ended.stderr.as_str()),
        (Some(1), "Error: \"as meant\"\n")
    );
    assert_eq!(row(&ended)[3..5], ["1", "1000"]);
    assert!(
        row(&ended)[15].parse::<u64>().is_ok(),
        "the line was timed: {ended:?}"
    );
}

fn code_after_the_first_profiled_call() {
    let ended = run("installs_after", &[]);
    assert_eq!(
        (ended.code(), ended.stderr.as_str()),
        (Some(1), "Error: \"as meant\"\n")
    );
    // What was measured before is kept.
    assert_eq!(row(&ended)[3..5], ["2", "2000"]);
    assert_eq!(
        row(&ended)[15],
        "",
        "the line was not timed from the beginning"
    );
}

fn the_environment_wins_over_code() {
    for program in ["installs_before", "installs_after"] {
        let ended = run(
            program,
            &[("MEMLINE_FORMAT", "json"), ("MEMLINE_OUTPUT", "stderr")],
        );
        assert_eq!(ended.stdout, "printed\n");
        assert_eq!(ended.reports().len(), 1);
        let ended = run(program, &[("MEMLINE", "off")]);
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.lines().count()),
            ("printed\n", 1)
        );
    }
}

/// Installs more than once, beside a variable that makes no sense.
fn installs_a_bad_neighbour() -> Outcome {
    csv_on_stdout().install();
    drop(keep());
    csv_on_stdout().install();
    Ok(())
}

fn complaints_come_once() {
    let ended = run("installs_a_bad_neighbour", &[("MEMLINE_UNIT", "MB")]);
    assert_eq!(ended.stderr.matches("MEMLINE_UNIT").count(), 1, "{ended:?}");
    assert_eq!(row(&ended)[3], "1");
}

fn turns_on_later() -> Outcome {
    Config::new().enabled(false).install();
    drop(keep());
    csv_on_stdout().install();
    program()
}

fn turns_off_later() -> Outcome {
    drop(keep());
    csv_on_stdout().enabled(false).install();
    program()
}

fn on_and_off_from_code() {
    let ended = run("turns_on_later", &[]);
    assert_eq!(row(&ended)[3..5], ["1", "1000"]);
    let ended = run("turns_off_later", &[]);
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("printed\n", "Error: \"as meant\"\n")
    );
}
