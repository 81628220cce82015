//! Asks a running program for a recording or a snapshot.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use profile_trace::live::{News, Request};

use super::args::{Attach, Detach, Show, Snapshot};
use super::link::Link;
use super::screen;
use crate::Error;
use crate::output::check_free;

/// `memline live`
///
/// # Errors
///
/// If nobody is there, or the terminal fails.
pub fn show(args: &Show) -> Result<ExitCode, Error> {
    let token = args.token.get().unwrap_or_default();
    let link = Link::to_address(&args.address, &token)?;
    screen::show(link, None)?;
    Ok(ExitCode::SUCCESS)
}

/// `memline attach`
///
/// # Errors
///
/// If the program cannot be asked, or does not do it.
pub fn attach(args: Attach) -> Result<ExitCode, Error> {
    let Some(path) = args.output else {
        let link = Link::to_process(args.pid)?;
        screen::show(link, None)?;
        return Ok(ExitCode::SUCCESS);
    };
    let path = target(&path, args.force)?;
    let nanoseconds = match args.duration {
        None => 0,
        Some(seconds) if seconds > 0.0 && seconds < 1e9 => ((seconds * 1e9) as u64).max(1),
        Some(seconds) => {
            return Err(Error::Usage(format!(
                "--duration {seconds}: expected a number of seconds above 0, such as 10 or 0.5"
            )));
        }
    };
    let request = Request::Record {
        path: path.as_os_str().as_encoded_bytes(),
        duration: nanoseconds,
    };
    let answer = ask(args.pid, &request)?;
    eprintln!("memline: {answer}");
    if nanoseconds == 0 {
        eprintln!("memline: memline detach {} ends the recording", args.pid);
    } else {
        advise(&path);
    }
    Ok(ExitCode::SUCCESS)
}

/// `memline detach`
///
/// # Errors
///
/// If the program cannot be asked, or records nothing.
pub fn detach(args: &Detach) -> Result<ExitCode, Error> {
    let answer = ask(args.pid, &Request::Stop)?;
    eprintln!("memline: {answer}");
    if let Some((_, path)) = answer.split_once("recorded into ") {
        advise(Path::new(path));
    }
    Ok(ExitCode::SUCCESS)
}

/// `memline snapshot`
///
/// # Errors
///
/// If the program cannot be asked, or traces nothing.
pub fn snapshot(args: Snapshot) -> Result<ExitCode, Error> {
    let default = || PathBuf::from(format!("memline-snapshot.{}.memline", args.pid));
    let path = target(&args.output.unwrap_or_else(default), args.force)?;
    let answer = ask(
        args.pid,
        &Request::Snapshot(path.as_os_str().as_encoded_bytes()),
    )?;
    eprintln!("memline: {answer}");
    eprintln!(
        "memline: memline top --leaks {0}    or: flamegraph, tree; memline diff compares two",
        path.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn advise(path: &Path) {
    let path = path.display();
    eprintln!("memline: memline flamegraph {path}    or: stats, top, tree, lines FILE");
}

/// The file as the program finds it, whose folder is another.
fn target(path: &Path, force: bool) -> Result<PathBuf, Error> {
    check_free(path, force)?;
    std::path::absolute(path).map_err(|error| Error::file("write", path, &error))
}

/// Asks a program, and waits for its answer.
fn ask(process: u32, request: &Request<'_>) -> Result<String, Error> {
    let mut link = Link::to_process(process)?;
    link.ask(request);
    for message in &link.news {
        match News::read(message.kind, &message.payload) {
            Some(News::Done(text)) => return Ok(text.to_owned()),
            Some(News::Failed(text)) => {
                return Err(Error::Failed(format!("process {process}: {text}")));
            }
            _ => {}
        }
    }
    Err(Error::Failed(format!(
        "process {process} has ended before it answered"
    )))
}
