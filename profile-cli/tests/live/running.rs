//! Processes of the tests, and what they say.

use std::env;
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What takes longer than this hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A process that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Waits for its end.
    pub(crate) fn status(&mut self) -> Option<i32> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("it is a child of ours") {
                return status.code();
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends its stdin.
    pub(crate) fn end(&mut self) {
        drop(self.0.stdin.take());
    }

    pub(crate) fn read(stream: impl Read) -> String {
        let mut text = String::new();
        let mut stream = BufReader::new(stream);
        stream.read_to_string(&mut text).expect("it is text");
        text
    }

    /// Waits for a line on stdout.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let stdout = self.0.stdout.as_mut().expect("it is piped");
        line_with(stdout, text)
    }
}

/// The next line that contains a text, read a byte at a time so that the rest stays.
pub(crate) fn line_with(stream: &mut impl Read, text: &str) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).expect("it can be read") == 1 {
        if byte[0] != b'\n' {
            line.push(byte[0]);
            continue;
        }
        let found = String::from_utf8_lossy(&line).into_owned();
        if found.contains(text) {
            return found;
        }
        line.clear();
    }
    panic!("it ended before it said {text:?}");
}

pub(crate) fn start(command: &mut Command) -> Running {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Running(command.stderr(Stdio::piped()).spawn().expect("it starts"))
}

/// One of the programs, under an environment of its own.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test file is a file"));
    prepare(&mut command).env("LIVE_PROGRAM", name);
    command
}

fn prepare(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("MEMLINE") {
            command.env_remove(name);
        }
    }
    command.env("XDG_RUNTIME_DIR", folder())
}

/// Where sockets are.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    folder
}

pub(crate) fn scratch(name: &str) -> String {
    let path = folder().join(name);
    let _ = fs::remove_file(&path);
    path.to_str().expect("it is text").to_owned()
}

/// One of the programs, which can be looked at, once it has done what it does.
pub(crate) fn controlled(name: &str, variables: &[(&str, &str)]) -> Running {
    let mut command = program(name);
    command
        .env("MEMLINE_CONTROL", "1")
        .envs(variables.iter().copied());
    let mut running = start(&mut command);
    running.wait_for("ready");
    running
}

pub(crate) fn memline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
    prepare(&mut command)
        .args(arguments)
        .env("LIVE_PROGRAM", "keeps");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    memline(arguments).output().expect("it starts")
}

pub(crate) fn this_file() -> String {
    let path = env::current_exe().expect("a test file is a file");
    path.to_str().expect("it is text").to_owned()
}

pub(crate) fn wait(mut running: Running) -> Output {
    running.status();
    let text = |stream: Option<&mut dyn Read>| {
        let mut bytes = Vec::new();
        stream.map(|stream| stream.read_to_end(&mut bytes));
        bytes
    };
    let stdout = text(
        running
            .0
            .stdout
            .as_mut()
            .map(|stream| stream as &mut dyn Read),
    );
    let stderr = text(
        running
            .0
            .stderr
            .as_mut()
            .map(|stream| stream as &mut dyn Read),
    );
    let status = running.0.wait().expect("it has ended");
    Output {
        status,
        stdout,
        stderr,
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One line on stderr that says all of this, and exit status 1.
pub(crate) fn check_failed(output: &Output, texts: &[&str]) {
    let message = stderr(output);
    assert_eq!(
        (output.status.code(), message.lines().count()),
        (Some(1), 1),
        "{message}"
    );
    for text in texts {
        assert!(message.contains(text), "{message}");
    }
}
