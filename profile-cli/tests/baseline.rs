//! `cargo memline test --fail-on-increase` from outside, with a cargo that only says what tests would.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A workspace, and what stands for cargo in it.
struct Workspace(PathBuf);

impl Workspace {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("baseline")
            .join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("target")).expect("target/tmp is writable");
        let folder = folder.to_str().expect("it is text");
        let cargo = format!(
            r#"#!/bin/sh
if [ "$1" = metadata ]; then
    echo '{{"target_directory":"{folder}/target","workspace_root":"{folder}"}}'
    exit
fi
echo "$@" >> {folder}/called
[ -e {folder}/figures ] && cat {folder}/figures >> "$MEMLINE_TEST_FIGURES"
exit "$(cat {folder}/status)"
"#
        );
        let workspace = Self(folder.into());
        workspace.write("cargo", &cargo);
        workspace.write("status", "0");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(workspace.path("cargo"), executable).expect("it is ours");
        workspace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("it is writable");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// What the tests of the next run take: name, peak, allocations, leaks.
    fn tests(&self, tests: &[(&str, u64, u64, u64)]) {
        let line = |(test, peak, allocs, leaked): &(&str, u64, u64, u64)| {
            format!(
                "{{\"package\":\"app\",\"test\":\"{test}\",\"peak\":{peak},\"allocs\":{allocs},\"leaked\":{leaked}}}\n"
            )
        };
        self.write("figures", &tests.iter().map(line).collect::<String>());
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-memline"));
        command.args(["memline", "test"]).args(arguments);
        command.env("CARGO", self.path("cargo"));
        command.output().expect("it starts")
    }

    /// Runs the tests, and looks at the exit status and at what memline says.
    #[track_caller]
    fn check(&self, arguments: &[&str], status: i32, told: &[&str]) {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = text.replace(self.0.to_str().expect("it is text"), "WS");
        let lines: Vec<_> = text
            .lines()
            .map(|line| line.trim_start_matches("memline: "))
            .collect();
        assert_eq!(
            (output.status.code(), lines.as_slice()),
            (Some(status), told)
        );
        let left = fs::read_dir(self.path("target"))
            .expect("it is there")
            .count();
        assert_eq!(left, 0, "nothing stays where cargo builds");
    }
}

#[test]
fn the_first_run_writes_what_later_ones_are_compared_with() {
    let workspace = Workspace::new("first");
    workspace.tests(&[("app::b", 2000, 20, 0), ("app::a", 1000, 10, 0)]);
    let first = ["WS/memline-baseline.json now has the figures of 2 tests"];
    workspace.check(&["--fail-on-increase", "--lib", "--", "a"], 0, &first);
    assert_eq!(workspace.read("called"), "test --lib -- a\n");
    let baseline = workspace.read("memline-baseline.json");
    assert_eq!(
        baseline,
        r#"{"version":1,"profile":"dev","tests":[
{"package":"app","test":"app::a","peak":1000,"allocs":10,"leaked":0},
{"package":"app","test":"app::b","peak":2000,"allocs":20,"leaked":0}
]}
"#
    );
    let same = ["2 tests within 0 % of WS/memline-baseline.json; 0 new, 0 take less"];
    workspace.check(&["--fail-on-increase"], 0, &same);
    assert_eq!(workspace.read("memline-baseline.json"), baseline);
}

#[test]
fn what_grew_beyond_the_tolerance_fails() {
    let workspace = Workspace::new("grown");
    workspace.tests(&[("app::a", 1000, 10, 0), ("app::b", 10, 10, 0)]);
    workspace.run(&["--fail-on-increase"]);
    let baseline = workspace.read("memline-baseline.json");
    workspace.tests(&[
        ("app::a", 1050, 10, 0),
        ("app::b", 9, 9, 0),
        ("app::c", 1, 1, 0),
    ]);
    let grown = [
        "app::a: peak: expected 1000 B (1,000 B), found 1.0 KiB (1,050 B) (+5.0 %)",
        "1 of 3 tests take more than in WS/memline-baseline.json, by more than 4.9 %; where that is meant, \
         --update-baseline takes the new figures over",
    ];
    workspace.check(&["--fail-on-increase=4.9%"], 1, &grown);
    assert_eq!(workspace.read("memline-baseline.json"), baseline);

    let within = ["3 tests within 5 % of WS/memline-baseline.json; 1 new, 1 take less"];
    workspace.check(&["--fail-on-increase=5%"], 0, &within);
    let with_new = workspace.read("memline-baseline.json");
    assert!(with_new.contains(r#""app::a","peak":1000,"#), "{with_new}");
    assert!(with_new.contains(r#""app::c","peak":1,"#), "{with_new}");

    let renewed = ["WS/memline-baseline.json: figures of 3 tests renewed"];
    workspace.check(&["--update-baseline"], 0, &renewed);
    assert!(
        workspace
            .read("memline-baseline.json")
            .contains(r#""app::a","peak":1050,"#)
    );
}

#[test]
fn failed_tests_keep_their_status_and_the_baseline() {
    let workspace = Workspace::new("failed");
    workspace.tests(&[("app::a", 1, 1, 1)]);
    workspace.write("status", "101");
    let told = ["tests failed: WS/memline-baseline.json stays as it is"];
    workspace.check(&["--fail-on-increase"], 101, &told);
    assert!(!workspace.path("memline-baseline.json").exists());
    // Where nothing was built, cargo has said why.
    fs::remove_file(workspace.path("figures")).expect("it is there");
    workspace.check(&["--fail-on-increase"], 101, &[]);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let workspace = Workspace::new("told");
    workspace.check(
        &["--fail-on-increase"],
        1,
        &["no test has told its figures: expected a test with #[memline::test] among those that ran"],
    );
    workspace.tests(&[("app::a", 1, 1, 1)]);
    workspace.run(&["--fail-on-increase"]);
    workspace.check(
        &["--fail-on-increase", "--release"],
        1,
        &["WS/memline-baseline.json: expected figures of the profile release, found those of dev; choose \
           another file with --baseline, or renew it with --update-baseline"],
    );
    let other = workspace.path("release.json");
    let other = other.to_str().expect("it is text");
    workspace.check(
        &["--fail-on-increase", "--baseline", other, "--release"],
        0,
        &["WS/release.json now has the figures of 1 test"],
    );
    workspace.check(
        &["--release", "--fail-on-increase"],
        2,
        &["--fail-on-increase goes before cargo's own options: cargo memline test --fail-on-increase …"],
    );
    workspace.check(
        &["--baseline", other],
        2,
        &["--baseline goes with --fail-on-increase or --update-baseline"],
    );
    workspace.write("memline-baseline.json", "Dear reader,");
    workspace.check(
        &["--fail-on-increase"],
        1,
        &["WS/memline-baseline.json: expected a baseline of memline's, found no such: expected value at \
           line 1 column 1; remove it, or choose another with --baseline"],
    );
    let tolerance = workspace.run(&["--fail-on-increase=much"]);
    assert_eq!(tolerance.status.code(), Some(2));
    let recorded = Command::new(env!("CARGO_BIN_EXE_cargo-memline"))
        .args(["memline", "-o", "x", "test", "--fail-on-increase"])
        .output()
        .expect("it starts");
    assert_eq!(recorded.status.code(), Some(2), "{recorded:?}");
}
