//! What can go wrong, and the exit status that it ends in.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Why a command did not do what it was asked to. Each is one line.
#[derive(Debug)]
pub enum Error {
    /// The arguments make no sense together: exit status 2.
    Usage(String),
    /// The command failed: exit status 1.
    Failed(String),
    /// Nobody reads the output any more, which is no failure.
    Pipe,
}

impl Error {
    /// A failure of the system's with a file.
    #[must_use]
    pub fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Pipe;
        }
        Self::Failed(format!("{}: cannot {doing}: {error}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Failed(message) => f.write_str(message),
            Self::Pipe => f.write_str("nobody reads the output"),
        }
    }
}

impl std::error::Error for Error {}

impl From<profile_trace::read::Error> for Error {
    fn from(error: profile_trace::read::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The exit status of a command, after its error, if any, has been told on stderr.
#[must_use]
pub fn exit_code(result: Result<ExitCode, Error>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(Error::Pipe) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("memline: {error}");
            match error {
                Error::Usage(_) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
