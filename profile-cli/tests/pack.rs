//! Packed recordings: what is read of them where the program is gone.

mod common;
#[path = "common/own.rs"]
mod own;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::alloc;
use profile_trace::events::Event;
use profile_trace::writer::Writer;
use profile_trace::{Header, Magic};

fn memline(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
    command.args(arguments).output().expect("it starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of a test's own, and a program in it: a copy of this test.
fn program(name: &str) -> (PathBuf, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("pack")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    let program = folder.join("program");
    let own = std::env::current_exe().expect("it has a path");
    fs::copy(own, &program).expect("target/tmp is writable");
    (folder, program)
}

#[inline(never)]
fn outer() {
    std::hint::black_box(1);
}

#[inline(never)]
fn inner() {
    std::hint::black_box(2);
}

/// A recording in which `outer` calls `inner`, which allocates.
fn recording(program: &Path) -> Vec<u8> {
    let path = program.to_str().expect("it is text");
    let start = own::start(path);
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &start)?;
        writer.modules(&[own::module(path)])?;
        let outer = writer.node(0, outer as fn() as usize as u64 + 1)?;
        let inner = writer.node(outer, inner as fn() as usize as u64 + 1)?;
        writer.thread(1, 1, "main")?;
        for (address, size, stack) in [(0x10, 100, inner), (0x20, 50, outer)] {
            writer.event(1, &alloc(address, size, stack))?;
            writer.event(1, &Event::Time { elapsed: 10 })?;
        }
        writer.event(
            1,
            &Event::Free {
                address: 0x10,
                size: None,
            },
        )?;
        writer.finish(&[])
    };
    write().expect("memory takes it")
}

/// Everything that is written of a recording.
fn reports(file: &str) -> Vec<(String, Vec<u8>, String)> {
    let reports = [
        "stats",
        "stats --json",
        "summary",
        "top",
        "top --by stack --leaks",
        "table --json",
        "table --html -o -",
        "flamegraph -o -",
        "lines --json inner$",
        "transform folded",
        "transform speedscope",
        "transform csv",
        "transform dhat",
        "transform pprof",
        "dump",
    ];
    let report = |words: &str| {
        let mut arguments: Vec<&str> = words.split(' ').collect();
        // A transformation's format comes before the file, a function after it.
        let at = if words.starts_with("transform") || words.ends_with('-') {
            arguments.len()
        } else {
            1
        };
        arguments.insert(at, file);
        let output = memline(&arguments);
        assert!(output.status.success(), "{words}: {output:?}");
        (words.to_owned(), output.stdout.clone(), stderr(&output))
    };
    reports.into_iter().map(report).collect()
}

#[test]
fn a_packed_recording_needs_no_program() {
    let (folder, program) = program("whole");
    let file = folder.join("a.memline");
    fs::write(&file, recording(&program)).expect("target/tmp is writable");
    let file = file.to_str().expect("it is text");
    let before = reports(file);
    let folded = before
        .iter()
        .find(|(words, ..)| words == "transform folded");
    let folded = String::from_utf8_lossy(&folded.expect("it is there").1).into_owned();
    assert!(folded.contains("pack::outer;pack::inner 100"), "{folded}");

    let output = memline(&["pack", file]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        stderr(&output).contains("2 of 2 calls have names"),
        "{output:?}"
    );
    fs::rename(&program, folder.join("gone")).expect("it is there");
    let packed = format!("{file}.packed");
    for (before, after) in before.iter().zip(reports(&packed)) {
        assert!(before == &after, "{}: {}", before.0, after.2);
    }
    // Without, names are lost, and that is said.
    let lost = memline(&["transform", "folded", file]);
    assert!(!String::from_utf8_lossy(&lost.stdout).contains("inner"));
    assert!(stderr(&lost).contains("cannot be read"), "{lost:?}");
}

#[test]
fn a_recording_that_was_cut_short_is_packed_as_far_as_it_goes() {
    let (folder, program) = program("cut");
    let file = folder.join("a.memline");
    let bytes = recording(&program);
    fs::write(&file, &bytes[..bytes.len() - 5]).expect("target/tmp is writable");
    let file = file.to_str().expect("it is text");
    let before = reports(file);
    assert!(before[0].2.contains("incomplete"), "{}", before[0].2);
    let packed = folder.join("b.memline");
    let packed = packed.to_str().expect("it is text");
    let output = memline(&["pack", file, "-o", packed]);
    assert!(output.status.success(), "{output:?}");
    fs::remove_file(&program).expect("it is there");
    for (before, after) in before.iter().zip(reports(packed)) {
        // Notes name the file.
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(packed, file);
        assert_eq!(before.2, text(after.2.as_bytes()), "{}", before.0);
        assert!(text(&before.1) == text(&after.1), "{}", before.0);
    }
}

#[test]
fn what_cannot_be_packed_is_said_in_one_line() {
    let (folder, program) = program("wrong");
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let check = |arguments: &[&str], expected: &str| {
        let output = memline(arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(expected), "{message}");
    };
    fs::write(path("empty"), "").expect("target/tmp is writable");
    fs::write(path("text"), "Dear reader,\n").expect("target/tmp is writable");
    check(&["pack", &path("missing")], "cannot be read");
    check(&["pack", &path("empty")], "is empty");
    check(&["pack", &path("text")], "is no recording");
    let newer = Header {
        version: 99,
        session: 1,
    };
    fs::write(path("newer"), newer.encode(Magic::Recording)).expect("target/tmp is writable");
    check(&["pack", &path("newer")], "a newer one is needed");
    assert!(!folder.join("empty.packed").exists());
    fs::write(path("a"), recording(&program)).expect("target/tmp is writable");
    assert!(memline(&["pack", &path("a")]).status.success());
    check(&["pack", &path("a")], "--force");
    assert!(memline(&["pack", "--force", &path("a")]).status.success());
    check(&["pack", &path("a.packed")], "is packed already");
}

#[test]
fn a_program_that_is_gone_leaves_addresses_and_a_note() {
    let (folder, program) = program("gone");
    let file = folder.join("a.memline");
    fs::write(&file, recording(&program)).expect("target/tmp is writable");
    fs::remove_file(&program).expect("it is there");
    let output = memline(&["pack", file.to_str().expect("it is text")]);
    assert!(output.status.success());
    let message = stderr(&output);
    assert!(message.contains("0 of 2 calls have names"), "{message}");
    assert!(message.contains("cannot be read"), "{message}");
}
