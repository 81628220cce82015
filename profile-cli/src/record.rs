//! Runs a program that records itself, and says what there is to look at afterwards.
//!
//! A recording without a name of its own has the process in it that the program will be. So memline
//! starts itself once more: that process knows its number, and becomes the program.

pub mod cargo;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use crate::args::Run;
use crate::output::check_free;
use crate::{Error, units};

/// What memline ends with where it could not become the program, as shells do. It has said why.
const NOT_STARTED: u8 = 127;

/// A run of a program, checked.
#[derive(Debug)]
struct Plan {
    program: Vec<OsString>,
    /// Where it was asked for; else it is named by the process.
    recording: Option<PathBuf>,
    force: bool,
    follow_fork: bool,
    sample: Option<String>,
}

/// Runs the program, and ends as it does.
///
/// # Errors
///
/// If it cannot be recorded.
pub fn run(args: Run) -> Result<ExitCode, Error> {
    if args.exec {
        return become_program(&args);
    }
    let plan = Plan::new(args)?;
    let (process, status) = plan.start()?;
    let recording = plan.recording_of(process);
    let Ok(metadata) = recording.metadata() else {
        if plan.recording.is_none() && status.code() == Some(NOT_STARTED.into()) {
            return Ok(ExitCode::FAILURE);
        }
        return Err(Error::Failed(advice(&plan.name(), "made no recording")));
    };
    let path = recording.display();
    eprintln!(
        "memline: recorded {} in {path}",
        units::bytes(metadata.len())
    );
    eprintln!("memline: memline flamegraph {path}    or: stats, top, tree, lines FILE");
    Ok(exit_code(status))
}

/// Becomes the program, which records itself into a file named by this process.
fn become_program(args: &Run) -> Result<ExitCode, Error> {
    let recording = default_name(&args.program, process::id());
    check_free(&recording, args.make.force)?;
    let mut command = command_of(&args.program);
    let error = command.env("MEMLINE_RECORD", recording).exec();
    eprintln!("memline: {}", not_started(&args.program, &error));
    Ok(ExitCode::from(NOT_STARTED))
}

impl Plan {
    fn new(args: Run) -> Result<Self, Error> {
        let make = args.make;
        if let Some(recording) = &make.output {
            check_free(recording, make.force)?;
            check_folder(recording)?;
        }
        if let Some(size) = make.sample.as_deref().filter(|size| !is_size(size)) {
            return Err(Error::Usage(format!(
                "--sample {size}: expected a size of 64 B or more, such as 512KiB or 1MiB"
            )));
        }
        Ok(Self {
            program: args.program,
            recording: make.output,
            force: make.force,
            follow_fork: make.follow_fork,
            sample: make.sample,
        })
    }

    /// Runs the program to its end. Returns its process, and how it ended.
    fn start(&self) -> Result<(u32, ExitStatus), Error> {
        let mut command = match &self.recording {
            Some(recording) => {
                if self.force {
                    let removed = remove_old(recording);
                    removed.map_err(|error| Error::file("overwrite", recording, &error))?;
                }
                let mut command = command_of(&self.program);
                command.env("MEMLINE_RECORD", recording);
                command
            }
            None => {
                let memline = env::current_exe().map_err(|error| {
                    Error::Failed(format!("memline is not to be found: {error}"))
                })?;
                let mut command = Command::new(memline);
                command.args(["run", "--exec"]);
                command.args(self.force.then_some("--force"));
                command.arg("--").args(&self.program);
                command
            }
        };
        // What interrupts the program must not end memline, which has something to say then.
        for signal in [SIGINT, SIGQUIT] {
            let ignored = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
            ignored.map_err(|error| Error::Failed(format!("signal {signal}: {error}")))?;
        }
        // Tables of `#[profile]` would be recorded too, and hide what memline has to say.
        if env::var_os("MEMLINE").is_none() {
            command.env("MEMLINE", "off");
        }
        if self.follow_fork {
            command.env("MEMLINE_FOLLOW_FORK", "1");
        }
        if let Some(sample) = &self.sample {
            command.env("MEMLINE_SAMPLE", sample);
        }
        let mut run = || {
            let signals = Signals::new([SIGTERM, SIGHUP])?;
            let mut child = command.spawn()?;
            let forwarding = forward(signals, &child);
            let status = child.wait()?;
            forwarding.close();
            Ok((child.id(), status))
        };
        run().map_err(|error| Error::Failed(not_started(&self.program, &error)))
    }

    /// Where the recording is that the program has made as this process.
    fn recording_of(&self, process: u32) -> PathBuf {
        let named = self.recording.clone();
        named.unwrap_or_else(|| default_name(&self.program, process))
    }

    fn name(&self) -> String {
        let name = self.program.first().map(|name| name.to_string_lossy());
        name.unwrap_or_default().into_owned()
    }
}

/// Hands the signals that ask memline to end, and are sent to it alone, on to the program.
fn forward(mut signals: Signals, child: &Child) -> Handle {
    let (process, handle) = (Pid::from_child(child), signals.handle());
    thread::spawn(move || {
        for signal in signals.forever() {
            let signal = if signal == SIGHUP {
                Signal::HUP
            } else {
                Signal::TERM
            };
            let _ = kill_process(process, signal); // it may have ended by itself
        }
    });
    handle
}

fn command_of(program: &[OsString]) -> Command {
    let mut words = program.iter();
    let mut command = Command::new(words.next().map_or(OsStr::new(""), |word| word));
    command.args(words);
    command
}

/// The recording of a program that runs as this process, where no other name was asked for.
fn default_name(program: &[OsString], process: u32) -> PathBuf {
    let name = program.first().map(|program| file_name(program));
    let name = name.unwrap_or_default();
    PathBuf::from(format!("memline-{name}.{process}.memline"))
}

fn not_started(program: &[OsString], error: &io::Error) -> String {
    let name = program.first().map(|name| name.to_string_lossy());
    format!("{} cannot be started: {error}", name.unwrap_or_default())
}

/// Refuses a recording where there is no folder for it.
pub(crate) fn check_folder(recording: &Path) -> Result<(), Error> {
    let folder = recording
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => Err(Error::Failed(format!(
            "{}: there is no folder {}; create it, or choose another with -o",
            recording.display(),
            folder.display()
        ))),
        None => Ok(()),
    }
}

/// Takes an old recording away, so that it is not taken for the new one.
fn remove_old(recording: &Path) -> io::Result<()> {
    for path in [recording, &profile_trace::read::side_path(recording)] {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// What a program needs so that it can be recorded, or looked at; `failed` says what it did not do.
pub(crate) fn advice(program: &str, failed: &str) -> String {
    let relative = env::var_os("CARGO")
        .is_none()
        .then_some("; cargo memline run builds it with all that a recording needs");
    format!(
        "{program} {failed}: it is not built with memline. Add `memline = \"{}\"` under \
         [dependencies] in its Cargo.toml and `use memline as _;` in its main.rs{}",
        env!("CARGO_PKG_VERSION"),
        relative.unwrap_or_default()
    )
}

/// The status that the program ended with; of one that a signal ended, what a shell says.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => 1,
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

pub(crate) fn file_name(program: &OsStr) -> String {
    let name = Path::new(program).file_name().unwrap_or(program);
    name.to_string_lossy().into_owned()
}

/// Whether the recorder takes this for a size.
fn is_size(text: &str) -> bool {
    const UNITS: [&str; 7] = ["kib", "mib", "gib", "kb", "mb", "gb", "b"];
    let text = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find(|unit| text.ends_with(**unit));
    let number = match unit {
        Some(unit) => text.strip_suffix(unit).unwrap_or(&text),
        None => &text,
    };
    let least = if unit.is_none_or(|unit| *unit == "b") {
        64
    } else {
        1
    };
    number
        .trim_end()
        .parse::<u64>()
        .is_ok_and(|number| number >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_the_recorder_takes() {
        for size in ["512KiB", "1 mib", "4096", "64B"] {
            assert!(is_size(size), "{size}");
        }
        for text in ["", "KiB", "0MiB", "63", "1.5MiB", "-1"] {
            assert!(!is_size(text), "{text}");
        }
    }
}
