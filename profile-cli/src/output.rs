//! Where a report goes.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::Error;

/// A place that takes a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The standard output.
    Stdout,
    /// A file, which must not be there unless it may be overwritten.
    File {
        /// Where.
        path: PathBuf,
        /// Whether it may be overwritten.
        force: bool,
    },
}

impl Output {
    /// Whether it shows colours: a terminal does, unless `NO_COLOR` is set.
    #[must_use]
    pub fn has_colours(&self) -> bool {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        *self == Self::Stdout && !unwanted && !dumb && io::stdout().is_terminal()
    }

    /// Writes what `report` writes. A file appears when it is whole; until then whatever was
    /// there stays.
    ///
    /// # Errors
    ///
    /// If the file is there and may not be overwritten, or cannot be written.
    pub fn write(
        &self,
        report: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Stdout => {
                let name = Path::new("standard output");
                let mut out = BufWriter::new(io::stdout().lock());
                report(&mut out)?;
                out.flush()
                    .map_err(|error| Error::file("write", name, &error))
            }
            Self::File { path, force } => {
                check_free(path, *force)?;
                let mut part = path.as_os_str().to_owned();
                part.push(format!(".{}.part", process::id()));
                let part = PathBuf::from(part);
                let written = write_file(&part, report).and_then(|()| {
                    fs::rename(&part, path).map_err(|error| Error::file("write", path, &error))
                });
                if written.is_err() {
                    // What is told is why it could not be written.
                    let _gone = fs::remove_file(&part);
                }
                written
            }
        }
    }
}

/// Refuses to overwrite, unless it is wanted.
///
/// # Errors
///
/// If there is something at `path`.
pub fn check_free(path: &Path, force: bool) -> Result<(), Error> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(Error::Failed(format!(
            "{} is already there; --force overwrites it, -o writes elsewhere",
            path.display()
        )));
    }
    Ok(())
}

fn write_file(
    path: &Path,
    report: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let file = File::create(path).map_err(|error| Error::file("write", path, &error))?;
    let mut out = BufWriter::new(file);
    report(&mut out)?;
    out.flush()
        .map_err(|error| Error::file("write", path, &error))
}
