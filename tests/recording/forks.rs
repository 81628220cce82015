//! Children: forked ones stop being recorded, or have a recording of their own.

use std::fs;
use std::process::Command;

use super::read::{load, read_complete};
use crate::common::{Child, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![forks, starts_itself];

pub(crate) const TESTS: &[Test] = named![
    a_forked_child_is_not_recorded,
    a_forked_child_is_followed,
    a_program_that_is_started_leaves_the_recording_alone,
];

fn forks() -> Outcome {
    drop(load(100));
    // SAFETY: no other thread runs.
    #[expect(unsafe_code)]
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(load(2000));
        return Ok(());
    }
    // SAFETY: waits for a child of ours.
    #[expect(unsafe_code)]
    unsafe {
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    drop(load(1000));
    println!("{child}");
    Ok(())
}

/// Vectors that `load(rounds)` zeroes: all but the empty ones.
fn zeroed(rounds: u64) -> u64 {
    rounds - rounds.div_ceil(100)
}

fn a_forked_child_is_not_recorded() {
    let folder = scratch("recording_fork");
    let path = folder.join("a.memline");
    let ended = Child::new("forks").env("MEMLINE_RECORD", &path).run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""));
    let read = read_complete(&path);
    assert_eq!(read.aggregate.totals().zeroed, zeroed(100) + zeroed(1000));
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 1);
}

fn a_forked_child_is_followed() {
    let folder = scratch("recording_follow");
    let path = folder.join("a.memline");
    let child = Child::new("forks").env("MEMLINE_FOLLOW_FORK", "1");
    let ended = child.env("MEMLINE_RECORD", &path).run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""));
    let parent = read_complete(&path);
    assert_eq!(parent.aggregate.totals().zeroed, zeroed(100) + zeroed(1000));
    let pid = ended.stdout.trim();
    let child = read_complete(&folder.join(format!("a.memline.{pid}")));
    assert_eq!(child.aggregate.totals().zeroed, zeroed(2000));
    assert_eq!(child.recording.facts().process, pid.parse().ok());
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 2);
}

/// Starts this file as the program `works`, which inherits the environment.
fn starts_itself() -> Outcome {
    drop(load(1000));
    let status = Command::new(std::env::current_exe()?)
        .env("TEST_PROGRAM", "works")
        .status()?;
    drop(load(1000));
    assert!(status.success());
    Ok(())
}

fn a_program_that_is_started_leaves_the_recording_alone() {
    let folder = scratch("recording_started");
    let path = folder.join("a.memline");
    let ended = Child::new("starts_itself")
        .env("MEMLINE_RECORD", &path)
        .run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("another process is being recorded into it"),
        "{ended:?}"
    );
    let read = read_complete(&path);
    assert_eq!(read.aggregate.totals().zeroed, 2 * zeroed(1000));
}
