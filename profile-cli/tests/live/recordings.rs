//! `attach -o`, `detach` and `snapshot`: files of programs that run already.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use profile_trace::Recording;
use profile_trace::view::{Aggregate, Options, View};

use crate::running::{check_failed, controlled, program, run, scratch, start, stderr};

pub(crate) fn no_control_and_no_process() {
    let mut running = start(&mut program("keeps"));
    running.wait_for("ready");
    let pid = running.pid().to_string();
    for arguments in [
        &["attach", &pid][..],
        &["detach", &pid],
        &["snapshot", &pid],
    ] {
        check_failed(&run(arguments), &["MEMLINE_CONTROL=1", &pid]);
    }
    running.end();
    assert_eq!(running.status(), Some(5));
    check_failed(&run(&["attach", &pid]), &["there is no process"]);
    let output = run(&["run", "--live", "--", "true"]);
    check_failed(&output, &["is not built with memline"]);
    let output = run(&["run", "--live", "--", "no-such-program"]);
    check_failed(&output, &["cannot be started"]);
}

/// Bytes that a recording holds at its end.
fn leaked(path: &str) -> u64 {
    let mut recording = Recording::open(Path::new(path)).expect("it is a recording");
    let read = Aggregate::of(&mut recording, Options::default());
    let (aggregate, condition) = read.expect("it can be read");
    assert!(condition.complete && condition.is_whole(), "{condition:?}");
    assert!(aggregate.totals().allocs + aggregate.totals().zeroed > 10);
    aggregate.sum(View::Leaks).bytes
}

pub(crate) fn a_recording_from_and_to() {
    let running = controlled("keeps", &[]);
    let (pid, path) = (running.pid().to_string(), scratch("attached.memline"));
    let output = run(&["attach", &pid, "-o", &path]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        stderr(&output).contains(&format!("memline detach {pid}")),
        "{output:?}"
    );
    let again = run(&["attach", &pid, "-o", &scratch("second.memline")]);
    check_failed(&again, &["being recorded already"]);
    thread::sleep(Duration::from_millis(100));
    let output = run(&["detach", &pid]);
    assert!(output.status.success(), "{output:?}");
    assert!(leaked(&path) < 10_000);
    check_failed(&run(&["detach", &pid]), &["nothing is recorded"]);
    check_failed(&run(&["attach", &pid, "-o", &path]), &["--force"]);
    let missing = run(&["attach", &pid, "-o", "/no/such/folder/x"]);
    check_failed(&missing, &["cannot be recorded into"]);
}

pub(crate) fn a_recording_of_some_time() {
    let running = controlled("keeps", &[]);
    let (pid, path) = (running.pid().to_string(), scratch("timed.memline"));
    let begin = Instant::now();
    let output = run(&["attach", &pid, "-o", &path, "--duration", "0.5"]);
    assert!(output.status.success(), "{output:?}");
    assert!(begin.elapsed() >= Duration::from_millis(500));
    assert!(leaked(&path) < 10_000);
    let output = run(&["attach", &pid, "-o", &path, "-f", "--duration", "-1"]);
    assert_eq!(output.status.code(), Some(2));
}

pub(crate) fn snapshots() {
    let running = controlled("keeps", &[("MEMLINE_TRACE", "8")]);
    let (pid, path) = (running.pid().to_string(), scratch("snapshot.memline"));
    let output = run(&["snapshot", &pid, "-o", &path]);
    assert!(output.status.success(), "{output:?}");
    let top = run(&["top", "--leaks", "--by", "function", &path]);
    let text = String::from_utf8_lossy(&top.stdout).into_owned();
    assert!(text.contains("programs::keep"), "{text}");
    let running = controlled("keeps", &[]);
    let path = scratch("untraced.memline");
    let output = run(&["snapshot", &running.pid().to_string(), "-o", &path]);
    check_failed(&output, &["nothing is traced", "MEMLINE_TRACE"]);
}
