//! One run of a program.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No program takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: String,
    /// Number of functions in memline's report.
    pub(crate) functions: usize,
}

/// Runs a program that does not know of memline.
pub(crate) fn plain(program: &Path) -> Ran {
    run(program, &mut Command::new(program))
}

/// Runs a program that has been annotated; its report goes to a file.
pub(crate) fn profiled(program: &Path) -> Ran {
    let report = program.with_extension("json");
    // Last time's.
    let _ = fs::remove_file(&report);
    let mut command = Command::new(program);
    command
        .env("MEMLINE_FORMAT", "json")
        .env("MEMLINE_OUTPUT", &report);
    let ran = run(program, &mut command);
    let report = fs::read_to_string(&report).unwrap_or_default();
    let report: Value = serde_json::from_str(&report).unwrap_or_default();
    Ran {
        functions: report["functions"].as_array().map_or(0, Vec::len),
        ..ran
    }
}

fn run(program: &Path, command: &mut Command) -> Ran {
    // Files, since a full pipe would stop a program that nobody reads.
    let [stdout, stderr] = ["stdout", "stderr"].map(|stream| program.with_extension(stream));
    let [out, err] = [&stdout, &stderr]
        .map(|path| File::create(path).expect("the target folder can be written to"));
    let command = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .env_remove("RUST_BACKTRACE");
    let mut child = command.spawn().expect("the program starts");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            break status.to_string();
        }
        if start.elapsed() > PATIENCE {
            child.kill().expect("the program can be ended");
            child.wait().expect("the program can be waited for");
            break "not within a minute".to_owned();
        }
        thread::sleep(Duration::from_millis(1));
    };
    let read = |path| {
        String::from_utf8_lossy(&fs::read(path).expect("the stream was written")).into_owned()
    };
    Ran {
        stdout: read(&stdout),
        stderr: read(&stderr),
        status,
        functions: 0,
    }
}
