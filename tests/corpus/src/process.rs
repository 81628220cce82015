//! Child processes with a deadline, and the processor time that they took.

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
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
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(create(stdout)?)
        .stderr(create(stderr)?)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let mut time = None;
    let status = loop {
        // Read before the child is waited for: until then the system tells it of an ended one, too.
        time = processor_time(child.id()).or(time);
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > deadline {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let time = time.unwrap_or_else(|| start.elapsed());
    Ok(Ended { status, time })
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Processor time of a process and of the children that it has waited for, from Linux's `/proc`, in its
/// ticks of 10 ms.
///
/// A busy machine stretches elapsed time, but not this.
fn processor_time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field, the program's name in parentheses, may hold blanks.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(4);
    let ticks: Option<u64> = ticks.map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks? * 10))
}
