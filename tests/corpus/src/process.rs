//! Child processes with a deadline, and the processor time that they took.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How a child process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit status; `None` where it was killed at the deadline.
    pub(crate) status: Option<ExitStatus>,
    /// Processor time of the child and of its own children; elapsed time where the system tells none.
    pub(crate) time: Duration,
}

impl Ended {
    /// Whether it came to an end by itself, and well.
    pub(crate) fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Runs `command`, its stdout going to `stdout` and its stderr to `stderr`.
pub(crate) fn run(
    command: &mut Command,
    stdout: &Path,
    stderr: &Path,
    deadline: Duration,
) -> Result<Ended> {
    let before = children_time();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(create(stdout)?)
        .stderr(create(stderr)?)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let status = wait(&mut child, start + deadline)?;
    let time = match (before, children_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    };
    Ok(Ended { status, time })
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

fn wait(child: &mut Child, deadline: Instant) -> Result<Option<ExitStatus>> {
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// Processor time of all children that were waited for, from Linux's `/proc`, in its ticks of 10 ms.
///
/// A busy machine stretches elapsed time, but not this.
fn children_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name in parentheses, may hold blanks.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}
