//! What the programs do and report, seen from outside.

use std::process::{Command, Output};

use serde_json::Value;

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("MEMLINE_FORMAT", "json")
        .output()
        .expect("it starts")
}

/// The only report on a program's stderr.
fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stderr).expect("one report, and nothing else")
}

fn function<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut functions = report["functions"].as_array().into_iter().flatten();
    let named = |function: &&Value| {
        function["name"]
            .as_str()
            .is_some_and(|it| it.ends_with(name))
    };
    functions
        .find(named)
        .unwrap_or_else(|| panic!("no {name} in {report}"))
}

/// What is told of the line that contains `source`.
fn line<'a>(report: &'a Value, name: &str, source: &str) -> &'a Value {
    let mut lines = function(report, name)["lines"]
        .as_array()
        .into_iter()
        .flatten();
    let has = |line: &&Value| {
        line["source"]
            .as_str()
            .is_some_and(|it| it.contains(source))
    };
    lines
        .find(has)
        .unwrap_or_else(|| panic!("no line {source} in {report}"))
}

/// Checks what an allocator with probes of its own leads to; `kept` is what a thousand bytes on each
/// of eight threads come to.
#[track_caller]
fn check_allocator(program: &str, kept: i64) {
    let output = run(program, &[]);
    let report = report(&output);
    let printed = String::from_utf8_lossy(&output.stdout);
    let blocks: u64 = printed.trim_end().parse().expect("it says how many blocks");
    let alloc = function(
        &report,
        "Profiled as core::alloc::global::GlobalAlloc>::alloc",
    );
    let calls = alloc["calls"].as_u64();
    // The report itself allocates, too.
    assert!(calls >= Some(blocks), "{calls:?} calls for {blocks} blocks");
    assert_eq!(
        line(&report, "::alloc", "System.alloc")["occurrences"],
        alloc["calls"]
    );
    // What its caller gets is charged to the caller's line.
    assert_eq!(line(&report, "::alloc", "System.alloc")["increment"], 0);
    assert_eq!(function(&report, "keep")["calls"], 8);
    assert_eq!(line(&report, "keep", "vec!")["increment"], kept);
}

#[test]
fn a_profiled_allocator_within_memlines() {
    check_allocator(env!("CARGO_BIN_EXE_allocator"), 8000);
}

#[test]
fn a_profiled_allocator_alone() {
    check_allocator(env!("CARGO_BIN_EXE_uncounted"), 0);
}

#[test]
fn panics_that_abort_but_none_comes() {
    let output = run(env!("CARGO_BIN_EXE_aborts"), &[]);
    assert_eq!(output.stdout, b"1\n");
    let report = report(&output);
    assert_eq!(line(&report, "index", "builds::keep")["increment"], 1000);
    assert_eq!(line(&report, "index", "}")["increment"], -1000);
}

#[cfg(unix)]
#[test]
fn a_panic_that_aborts() {
    use std::os::unix::process::ExitStatusExt;

    const SIGABRT: i32 = 6;
    let output = run(env!("CARGO_BIN_EXE_aborts"), &["panic"]);
    assert_eq!(output.status.signal(), Some(SIGABRT));
    assert_eq!(output.stdout, b"1\n");
    // As it ends without memline: told by the panic itself, at once, and with nothing after it.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the index is 1000"), "{said}");
    assert!(!said.contains("\"functions\""), "{said}");
}

#[test]
fn a_program_that_is_over_budget_goes_on_and_reports_it() {
    let output = run(env!("CARGO_BIN_EXE_over_budget"), &[]);
    let report = report(&output);
    let build = function(&report, "build");
    let line = line(&report, "build", "with_capacity")["line"].clone();
    let exceeded = |figure: &str, budget: u64, found: u64, calls: u64| {
        serde_json::json!({
            "figure": figure, "budget": budget, "found": found, "calls": calls, "line": line
        })
    };
    assert_eq!(
        build["exceeded"],
        serde_json::json!([
            exceeded("peak", 1024, 2000, 2),
            exceeded("retained", 0, 2000, 3)
        ])
    );
    assert_eq!(build["calls"], 4);
}
