//! Takes one figure of one program.

use std::collections::BTreeMap;
use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use profile_trace::Recording;
use profile_trace::events::Event;
use profile_trace::read::{Moment, Visitor};

use crate::builds::Build;
use crate::callgrind;
use crate::cases::{MILLION, Meter, Run, Under};
use crate::options::Options;

/// Operations of the shorter of two runs whose instructions are compared.
const FEW: u64 = 10_000;

/// Runs one program once, or twice where instructions are counted.
pub(crate) fn figure(
    run: &Run,
    programs: &BTreeMap<Build, PathBuf>,
    options: &Options,
) -> Result<f64, String> {
    let program = &programs[&run.build];
    let mut command = command(run, program, options);
    match run.meter {
        Meter::Printed => printed(&output(&mut command)?),
        Meter::Seconds | Meter::Shared => Ok(seconds(&usage(program, &start(&mut command)?)?)),
        Meter::Clock => {
            let before = Instant::now();
            output(&mut command)?;
            Ok(before.elapsed().as_secs_f64())
        }
        // What starts and ends the process is in both runs, and so in neither figure.
        Meter::Instructions => {
            let few = instructions(run, program, FEW)?;
            let many = instructions(run, program, 2 * FEW)?;
            Ok((many as f64 - few as f64) / FEW as f64)
        }
        // `ru_maxrss` is in KiB.
        Meter::Resident => Ok(usage(program, &start(&mut command)?)?.ru_maxrss as f64 * 1024.0),
        Meter::EventBytes => {
            output(&mut command)?;
            let bytes = fs::metadata(recording()).map_err(|error| error.to_string())?;
            Ok(bytes.len() as f64 / events()?)
        }
        Meter::Reads => {
            let recorded = Run {
                build: Build::Pointers,
                arguments: MILLION,
                under: Under::Recorder,
                ..*run
            };
            output(&mut self::command(
                &recorded,
                &programs[&Build::Pointers],
                options,
            ))?;
            let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join("read");
            command.arg(recording()).arg("--force").arg("-o").arg(page);
            let before = Instant::now();
            output(&mut command)?;
            Ok(before.elapsed().as_secs_f64() * 5e6 / events()?)
        }
    }
}

/// The program under what is to run it, with its arguments.
fn command(run: &Run, program: &Path, options: &Options) -> Command {
    let file = |name| Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = match run.under {
        Under::Nothing => Command::new(program),
        Under::Recorder => {
            let mut command = Command::new(program);
            // As `memline run` has it.
            command.env("MEMLINE_RECORD", recording());
            command.env("MEMLINE", "off");
            command
        }
        Under::Heaptrack => {
            let mut command = Command::new("heaptrack");
            command
                .args(["--raw", "-o"])
                .arg(file("heaptrack"))
                .arg(program);
            command
        }
        Under::Valgrind => {
            let mut command = Command::new("valgrind");
            let out = file("dhat.out");
            command.arg("--tool=dhat");
            command.arg(format!("--dhat-out-file={}", out.display()));
            command.arg(program);
            command
        }
    };
    command.args(run.arguments);
    if run.arguments.is_empty() {
        command.arg(&options.index);
    }
    command
}

/// Whether this machine has what runs the program.
pub(crate) fn is_installed(under: Under) -> bool {
    let name = match under {
        Under::Nothing | Under::Recorder => return true,
        Under::Heaptrack => "heaptrack",
        Under::Valgrind => "valgrind",
    };
    Command::new(name).arg("--version").output().is_ok()
}

/// Where what is recorded goes.
fn recording() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers.memline")
}

/// How many events were recorded.
fn events() -> Result<f64, String> {
    struct Count(u64);
    impl Visitor for Count {
        fn run(&mut self, _: u32, _: Moment, events: &[Event]) {
            self.0 += events.len() as u64;
        }
    }
    let mut count = Count(0);
    Recording::open(&recording())
        .and_then(|mut recording| recording.replay(&mut count))
        .map_err(|error| error.to_string())?;
    Ok(count.0 as f64)
}

/// Starts a program that says nothing.
fn start(command: &mut Command) -> Result<Child, String> {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.map_err(|error| format!("{command:?} cannot be run: {error}"))
}

/// What `program` has used until its end, which must be a good one.
fn usage(program: &Path, child: &Child) -> Result<libc::rusage, String> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    #[expect(unsafe_code, reason = "std does not tell what a child used")]
    // SAFETY: a child of this process that nobody has waited for; `usage` is a place for an `rusage`,
    // of which all-zero bytes are a value too.
    let usage = unsafe {
        libc::wait4(child.id() as i32, &raw mut status, 0, usage.as_mut_ptr());
        usage.assume_init()
    };
    match status {
        0 => Ok(usage),
        _ => Err(format!("{} ended with {status}", program.display())),
    }
}

/// Processor time in seconds. Unlike the time on the wall, it does not grow while other programs have the
/// processors.
fn seconds(usage: &libc::rusage) -> f64 {
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6)
        .sum()
}

/// The processor time of each of several programs, which run at once and share one processor.
///
/// They are switched every few milliseconds, so that whatever slows the machine slows all of them alike.
pub(crate) fn at_once(runs: &[(&Run, &Path)], options: &Options) -> Result<Vec<f64>, String> {
    let children = on_one_processor(|| {
        let start = |(run, program): &(&Run, &Path)| start(&mut command(run, program, options));
        runs.iter().map(start).collect::<Result<Vec<_>, _>>()
    })?;
    // All are waited for, also where one has failed.
    let usages: Vec<_> = runs
        .iter()
        .zip(&children)
        .map(|((_, program), child)| usage(program, child))
        .collect();
    usages
        .iter()
        .map(|usage| Ok(seconds(usage.as_ref()?)))
        .collect()
}

/// Keeps what `work` starts on one of the processors that this process may use.
fn on_one_processor<T>(work: impl FnOnce() -> T) -> T {
    const SIZE: usize = size_of::<libc::cpu_set_t>();
    let mut all = MaybeUninit::<libc::cpu_set_t>::zeroed();
    let mut one = MaybeUninit::<libc::cpu_set_t>::zeroed();
    #[expect(unsafe_code, reason = "std does not choose processors")]
    // SAFETY: both are sets of that size, empty to begin with; what is set is read from the first.
    unsafe {
        libc::sched_getaffinity(0, SIZE, all.as_mut_ptr());
        let is_allowed = |cpu: &usize| libc::CPU_ISSET(*cpu, all.assume_init_ref());
        if let Some(last) = (0..8 * SIZE).rfind(is_allowed) {
            libc::CPU_SET(last, one.assume_init_mut());
            libc::sched_setaffinity(0, SIZE, one.as_ptr());
        }
    }
    let result = work();
    #[expect(unsafe_code, reason = "as above")]
    // SAFETY: as above.
    unsafe {
        libc::sched_setaffinity(0, SIZE, all.as_ptr());
    }
    result
}

/// The figure that a program printed: the first line that is one, since heaptrack has its own say
/// before and after.
fn printed(output: &Output) -> Result<f64, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let figure = text.lines().find_map(|line| line.parse().ok());
    figure.ok_or_else(|| format!("`{text}` was printed where a figure was expected"))
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
