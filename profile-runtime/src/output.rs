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
                to_stderr(&format!(
                    "memline: stdout cannot be written ({error}); the report:\n{text}"
                ));
            }
        }
        Output::File(path) => {
            let path = of_this_process(path);
            if let Err(error) = std::fs::write(&path, text) {
                let path = path.display();
                to_stderr(&format!(
                    "memline: {path} cannot be written ({error}); the report:\n{text}"
                ));
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
    let mut file = ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(descriptor) });
    let _ignored = unix::IgnoreSigpipe::new();
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => unix::wait_until_writable(descriptor),
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::{mem, ptr};

    /// A closed pipe is an error to tell, not the end of the program, also where the program chose
    /// to be ended by one: its exit status is its own.
    pub(super) struct IgnoreSigpipe {
        before: Option<libc::sigaction>,
    }

    impl IgnoreSigpipe {
        pub(super) fn new() -> Self {
            // SAFETY: `sigaction` reads and writes the structs, which are whole.
            #[expect(unsafe_code)]
            unsafe {
                let mut before: libc::sigaction = mem::zeroed();
                let known = libc::sigaction(libc::SIGPIPE, ptr::null(), &raw mut before) == 0;
                if !known || before.sa_sigaction != libc::SIG_DFL {
                    return Self { before: None };
                }
                let mut ignore = before;
                ignore.sa_sigaction = libc::SIG_IGN;
                libc::sigaction(libc::SIGPIPE, &raw const ignore, ptr::null_mut());
                Self {
                    before: Some(before),
                }
            }
        }
    }

    impl Drop for IgnoreSigpipe {
        fn drop(&mut self) {
            if let Some(before) = &self.before {
                // SAFETY: puts back what was there.
                #[expect(unsafe_code)]
                unsafe {
                    libc::sigaction(libc::SIGPIPE, ptr::from_ref(before), ptr::null_mut());
                }
            }
        }
    }

    /// Waits for the reader of a descriptor that a parent has made non-blocking.
    pub(super) fn wait_until_writable(descriptor: i32) {
        let mut poll = libc::pollfd {
            fd: descriptor,
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: one `pollfd`. Whatever is wrong shows at the next write.
        #[expect(unsafe_code)]
        unsafe {
            libc::poll(&raw mut poll, 1, -1);
        }
    }
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
