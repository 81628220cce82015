//! Streams and files that cannot be written: the report goes where it still can be seen, and the
//! program's status is its own.

use std::io::Write;
use std::{fs, io, thread};

use memline::{Config, Output, profile};

use crate::common::{Child, Ended, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![
    prints,
    dies_of_closed_pipes,
    never_waits_for_stderr,
    chooses_stdout,
];

pub(crate) const TESTS: &[Test] = named![
    a_file,
    a_file_that_cannot_be_written,
    stdout,
    stdout_that_cannot_be_written,
    stderr_that_cannot_be_written,
    a_closed_pipe_is_not_the_programs_end,
    a_reader_that_is_waited_for,
];

/// Bytes that a pipe holds on Linux before a writer has to wait.
const PIPE: usize = 64 * 1024;

/// Writes to stderr until a writer would have to wait for the test to read.
pub(crate) fn fill_stderr() {
    let mut text = vec![b'.'; PIPE - 1];
    text.push(b'\n');
    io::stderr().write_all(&text).expect("stderr is a pipe");
}

#[profile]
fn keep() -> Vec<u8> {
    let kept = vec![0u8; 1000];
    kept
}

/// Prints, and ends with code 1.
fn prints() -> Outcome {
    drop(keep());
    println!("printed");
    Err("as meant".into())
}

/// The status and the output are those of `prints`, and stderr has the report.
fn check(ended: &Ended) {
    assert_eq!(ended.code(), Some(1));
    assert_eq!(ended.line("keep", "vec!").increment, 1000);
}

fn a_file() {
    let file = scratch("a_file").join("out.json");
    fs::write(&file, "an earlier report ".repeat(1000)).expect("the folder is writable");
    let ended = Child::new("prints").env("MEMLINE_OUTPUT", &file).run();
    assert_eq!(
        (ended.code(), ended.stderr.as_str()),
        (Some(1), "Error: \"as meant\"\n")
    );
    let text = fs::read_to_string(&file).expect("it was written");
    let report: memline::Report = serde_json::from_str(&text).expect("one report and no more");
    assert!(report.function("keep").is_some());
}

fn a_file_that_cannot_be_written() {
    let folder = scratch("a_file_that_cannot_be_written");
    for (file, reason) in [
        (folder.join("missing/out.json"), "No such file or directory"),
        (folder.clone(), "Is a directory"),
        ("/dev/full".into(), "No space left on device"),
    ] {
        let ended = Child::new("prints")
            .json()
            .env("MEMLINE_OUTPUT", &file)
            .run();
        check(&ended);
        let said = format!("memline: {} cannot be written ({reason}", file.display());
        assert!(ended.stderr.contains(&said), "{ended:?}");
    }
}

fn chooses_stdout() -> Outcome {
    Config::new().output(Output::Stdout).install();
    prints()
}

fn stdout() {
    for child in [
        Child::new("prints").env("MEMLINE_OUTPUT", "stdout"),
        Child::new("chooses_stdout"),
    ] {
        let ended = child.json().run();
        assert_eq!(
            (ended.code(), ended.stderr.as_str()),
            (Some(1), "Error: \"as meant\"\n")
        );
        assert!(
            ended.stdout.starts_with("printed\n{\"version\":1,"),
            "{ended:?}"
        );
        assert!(ended.stdout.ends_with("}\n"));
    }
}

fn stdout_that_cannot_be_written() {
    let run = |program: &str, script| {
        Child::in_shell(program, script)
            .json()
            .env("MEMLINE_OUTPUT", "stdout")
            .run()
    };
    // A program that prints nothing itself, since `println!` panics where it cannot.
    let ended = run("dies_of_closed_pipes", r#"exec "$0" >/dev/full"#);
    assert_eq!(ended.code(), Some(0));
    assert!(
        ended
            .stderr
            .contains("memline: stdout cannot be written (No space left")
    );
    assert_eq!(ended.line("keep", "vec!").increment, 1000);
    // A closed stdout is /dev/null to a Rust program.
    let ended = run("prints", r#"exec "$0" >&-"#);
    assert_eq!(
        (ended.code(), ended.stderr.as_str()),
        (Some(1), "Error: \"as meant\"\n")
    );
}

fn stderr_that_cannot_be_written() {
    for script in [r#"exec "$0" 2>/dev/full"#, r#"exec "$0" 2>&-"#] {
        let ended = Child::in_shell("prints", script).json().run();
        assert_eq!(
            (ended.code(), ended.stdout.as_str()),
            (Some(1), "printed\n"),
            "{script}"
        );
    }
}

/// As many command-line programs do, it leaves SIGPIPE at its default.
#[expect(unsafe_code)]
fn dies_of_closed_pipes() -> Outcome {
    // SAFETY: the default disposition needs no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    drop(keep());
    Ok(())
}

fn a_closed_pipe_is_not_the_programs_end() {
    let ended = Child::new("dies_of_closed_pipes")
        .json()
        .start()
        .drop_stderr()
        .end();
    assert_eq!((ended.code(), ended.signal()), (Some(0), None));
}

/// Its stderr refuses to be waited for, as a pipe does that its parent has made so.
#[expect(unsafe_code)]
fn never_waits_for_stderr() -> Outcome {
    drop(keep());
    fill_stderr();
    // SAFETY: sets a flag of a descriptor that is open.
    unsafe { libc::fcntl(2, libc::F_SETFL, libc::O_NONBLOCK) };
    crate::common::ready();
    thread::yield_now();
    Ok(())
}

fn a_reader_that_is_waited_for() {
    let child = Child::new("never_waits_for_stderr").json().start().ready();
    let ended = child
        .after(std::time::Duration::from_millis(200))
        .still_running()
        .end();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(ended.line("keep", "vec!").increment, 1000);
}
