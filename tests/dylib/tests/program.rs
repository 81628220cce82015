//! What the program does and reports, seen from outside.

use std::process::Command;

/// The increment of the row that ends with `source`, as the table has it.
fn increment<'a>(report: &'a str, source: &str) -> &'a str {
    let row = report.lines().find_map(|row| row.strip_suffix(source));
    let row = row.unwrap_or_else(|| panic!("no {source} in {report}"));
    let mut columns = row.split("  ").map(str::trim).filter(|it| !it.is_empty());
    columns.nth(2).unwrap_or_default()
}

#[test]
fn both_sides_are_in_one_report() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dylib"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MEMLINE") {
            command.env_remove(name);
        }
    }
    let output = command.env("MEMLINE_UNIT", "B").output();
    let output = output.expect("it starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"2220\n");
    let report = String::from_utf8(output.stderr).expect("a table");
    // Each function ran twice: the library's own, one that is compiled where it is called, the program's.
    for (source, bytes) in [
        ("let kept = vec![1u8; 1000];", "2000 B"),
        ("Box::new(value)", "20 B"),
        ("let theirs = library::keep();", "2000 B"),
        ("let own = vec![1u8; 100];", "200 B"),
        ("let one = library::keep_one([1u8; 10]);", "20 B"),
    ] {
        assert_eq!(increment(&report, source), bytes, "{report}");
    }
}
