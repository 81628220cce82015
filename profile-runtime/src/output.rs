//! Where text goes. No lock is taken: the report is written while the process ends, possibly from
//! a signal handler, and whoever holds a lock then may never let it go.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use crate::config::Output;

/// Whether a person looks at `output`.
pub(crate) fn is_terminal(output: &Output) -> bool {
    match output {
        Output::Stderr => io::stderr().is_terminal(),
        Output::Stdout => io::stdout().is_terminal(),
        Output::File(_) => false,
    }
}

/// Writes `text` to `output`; to stderr, with the reason, where that fails.
pub(crate) fn write(output: &Output, text: &str) {
    match output {
        Output::Stderr => to_stderr(text),
        Output::Stdout => {
            if let Err(error) = standard(1, text) {
                to_stderr(&format!("memline: stdout cannot be written ({error}); the report:\n{text}"));
            }
        }
        Output::File(path) => {
            let path = of_this_process(path);
            if let Err(error) = std::fs::write(&path, text) {
                let path = path.display();
                to_stderr(&format!("memline: {path} cannot be written ({error}); the report:\n{text}"));
            }
        }
    }
}

/// Writes `text` to stderr. There is nobody to tell if that fails.
pub(crate) fn to_stderr(text: &str) {
    let _ = standard(2, text);
}

/// A forked child's report does not overwrite its parent's.
fn of_this_process(path: &Path) -> PathBuf {
    #[cfg(unix)]
    if crate::fork::is_child() {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}", std::process::id()));
        return name.into();
    }
    path.to_owned()
}

#[cfg(unix)]
fn standard(descriptor: i32, text: &str) -> io::Result<()> {
    use std::io::Write;
    use std::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;

    // SAFETY: used for writing only, and left open.
    #[expect(unsafe_code)]
    let file = unsafe { std::fs::File::from_raw_fd(descriptor) };
    ManuallyDrop::new(file).write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn standard(descriptor: i32, text: &str) -> io::Result<()> {
    use std::io::Write;

    if descriptor == 1 {
        io::stdout().write_all(text.as_bytes())
    } else {
        io::stderr().write_all(text.as_bytes())
    }
}
