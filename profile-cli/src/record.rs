//! Runs a program that records itself, and says what there is to look at afterwards.

pub mod cargo;

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGQUIT};

use crate::args::Run;
use crate::output::check_free;
use crate::{Error, units};

/// A run of a program, checked.
#[derive(Debug)]
struct Plan {
    program: Vec<std::ffi::OsString>,
    recording: PathBuf,
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
    let plan = Plan::new(args)?;
    let status = plan.start()?;
    let Ok(metadata) = plan.recording.metadata() else {
        return Err(Error::Failed(advice(&plan.name())));
    };
    let path = plan.recording.display();
    eprintln!(
        "memline: recorded {} in {path}",
        units::bytes(metadata.len())
    );
    eprintln!("memline: memline flamegraph {path}    or: stats, top, tree, lines FILE");
    Ok(exit_code(status))
}

impl Plan {
    fn new(args: Run) -> Result<Self, Error> {
        let program = args.program.first().map(|program| file_name(program));
        let program = program.unwrap_or_default();
        let make = args.make;
        let default = || PathBuf::from(format!("memline-{program}.{}.memline", process::id()));
        let recording = make.output.unwrap_or_else(default);
        check_free(&recording, make.force)?;
        let folder = recording
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Error::Failed(format!(
                "{}: there is no folder {}; create it, or choose another with -o",
                recording.display(),
                folder.display()
            )));
        }
        if let Some(size) = make.sample.as_deref().filter(|size| !is_size(size)) {
            return Err(Error::Usage(format!(
                "--sample {size}: expected a size of 64 B or more, such as 512KiB or 1MiB"
            )));
        }
        Ok(Self {
            program: args.program,
            recording,
            force: make.force,
            follow_fork: make.follow_fork,
            sample: make.sample,
        })
    }

    /// Runs the program to its end.
    fn start(&self) -> Result<ExitStatus, Error> {
        if self.force {
            let removed = remove_old(&self.recording);
            removed.map_err(|error| Error::file("overwrite", &self.recording, &error))?;
        }
        // What interrupts the program must not end memline, which has something to say then.
        for signal in [SIGINT, SIGQUIT] {
            let ignored = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
            ignored.map_err(|error| Error::Failed(format!("signal {signal}: {error}")))?;
        }
        let mut words = self.program.iter();
        let mut command = process::Command::new(words.next().map_or(OsStr::new(""), |word| word));
        command.args(words).env("MEMLINE_RECORD", &self.recording);
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
        let status = command.status();
        status.map_err(|error| Error::Failed(format!("{} cannot be started: {error}", self.name())))
    }

    fn name(&self) -> String {
        let name = self.program.first().map(|name| name.to_string_lossy());
        name.unwrap_or_default().into_owned()
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

/// What a program needs so that it can be recorded.
fn advice(program: &str) -> String {
    let relative = env::var_os("CARGO")
        .is_none()
        .then_some("; cargo memline run builds it with all that a recording needs");
    format!(
        "{program} made no recording: it is not built with memline. Add `memline = \"{}\"` under \
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

fn file_name(program: &OsStr) -> String {
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
