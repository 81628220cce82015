//! `memline run`: starts a program so that it records itself.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode, ExitStatus};

use crate::Failure;
use crate::cli::Run;

/// Runs the program. Its exit code is memline's.
pub(crate) fn run(run: &Run) -> Result<ExitCode, Failure> {
    let (program, arguments) = run.program.split_first().ok_or("no program is given")?;
    let path = match &run.output {
        Some(path) => path.clone(),
        None => default_path(Path::new(program)),
    };
    if path.exists() && !run.force {
        let path = path.display();
        return Err(format!("{path} exists already; --force replaces it").into());
    }
    let absolute = std::path::absolute(&path)?;
    let mut command = Command::new(program);
    command.args(arguments).env("MEMLINE_RECORD", &absolute);
    if run.follow_fork {
        command.env("MEMLINE_FOLLOW_FORK", "1");
    }
    if let Some(size) = &run.sample {
        command.env("MEMLINE_SAMPLE", size);
    }
    let status = command.status();
    let status = status.map_err(|error| {
        format!(
            "{} cannot be started: {error}",
            Path::new(program).display()
        )
    })?;
    if !absolute.exists() {
        let program = Path::new(program).display();
        return Err(format!(
            "{program} has recorded nothing: it is not built with memline. Add `memline` to its \
             dependencies (cargo add memline) and `use memline as _;` to its main file"
        )
        .into());
    }
    let file = path.display();
    let _ = writeln!(
        io::stderr(),
        "memline: {file} holds the recording; what next: memline stats {file}"
    );
    Ok(code(status))
}

/// `memline-PROGRAM.PID.memline` in the working directory.
fn default_path(program: &Path) -> PathBuf {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("memline-{name}.{}.memline", process::id());
    env::current_dir().map_or_else(|_| name.clone().into(), |folder| folder.join(&name))
}

/// The program's exit code; as shells have it, 128 and the number of a signal that ended it.
fn code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None::<i32>;
    let code = status.code().or(signal.map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
