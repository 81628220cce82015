//! Takes one figure of one program.

use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;
use std::process::{Command, Output};

use crate::callgrind;
use crate::cases::{Meter, Run};
use crate::options::Options;

/// Operations of the shorter of two runs whose instructions are compared.
const FEW: u64 = 10_000;

/// Runs one program once, or twice where instructions are counted.
pub(crate) fn figure(run: &Run, program: &Path, options: &Options) -> Result<f64, String> {
    let mut command = Command::new(program);
    command.args(run.arguments);
    match run.meter {
        Meter::Printed => printed(&output(&mut command)?),
        Meter::Seconds => {
            command.arg(&options.index);
            let before = processor_seconds();
            output(&mut command)?;
            Ok(processor_seconds() - before)
        }
        // What starts and ends the process is in both runs, and so in neither figure.
        Meter::Instructions => {
            let few = instructions(run, program, FEW)?;
            let many = instructions(run, program, 2 * FEW)?;
            Ok((many as f64 - few as f64) / FEW as f64)
        }
    }
}

/// Processor time of all programs that have run and ended until now, in seconds.
///
/// Unlike the time on the wall, it does not grow while other programs have the processors.
fn processor_seconds() -> f64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    #[expect(
        unsafe_code,
        reason = "std does not tell the processor time of a child"
    )]
    // SAFETY: `usage` is a place for an `rusage`, of which all-zero bytes are a value too.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6)
        .sum()
}

/// The figure on the first line of what a program printed.
fn printed(output: &Output) -> Result<f64, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let first = text.lines().next().unwrap_or_default();
    first
        .parse()
        .map_err(|_| format!("`{first}` was printed where a figure was expected"))
}

/// Instructions that the program's own functions execute for `operations` operations.
fn instructions(run: &Run, program: &Path, operations: u64) -> Result<u64, String> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("callgrind.out");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--error-exitcode=1"]);
    command.arg(format!("--callgrind-out-file={}", file.display()));
    command
        .arg(program)
        .args(run.arguments)
        .arg(operations.to_string());
    output(&mut command)?;
    let profile = fs::read_to_string(&file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    callgrind::instructions(&profile)
        .ok_or_else(|| format!("{} is not as callgrind writes it", file.display()))
}

/// Runs `command` to its end, which must be a good one.
fn output(command: &mut Command) -> Result<Output, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{command:?} ended with {}\n{errors}",
        output.status
    ))
}
