//! The command from outside: exit codes, messages, and one recording through every report.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::alloc;
use profile_trace::events::Event;
use profile_trace::writer::Writer;
use profile_trace::{Header, Magic};

fn memline(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
    command.args(arguments).env_remove("MEMLINE_RECORD");
    command.output().expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path of a test's own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command");
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    let path = folder.join(name);
    let _ = fs::remove_file(&path);
    path
}

/// Two blocks of one place, of which one is freed.
fn recording() -> Vec<u8> {
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &[])?;
        let outer = writer.node(0, 0x1000)?;
        let stack = writer.node(outer, 0x2000)?;
        writer.thread(1, 1, "main")?;
        for (address, size) in [(0x10, 100), (0x20, 50)] {
            writer.event(1, &alloc(address, size, stack))?;
        }
        writer.event(
            1,
            &Event::Free {
                address: 0x10,
                size: None,
            },
        )?;
        writer.event(1, &Event::Time { elapsed: 10 })?;
        writer.finish(&[])
    };
    write().expect("memory takes it")
}

#[test]
fn every_report_reads_a_recording() {
    let path = scratch("a.memline");
    fs::write(&path, recording()).expect("it is new");
    let path = path.to_str().expect("it is text");
    for report in ["stats", "summary", "top", "table"] {
        for flags in [&[][..], &["--json"], &["--leaks"], &["--total", "--json"]] {
            let output = memline(&[&[report, path], flags].concat());
            assert!(output.status.success(), "{report} {flags:?}: {output:?}");
            assert!(output.stderr.is_empty(), "{output:?}");
            if flags.contains(&"--json") {
                let json = serde_json::from_slice::<serde_json::Value>(&output.stdout);
                assert!(json.is_ok_and(|json| !json.is_null()), "{report}");
            }
        }
    }
    let stats = memline(&["stats", "--json", path]).stdout;
    let stats: serde_json::Value = serde_json::from_slice(&stats).expect("it is JSON");
    assert_eq!(
        (&stats["total_num_allocations"], &stats["peak_bytes"]),
        (&2.into(), &150.into())
    );
    let leaks = memline(&["top", "--leaks", "--json", path]).stdout;
    let leaks: serde_json::Value = serde_json::from_slice(&leaks).expect("it is JSON");
    let first = &leaks["groups"][0];
    assert_eq!(
        (&first["own_bytes"], &first["label"]),
        (&50.into(), &"0x2000".into())
    );
}

#[test]
fn what_cannot_be_read_is_one_line_and_exit_code_1() {
    let check = |name: &str, bytes: Option<&[u8]>, expected: &str| {
        let path = scratch(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).expect("it is new");
        }
        let output = memline(&["stats", path.to_str().expect("it is text")]);
        let message = text(&output.stderr);
        assert_eq!(
            (output.status.code(), message.lines().count()),
            (Some(1), 1),
            "{message}"
        );
        assert!(
            message.contains(expected) && message.contains(name),
            "{message}"
        );
        assert!(output.stdout.is_empty());
    };
    let newer = Header {
        version: 99,
        session: 1,
    };
    check("missing", None, "cannot be read");
    check("empty", Some(b""), "is empty");
    check("text", Some(b"Dear reader,\n"), "is no recording");
    check(
        "newer",
        Some(&newer.encode(Magic::Recording)),
        "a newer one is needed",
    );
    let device = memline(&["stats", "/dev/null"]);
    assert!(
        text(&device.stderr).contains("not a regular file"),
        "{device:?}"
    );
}

#[test]
fn an_incomplete_recording_is_reported_with_a_warning() {
    let path = scratch("cut");
    let bytes = recording();
    fs::write(&path, &bytes[..bytes.len() - 20]).expect("it is new");
    let output = memline(&["stats", path.to_str().expect("it is text")]);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("incomplete"), "{output:?}");
    assert!(
        text(&output.stdout).contains("Allocations   2 "),
        "{output:?}"
    );
}

#[test]
fn run_says_what_is_wrong() {
    let path = scratch("run");
    let name = path.to_str().expect("it is text");
    let output = memline(&["run", "-o", name, "--", "true"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("is not built with memline"),
        "{output:?}"
    );
    let output = memline(&["run", "-o", name, "--", "no-such-program"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("cannot be started"),
        "{output:?}"
    );
    fs::write(&path, "notes").expect("it is new");
    let output = memline(&["run", "-o", name, "--", "true"]);
    assert!(text(&output.stderr).contains("--force"), "{output:?}");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "notes");
    assert_eq!(memline(&["run"]).status.code(), Some(2));
}

/// A shell stands for the program: it tells its process, and makes a file where a recording would be.
#[test]
fn a_recording_is_named_by_the_program_and_its_process() {
    let folder = scratch("named").with_extension("folder");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("it is new");
    let memline = |script: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
        command
            .arg("run")
            .args(script)
            .current_dir(&folder)
            .env_remove("MEMLINE_RECORD");
        command
    };
    let script = "echo $$; echo it > \"$MEMLINE_RECORD\"; exit 7";
    let output = memline(&["sh", "-c", script]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let process = text(&output.stdout);
    let name = format!("memline-sh.{}.memline", process.trim());
    assert_eq!(fs::read(folder.join(&name)).expect("it is there"), b"it\n");
    assert!(text(&output.stderr).contains(&name), "{output:?}");

    let output = memline(&["no-such-program"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.starts_with("memline: no-such-program cannot be started"));
    assert_eq!(said.lines().count(), 1, "{said}");

    // Who ends memline alone ends the program.
    let script =
        "trap 'echo it > \"$MEMLINE_RECORD\"; exit 5' TERM; echo $$; while :; do sleep 0.01; done";
    let mut running = memline(&["sh", "-c", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut process = String::new();
    let stdout = running.stdout.take().expect("it is a pipe");
    BufReader::new(stdout)
        .read_line(&mut process)
        .expect("it is text");
    let kill = Command::new("kill").arg(running.id().to_string()).status();
    assert!(kill.expect("there is kill").success());
    let output = running.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let name = format!("memline-sh.{}.memline", process.trim());
    assert!(folder.join(name).exists());
}

#[test]
fn every_command_has_an_example_in_its_help() {
    let help = text(&memline(&["--help"]).stdout);
    let commands = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"));
    let commands = commands.skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(
        names.len() > 10 && names.contains(&"flamegraph"),
        "{names:?}"
    );
    for name in names {
        let help = text(&memline(&[name, "--help"]).stdout);
        let example = help.split("Example").nth(1).unwrap_or_default();
        assert!(example.contains(&format!("memline {name}")), "{help}");
    }
}

#[test]
fn files_are_not_overwritten_without_force() {
    let recording_path = scratch("b.memline");
    fs::write(&recording_path, recording()).expect("it is new");
    let (file, page) = (recording_path.to_str().expect("text"), scratch("b.html"));
    let page_name = page.to_str().expect("text");
    let check = |arguments: &[&str], code: i32| {
        let output = memline(arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        text(&output.stderr)
    };
    check(&["flamegraph", file, "-o", page_name], 0);
    let first = fs::read(&page).expect("it is written");
    let message = check(&["table", "--html", file, "-o", page_name], 1);
    assert!(
        message.contains("--force") && message.contains("b.html"),
        "{message}"
    );
    assert_eq!(fs::read(&page).expect("it is there"), first);
    check(&["table", "--html", file, "-f", "-o", page_name], 0);
    assert_ne!(fs::read(&page).expect("it is there"), first);
    let missing = scratch("no/folder").join("x");
    let message = check(&["stats", file, "-o", missing.to_str().expect("text")], 1);
    assert!(message.contains("cannot write"), "{message}");
}

#[test]
fn two_recordings_become_one_page() {
    let (before, after) = (scratch("before.memline"), scratch("after.memline"));
    fs::write(&before, recording()).expect("it is new");
    fs::write(&after, recording()).expect("it is new");
    let page = scratch("compared.html");
    let names = [&before, &after, &page].map(|path| path.to_str().expect("it is text"));
    let [before, after, page_name] = names;
    let diff = |arguments: &[&str]| {
        let output = memline(&[&["diff", "--html", "-o", page_name], arguments].concat());
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(diff(&[before, after]).0, Some(0));
    let written = fs::read_to_string(&page).expect("it is written");
    assert!(written.contains("compared · memline flame graph"));
    let (code, message) = diff(&[before, after]);
    assert!(code == Some(1) && message.contains("--force"), "{message}");
    let (code, message) = diff(&["--force", page_name, after]);
    let expected = message.contains("is no recording") && message.lines().count() == 1;
    assert!(code == Some(1) && expected, "{message}");
    // The figures of a page are all there, so that a limit or JSON would mean nothing.
    assert_eq!(diff(&[before, after, "--json"]).0, Some(2));
    assert_eq!(fs::read_to_string(&page).ok(), Some(written));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let path = scratch("c.memline");
    let mut writer = Writer::new(Vec::new(), 1, &[]).expect("memory takes it");
    for address in 0..100_000 {
        let event = Event::Free {
            address,
            size: None,
        };
        writer.event(1, &event).expect("memory takes it");
    }
    fs::write(&path, writer.finish(&[]).expect("memory takes it")).expect("it is new");
    let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
    let command = command.arg("dump").arg(&path);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut start = [0; 100];
    let mut stdout = child.stdout.take().expect("it is piped");
    stdout.read_exact(&mut start).expect("there is more");
    drop(stdout);
    let output = child.wait_with_output().expect("it ends");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn filters_leave_what_they_name() {
    let path = scratch("d.memline");
    fs::write(&path, recording()).expect("it is new");
    let path = path.to_str().expect("it is text");
    let sum = |arguments: &[&str]| {
        let output = memline(&[&["top", "--json", path], arguments].concat());
        let json = serde_json::from_slice::<serde_json::Value>(&output.stdout);
        json.map(|json| json["bytes"].clone()).ok()
    };
    assert_eq!(sum(&["--thread", "main"]), Some(150.into()));
    assert_eq!(
        sum(&["--function", "^0x1", "--thread", "1"]),
        Some(150.into())
    );
    let none = memline(&["top", path, "--function", "nothing"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("functions that match nothing"));
    assert_eq!(
        memline(&["top", path, "--function", "("]).status.code(),
        Some(2)
    );
    assert_eq!(
        memline(&["top", path, "--leaks", "--total"]).status.code(),
        Some(2)
    );
}

/// What passes a filter is counted, and nothing else.
#[test]
fn totals_are_those_of_the_filter() {
    let path = scratch("two.memline");
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &[])?;
        let stacks = [writer.node(0, 0x2000)?, writer.node(0, 0x3000)?];
        writer.thread(1, 1, "main")?;
        writer.thread(2, 2, "worker")?;
        let time = Event::Time { elapsed: 10 };
        writer.event(1, &alloc(0x10, 100, stacks[0]))?;
        writer.event(1, &alloc(0x20, 50, stacks[0]))?;
        writer.event(
            1,
            &Event::Free {
                address: 0x10,
                size: None,
            },
        )?;
        writer.event(1, &time)?;
        writer.event(2, &time)?;
        writer.event(2, &alloc(0x30, 8, stacks[1]))?;
        // Each thread frees what the other allocated.
        writer.event(2, &time)?;
        writer.event(1, &Event::Time { elapsed: 20 })?;
        writer.event(
            1,
            &Event::Free {
                address: 0x30,
                size: None,
            },
        )?;
        writer.event(1, &time)?;
        writer.finish(&[])
    };
    let bytes: std::io::Result<Vec<u8>> = write();
    fs::write(&path, bytes.expect("memory takes it")).expect("it is new");
    let path = path.to_str().expect("it is text");
    let stats = |arguments: &[&str]| {
        let output = memline(&[&["stats", "--json", path], arguments].concat());
        let json = serde_json::from_slice::<serde_json::Value>(&output.stdout);
        let json = json.expect("it is JSON");
        let figures = [
            "total_num_allocations",
            "total_bytes_allocated",
            "total_num_frees",
            "total_bytes_freed",
            "peak_bytes",
        ];
        figures.map(|figure| json[figure].as_u64().expect("it is a number"))
    };
    assert_eq!(stats(&[]), [3, 158, 2, 108, 150]);
    assert_eq!(stats(&["--thread", "main"]), [2, 150, 1, 100, 150]);
    assert_eq!(stats(&["--function", "0x3000"]), [1, 8, 1, 8, 0]);
    assert_eq!(stats(&["--from", "11ns"]), [1, 8, 1, 8, 8]);
    assert_eq!(stats(&["--from", "11ns", "--to", "25ns"]), [1, 8, 0, 0, 8]);
    let text = text(&memline(&["stats", "--thread", "worker", path]).stdout);
    assert!(
        text.contains("Peak          0 B of 150 B in 0 blocks"),
        "{text}"
    );
}

#[test]
fn other_tools_formats_and_completions_are_written() {
    let path = scratch("e.memline");
    fs::write(&path, recording()).expect("it is new");
    let path = path.to_str().expect("it is text");
    let folded = memline(&["transform", "folded", path]).stdout;
    assert_eq!(text(&folded), "main;0x1000;0x2000 150\n");
    for format in ["speedscope", "dhat"] {
        let output = memline(&["transform", format, path]).stdout;
        assert!(
            serde_json::from_slice::<serde_json::Value>(&output).is_ok(),
            "{format}"
        );
    }
    let dump = text(&memline(&["dump", path]).stdout);
    assert!(
        dump.contains("alloc 0x10 100 B call 2") && dump.contains("free 0x10"),
        "{dump}"
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&memline(&["completions", shell]).stdout);
        assert!(script.contains("flamegraph"), "{shell}");
    }
    let diff = memline(&["diff", path, path]).stdout;
    assert!(text(&diff).contains("Nothing differs."));
    let tree = memline(&["tree", path]);
    assert_eq!(tree.status.code(), Some(1));
    assert!(text(&tree.stderr).contains("needs a terminal"));
}
