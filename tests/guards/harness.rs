//! The test program itself, run again from outside: what the test harness says, and what tests tell of
//! their figures.

use std::process::{Command, Output};
use std::{env, fs};

/// Runs tests of this program, ignored ones included, in parallel.
fn run(tests: &[&str], figures: Option<&std::path::Path>) -> Output {
    let mut command = Command::new(env::current_exe().expect("it runs"));
    command.args(["--include-ignored", "--exact", "--test-threads=8"]);
    command.args(tests).env_remove("MEMLINE_TEST_FIGURES");
    if let Some(path) = figures {
        command.env("MEMLINE_TEST_FIGURES", path);
    }
    command.output().expect("it starts")
}

#[test]
fn in_parallel_exactly_those_fail_that_take_too_much() {
    let outcome = |output: &Output, test: &str| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("test {test}")));
        line.unwrap_or_else(|| panic!("{test} is missing in {text}"))
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let tests = [
        ("measured::within_its_limits_to_the_byte", "ok"),
        ("measured::beyond_by_a_byte", "FAILED"),
        ("measured::beyond_all_of_them", "FAILED"),
        ("measured::it_panics", "ok"),
        ("measured::it_is_to_panic_but_only_takes_too_much", "FAILED"),
        ("measured::it_returns_an_error", "FAILED"),
        (
            "measured::above_tokios_attribute_only_the_body_counts",
            "ok",
        ),
        (
            "measured::under_tokios_attribute_the_runtime_counts_too",
            "ok",
        ),
        ("measured::tasks_of_the_same_runtime_count", "FAILED"),
    ];
    let output = run(&tests.map(|(test, _)| test), None);
    for (test, expected) in tests {
        assert_eq!(outcome(&output, test), expected, "{test}");
    }
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains("Filename:"), "tests have no tables: {told}");
}

#[test]
fn figures_are_told_where_that_is_asked_for() {
    let path = env::temp_dir().join(format!("memline-figures-{}.jsonl", std::process::id()));
    let tests = [
        "measured::within_its_limits_to_the_byte",
        "measured::beyond_all_of_them",
        "measured::it_panics",
        "measured::above_tokios_attribute_only_the_body_counts",
    ];
    run(&tests, Some(&path));
    let text = fs::read_to_string(&path).expect("it was written");
    fs::remove_file(&path).expect("it is there");
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            r#"{"package":"memline","test":"guards::measured::above_tokios_attribute_only_the_body_counts","peak":300,"allocs":2,"leaked":0}"#,
            r#"{"package":"memline","test":"guards::measured::beyond_all_of_them","peak":3024,"allocs":3,"leaked":1024}"#,
            r#"{"package":"memline","test":"guards::measured::within_its_limits_to_the_byte","peak":1000,"allocs":2,"leaked":0}"#,
        ]
    );
}

#[test]
fn figures_that_cannot_be_written_fail_no_test() {
    let output = run(
        &["measured::within_its_limits_to_the_byte"],
        Some(std::path::Path::new("/no/such/folder/figures")),
    );
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("memline: /no/such/folder/figures (MEMLINE_TEST_FIGURES) cannot be written"),
        "{told}"
    );
}

#[test]
fn limits_hold_where_no_lines_are_measured() {
    let mut command = Command::new(env::current_exe().expect("it runs"));
    command.args(["--include-ignored", "--exact", "measured::beyond_by_a_byte"]);
    let output = command.env("MEMLINE", "off").output().expect("it starts");
    assert!(!output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains(
            "leaks: expected at most 9 B, found 10 B\nwhich lines allocated is not known: "
        ),
        "{told}"
    );
}
