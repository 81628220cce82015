//! The command from outside: exit codes, messages, and one recording through every report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
            let event = Event::Alloc {
                zeroed: false,
                address,
                size,
                stack,
            };
            writer.event(1, &event)?;
        }
        writer.event(1, &Event::Free { address: 0x10 })?;
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
