//! Programs that become two, or another one.

use std::os::unix::process::CommandExt;
use std::process::{self, Command};
use std::sync::{Arc, Barrier};
use std::{fs, io, thread};

use memline::{Report, profile};

use crate::common::{Child, Outcome, Program, Test, line, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![forks, forks_with_threads, execs, spawns];

pub(crate) const TESTS: &[Test] = named![
    a_forked_child_reports_for_itself,
    a_forked_child_writes_a_file_of_its_own,
    a_fork_beside_other_threads,
    another_program_takes_over,
    a_spawned_program_is_not_counted,
];

#[profile]
fn in_parent() -> Vec<u8> {
    let kept = vec![0u8; 1000];
    kept
}

#[profile]
fn in_child() -> Vec<u8> {
    let kept = vec![0u8; 3000];
    kept
}

#[profile]
fn in_both() -> Vec<u8> {
    let kept = vec![0u8; 10];
    kept
}

/// Runs `child` in a forked process and returns its status as `waitpid` tells it.
#[expect(unsafe_code)]
fn fork(child: impl FnOnce() -> i32) -> Result<i32, io::Error> {
    // SAFETY: the child only runs code that needs none of the other threads' locks.
    let process = unsafe { libc::fork() };
    match process {
        -1 => Err(io::Error::last_os_error()),
        0 => process::exit(child()),
        _ => {
            let mut status = 0;
            // SAFETY: `status` is a place for the status.
            unsafe { libc::waitpid(process, &raw mut status, 0) };
            Ok(status)
        }
    }
}

fn forks() -> Outcome {
    drop((in_parent(), in_both()));
    let status = fork(|| {
        drop((in_child(), in_both(), in_both()));
        5
    })?;
    assert_eq!(libc::WEXITSTATUS(status), 5);
    Ok(())
}

/// What the parent and the child of `forks` are to report.
fn check(parent: &Report, child: &Report) {
    assert_eq!(line(parent, "in_parent", "vec!").increment, 1000);
    assert_eq!(line(parent, "in_both", "vec!").occurrences, 1);
    assert!(parent.function("in_child").is_none());
    assert_eq!(line(child, "in_child", "vec!").increment, 3000);
    assert_eq!(line(child, "in_both", "vec!").occurrences, 2);
    assert!(child.function("in_parent").is_none());
}

fn a_forked_child_reports_for_itself() {
    let ended = Child::new("forks").json().run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let [child, parent] = &ended.reports()[..] else {
        panic!("two reports were expected: {ended:?}");
    };
    check(parent, child);
}

fn a_forked_child_writes_a_file_of_its_own() {
    let folder = scratch("forks");
    let ended = Child::new("forks")
        .env("MEMLINE_OUTPUT", folder.join("out.json"))
        .run();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the folder was made")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.sort();
    let [parent, child] = &files[..] else {
        panic!("two files were expected: {files:?}");
    };
    assert_eq!(parent, &folder.join("out.json"));
    let process = child
        .extension()
        .and_then(|e| e.to_str()?.parse::<u32>().ok());
    assert!(
        process.is_some_and(|process| process != ended.pid),
        "{child:?}"
    );
    let read = |file| {
        let text = fs::read_to_string(file).expect("it was just written");
        serde_json::from_str(&text).expect("a whole report")
    };
    check(&read(parent), &read(child));
}

#[profile]
fn busy(all_run: &Barrier) {
    all_run.wait();
    loop {
        let block = vec![0u8; 100];
        drop(std::hint::black_box(block));
    }
}

fn forks_with_threads() -> Outcome {
    let all_run = Arc::new(Barrier::new(3));
    for _ in 0..2 {
        let all_run = all_run.clone();
        thread::spawn(move || busy(&all_run));
    }
    all_run.wait();
    for _ in 0..20 {
        let status = fork(|| {
            drop(in_child());
            5
        })?;
        assert_eq!(libc::WEXITSTATUS(status), 5);
    }
    drop(in_parent());
    Ok(())
}

fn a_fork_beside_other_threads() {
    let ended = Child::new("forks_with_threads").json().run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let mut reports = ended.reports();
    let parent = reports.pop().expect("the parent reports last");
    assert_eq!(line(&parent, "in_parent", "vec!").increment, 1000);
    assert_eq!(parent.function("busy").map(|busy| busy.calls), Some(2));
    assert_eq!(reports.len(), 20);
    for child in reports {
        assert_eq!(
            child.functions.len(),
            1,
            "threads of the parent are not the child's"
        );
        assert_eq!(line(&child, "in_child", "vec!").increment, 3000);
    }
}

fn execs() -> Outcome {
    drop(in_parent());
    Err(Command::new("sh")
        .args(["-c", "echo other; kill -TERM $$"])
        .exec()
        .into())
}

fn another_program_takes_over() {
    let ended = Child::new("execs").json().run();
    // Neither report nor handler is left of the first program.
    assert_eq!(ended.signal(), Some(libc::SIGTERM));
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("other\n", "")
    );
}

#[profile]
fn spawn() -> io::Result<process::ExitStatus> {
    let mut command = Command::new("true");
    command.status()
}

fn spawns() -> Outcome {
    assert!(spawn()?.success());
    Ok(())
}

fn a_spawned_program_is_not_counted() {
    let ended = Child::new("spawns").json().run();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(
        ended.report().function("spawn").map(|spawn| spawn.calls),
        Some(1)
    );
}
