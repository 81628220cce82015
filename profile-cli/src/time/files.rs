//! The recordings in a folder that have memline's default names.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use profile_trace::read::side_path;
use profile_trace::{Header, Magic};

use super::args::{Clean, Folder, Remove};
use crate::{Error, units};

/// A recording, or a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

impl Found {
    fn line(&self) -> String {
        let since = self.modified.duration_since(SystemTime::UNIX_EPOCH);
        let date = units::date(since.map_or(0, |since| since.as_secs()));
        let (bytes, path) = (units::bytes(self.bytes), self.path.display());
        format!("{date}  {bytes:>11}  {path}")
    }

    /// Removes it, with its side file.
    fn remove(&self) -> Result<(), Error> {
        match fs::remove_file(side_path(&self.path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::file("remove", &self.path, &error))
            }
            _ => fs::remove_file(&self.path)
                .map_err(|error| Error::file("remove", &self.path, &error)),
        }
    }
}

/// `memline list`
///
/// # Errors
///
/// If the folder cannot be read.
pub fn list(folder: &Folder) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    for (number, found) in all(&folder.folder)?.iter().enumerate() {
        let written = writeln!(out, "{number:>3}  {}", found.line());
        written.map_err(|error| Error::file("write", Path::new("standard output"), &error))?;
    }
    Ok(())
}

/// `memline rm`
///
/// # Errors
///
/// If one of the files is not there, or cannot be removed. Then none is that was not before.
pub fn remove(args: &Remove) -> Result<(), Error> {
    let found = all(&args.place.folder)?;
    let chosen: Result<Vec<&Found>, Error> =
        args.which.iter().map(|word| choose(word, &found)).collect();
    let mut chosen = chosen?;
    chosen.sort_by_key(|found| &found.path);
    chosen.dedup();
    remove_all(&chosen, args.dry_run)
}

/// `memline clean`
///
/// # Errors
///
/// If a file cannot be removed.
pub fn clean(args: &Clean) -> Result<(), Error> {
    let found = all(&args.place.folder)?;
    remove_all(&found.iter().collect::<Vec<_>>(), args.dry_run)
}

/// The newest recording here, for a command that was given none.
///
/// # Errors
///
/// If there is none.
pub fn newest() -> Result<PathBuf, Error> {
    let newest = all(Path::new("."))?.pop().ok_or_else(|| {
        Error::Usage(
            "expected a FILE: there is no memline-*.memline here; memline sample, or run, makes one"
                .to_owned(),
        )
    })?;
    eprintln!("memline: {} is the newest here", newest.path.display());
    Ok(newest.path)
}

fn remove_all(chosen: &[&Found], dry_run: bool) -> Result<(), Error> {
    let verb = if dry_run { "would remove" } else { "removed" };
    for found in chosen {
        if !dry_run {
            found.remove()?;
        }
        eprintln!("memline: {verb} {}", found.path.display());
    }
    if chosen.is_empty() {
        eprintln!("memline: there is no memline-*.memline to remove");
    }
    Ok(())
}

/// The file that `word` means: a name, or a number as `list` has it, or from the end.
fn choose<'a>(word: &str, found: &'a [Found]) -> Result<&'a Found, Error> {
    let named = |found: &&Found| {
        found.path == Path::new(word) || found.path.file_name() == Some(word.as_ref())
    };
    let numbered = || {
        let number = word.parse::<i64>().ok()?;
        let index = if number < 0 {
            found
                .len()
                .checked_add_signed(isize::try_from(number).ok()?)?
        } else {
            usize::try_from(number).ok()?
        };
        found.get(index)
    };
    found.iter().find(named).or_else(numbered).ok_or_else(|| {
        Error::Failed(format!(
            "{word} is none of the {} recordings with memline's default names; memline list shows them",
            found.len()
        ))
    })
}

/// All of them, the oldest first. What only has such a name is left alone.
fn all(folder: &Path) -> Result<Vec<Found>, Error> {
    let entries = fs::read_dir(folder).map_err(|error| Error::file("read", folder, &error))?;
    let mut found: Vec<Found> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let is_default = name.starts_with("memline-") && name.ends_with(".memline");
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let here = folder == Path::new(".");
            let path = if here { name.into() } else { entry.path() };
            (is_default && is_recording(&path)).then_some(Found {
                bytes: metadata.len(),
                modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                path,
            })
        })
        .collect();
    found.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
    Ok(found)
}

fn is_recording(path: &Path) -> bool {
    let mut start = [0; Header::SIZE];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && Header::decode(&start, Magic::Recording).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_chosen_by_name_or_by_number_from_either_end() {
        let found: Vec<Found> = ["memline-a.1.memline", "x/memline-b.2.memline"]
            .map(|path| Found {
                path: path.into(),
                bytes: 0,
                modified: SystemTime::UNIX_EPOCH,
            })
            .into();
        let check = |word: &str, index: Option<usize>| {
            let chosen = choose(word, &found).ok();
            assert_eq!(chosen, index.map(|index| &found[index]), "{word}");
        };
        check("0", Some(0));
        check("-1", Some(1));
        check("-2", Some(0));
        check("-3", None);
        check("2", None);
        check("memline-b.2.memline", Some(1));
        check("x/memline-b.2.memline", Some(1));
        check("memline-c.3.memline", None);
        check("-99999999999999999999", None);
    }
}
