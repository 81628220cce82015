//! A program as a child process that never outlives its test.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use memline::{Figures, Report};

/// A child that has not ended by then is killed, and its test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program to be started.
pub(crate) struct Child {
    command: Command,
}

impl Child {
    /// The program of this test file with that name, under an environment without settings.
    pub(crate) fn new(program: &str) -> Self {
        Self::with_command(program, Command::new)
    }

    /// The program started by a shell: `script` does so by `exec "$0"`.
    pub(crate) fn in_shell(program: &str, script: &str) -> Self {
        Self::with_command(program, |this_file| {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(script).arg(this_file);
            shell
        })
    }

    fn with_command(program: &str, command: impl FnOnce(PathBuf) -> Command) -> Self {
        let mut command = command(env::current_exe().expect("a test file is a file"));
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("MEMLINE") || name == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        command
            .env(super::PROGRAM, program)
            .env("RUST_BACKTRACE", "0");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        heed_signals(&mut command);
        Self { command }
    }

    /// With a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// With its report as JSON.
    pub(crate) fn json(self) -> Self {
        self.env("MEMLINE_FORMAT", "json")
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        let mut process = self.command.spawn().expect("the program starts");
        let stdout = process.stdout.take().expect("stdout is a pipe");
        let stderr = process.stderr.take().expect("stderr is a pipe");
        Running {
            process,
            stdout: BufReader::new(stdout),
            stderr: Some(stderr),
        }
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(self) -> Ended {
        self.start().end()
    }
}

/// A program that runs. Nobody reads its stderr until it is waited for.
pub(crate) struct Running {
    process: process::Child,
    stdout: BufReader<process::ChildStdout>,
    stderr: Option<process::ChildStderr>,
}

impl Running {
    /// Waits until the program says that it is [`ready`](super::ready).
    pub(crate) fn ready(mut self) -> Self {
        let mut line = String::new();
        while line.trim_end() != "ready" {
            line.clear();
            let length = self.stdout.read_line(&mut line).expect("stdout is text");
            assert_ne!(
                length,
                0,
                "the program ended before it was ready: {:?}",
                self.end()
            );
        }
        self
    }

    /// Sends signals, one right after the other.
    pub(crate) fn signal(self, signals: &[&str]) -> Self {
        let kill = |signal: &&str| format!("kill -{signal} {};", self.process.id());
        let script: String = signals.iter().map(kill).collect();
        let status = Command::new("sh").arg("-c").arg(script).status();
        assert!(
            status.expect("there is a shell").success(),
            "the program is gone"
        );
        self
    }

    /// Lets it run on.
    pub(crate) fn after(self, time: Duration) -> Self {
        thread::sleep(time);
        self
    }

    /// Fails if it has ended.
    pub(crate) fn still_running(mut self) -> Self {
        let status = self.process.try_wait().expect("it is a child of ours");
        assert_eq!(status, None, "the program has ended");
        self
    }

    /// Closes the reading end of its stderr.
    pub(crate) fn drop_stderr(mut self) -> Self {
        self.stderr = None;
        self
    }

    /// Waits for its end and takes what it wrote.
    pub(crate) fn end(mut self) -> Ended {
        let pid = self.process.id();
        let stdout = read(self.stdout);
        let stderr = self.stderr.map(read);
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("it is a child of ours") {
                break Some(status);
            }
            if begin.elapsed() > PATIENCE {
                break None;
            }
            thread::sleep(Duration::from_millis(2));
        };
        if status.is_none() {
            self.process.kill().expect("it runs");
            self.process.wait().expect("it was killed");
        }
        let take = |text: Receiver<String>| text.recv_timeout(PATIENCE).expect("it ended");
        let (stdout, stderr) = (take(stdout), stderr.map(take).unwrap_or_default());
        let Some(status) = status else {
            panic!("the program did not end; stdout: {stdout}; stderr: {stderr}");
        };
        Ended {
            pid,
            status,
            stdout,
            stderr,
        }
    }
}

fn read(mut from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = from.read_to_end(&mut text);
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    receiver
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) pid: u32,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Its exit code, or `None` where a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    #[cfg(unix)]
    pub(crate) fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.status)
    }

    /// The reports on its stderr, which are JSON.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let lines = self
            .stderr
            .lines()
            .filter(|line| line.starts_with(r#"{"version""#));
        lines
            .map(|line| serde_json::from_str(line).expect("a whole report"))
            .collect()
    }

    /// The only report on its stderr.
    pub(crate) fn report(&self) -> Report {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "one report was expected: {self:?}");
        reports.remove(0)
    }

    /// The figures of the line of `function` that contains `source`, in the only report.
    pub(crate) fn line(&self, function: &str, source: &str) -> Figures {
        line(&self.report(), function, source)
    }
}

/// The figures of the line of `function` that contains `source`.
pub(crate) fn line(report: &Report, function: &str, source: &str) -> Figures {
    let found = report.function(function);
    let lines = &found
        .unwrap_or_else(|| panic!("{function} is not in {report:?}"))
        .lines;
    let line = lines.iter().find(|line| line.source.contains(source));
    let line = line.unwrap_or_else(|| panic!("{function} has no line with {source}: {lines:?}"));
    line.figures.unwrap_or_else(|| panic!("{source} never ran"))
}

/// An empty folder for one test.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    folder
}

/// Gives signals their default disposition: a shell that starts these tests in the background has
/// them ignore SIGINT, and their children would, too.
#[cfg(unix)]
fn heed_signals(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    let reset = || {
        for signal in [libc::SIGINT, libc::SIGTERM] {
            // SAFETY: the disposition is one of the system's own.
            #[expect(unsafe_code)]
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec `reset` only calls `signal`, which is safe there.
    #[expect(unsafe_code)]
    unsafe {
        command.pre_exec(reset);
    }
}
