//! Samples a program from outside: any program, without memline in it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use profile_runtime::process::Process;
use profile_trace::facts::{self, Fact};
use profile_trace::timeline::{self, Record};
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};

use super::args::Sample;
use crate::output::check_free;
use crate::record::{check_folder, exit_code, file_name};
use crate::{Error, plan, units};

/// How often signals are looked at.
const REACTION: Duration = Duration::from_millis(100);

/// What is to be done, checked.
struct Plan {
    interval: Duration,
    timeout: Option<Duration>,
    children: bool,
    output: Option<PathBuf>,
    force: bool,
}

impl Plan {
    fn new(args: &Sample) -> Result<Self, Error> {
        let time = |name: &str, text: &str| match plan::time(name, text)? {
            0 => Err(Error::Usage(format!(
                "{name} {text}: expected more than nothing"
            ))),
            nanoseconds => Ok(Duration::from_nanos(nanoseconds)),
        };
        let timeout = args.timeout.as_deref();
        let plan = Self {
            interval: time("--interval", &args.interval)?,
            timeout: timeout.map(|text| time("--timeout", text)).transpose()?,
            children: args.include_children,
            output: args.output.clone(),
            force: args.force,
        };
        if let Some(path) = &plan.output {
            check_free(path, plan.force)?;
            check_folder(path)?;
        }
        Ok(plan)
    }
}

/// Samples a process until it ends, and ends as it does.
///
/// # Errors
///
/// If it cannot be started or sampled, or the file cannot be written.
pub fn sample(args: Sample) -> Result<ExitCode, Error> {
    let plan = Plan::new(&args)?;
    let signals = Signals::watch()?;
    let Some(pid) = args.pid else {
        return run(&plan, &args.program, &signals);
    };
    let process = Process::find(pid)
        .map_err(|error| Error::Failed(format!("--pid {pid} cannot be sampled: {error}")))?;
    let command_line = process.command_line();
    let program = command_line.split(|&byte| byte == 0).next();
    let name = file_name(OsStr::from_bytes(program.unwrap_or_default()));
    let mut sampling = Sampling::begin(&plan, process, &name, &command_line)?;
    let (_running, end) = mpsc::channel();
    let ending = sampling.watch(&plan, &end, &signals, true)?;
    sampling.finish()?;
    Ok(match ending {
        Ending::Signal(signal) if signal == SIGTERM => ended_by(signal),
        _ => ExitCode::SUCCESS,
    })
}

fn run(plan: &Plan, program: &[std::ffi::OsString], signals: &Signals) -> Result<ExitCode, Error> {
    let (word, arguments) = program.split_first().ok_or_else(|| {
        Error::Usage("expected a program, or --pid and the number of a process".to_owned())
    })?;
    let child = Command::new(word)
        .args(arguments)
        .spawn()
        .map_err(|error| {
            let name = word.to_string_lossy();
            Error::Failed(format!("{name} cannot be started: {error}"))
        })?;
    let id = child.id();
    // The child is not waited for before it was found, so that it cannot be another one.
    let process = Process::find(id);
    let end = wait_for(child);
    let mut command_line = Vec::new();
    for word in program {
        command_line.extend_from_slice(word.as_bytes());
        command_line.push(0);
    }
    let name = file_name(word);
    let process = process
        .map_err(|error| Error::Failed(format!("{name} ended before it was sampled: {error}")));
    let sampled = process.and_then(|process| {
        let mut sampling = Sampling::begin(plan, process, &name, &command_line)?;
        let ending = sampling.watch(plan, &end, signals, false)?;
        sampling.finish()?;
        Ok(ending)
    });
    let status = match sampled {
        Ok(Ending::Ended(status)) => Ok(status),
        Ok(Ending::Signal(signal)) => return Ok(ended_by(signal)),
        Ok(Ending::Elsewhere) => end.recv(),
        // The program is not to suffer from what happened to its timeline.
        Err(error) => {
            eprintln!("memline: {error}");
            end.recv()
        }
    };
    status
        .map(exit_code)
        .map_err(|_| Error::Failed(format!("{name} cannot be waited for")))
}

/// Tells when a child ends, and how.
fn wait_for(mut child: Child) -> Receiver<ExitStatus> {
    let (told, end) = mpsc::channel();
    thread::spawn(move || {
        if let Ok(status) = child.wait() {
            // Nobody may be listening any more.
            let _ = told.send(status);
        }
    });
    end
}

/// What interrupts memline: it still ends the file.
struct Signals {
    terminated: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
}

impl Signals {
    fn watch() -> Result<Self, Error> {
        let signals = Self {
            terminated: Arc::default(),
            interrupted: Arc::default(),
        };
        for (signal, flag) in [
            (SIGTERM, &signals.terminated),
            (SIGINT, &signals.interrupted),
            (SIGQUIT, &signals.interrupted),
        ] {
            signal_hook::flag::register(signal, Arc::clone(flag))
                .map_err(|error| Error::Failed(format!("signal {signal}: {error}")))?;
        }
        Ok(signals)
    }
}

fn ended_by(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(1))
}

/// Why sampling ended.
enum Ending {
    /// The program ended, which memline had started.
    Ended(ExitStatus),
    /// Memline was asked to end.
    Signal(i32),
    /// The process is gone, or the time is over.
    Elsewhere,
}

/// A timeline that is being sampled.
struct Sampling {
    process: Process,
    path: PathBuf,
    file: timeline::File<File>,
    start: Instant,
    children: BTreeSet<Process>,
    samples: u64,
    peak: u64,
    flushed: Instant,
}

impl Sampling {
    fn begin(
        plan: &Plan,
        process: Process,
        name: &str,
        command_line: &[u8],
    ) -> Result<Self, Error> {
        let default = || PathBuf::from(format!("memline-{name}.{}.memline", process.id()));
        let path = plan.output.clone().unwrap_or_else(default);
        check_free(&path, plan.force)?;
        let wrote = |error| Error::file("write", &path, &error);
        let file = File::create(&path).map_err(wrote)?;
        let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let began = began.map_or(0, |time| time.as_nanos() as u64);
        let facts = first_facts(process, began, command_line);
        let file = timeline::File::new(file, began, &facts).map_err(wrote)?;
        let now = Instant::now();
        Ok(Self {
            process,
            file,
            start: now,
            children: BTreeSet::new(),
            samples: 0,
            peak: 0,
            flushed: now,
            path,
        })
    }

    /// Samples until there is a reason to end.
    fn watch(
        &mut self,
        plan: &Plan,
        end: &Receiver<ExitStatus>,
        signals: &Signals,
        attached: bool,
    ) -> Result<Ending, Error> {
        let mut due = self.start;
        loop {
            let now = Instant::now();
            if now >= due {
                if !self.tick(plan.children)? && attached {
                    return Ok(Ending::Elsewhere);
                }
                // What was missed is not made up for.
                due = (due + plan.interval).max(now);
            }
            let over = plan.timeout.map(|timeout| self.start + timeout);
            if over.is_some_and(|over| now >= over) {
                return Ok(Ending::Elsewhere);
            }
            if signals.terminated.load(Relaxed) {
                return Ok(Ending::Signal(SIGTERM));
            }
            // What a terminal sends goes to the program, too, which decides what follows.
            if attached && signals.interrupted.load(Relaxed) {
                return Ok(Ending::Signal(SIGINT));
            }
            let next = over.map_or(due, |over| over.min(due));
            let pause = next.saturating_duration_since(Instant::now()).min(REACTION);
            match end.recv_timeout(pause) {
                Ok(status) => return Ok(Ending::Ended(status)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Ending::Elsewhere),
            }
        }
    }

    /// Takes a sample. `false` if the process is gone.
    fn tick(&mut self, children: bool) -> Result<bool, Error> {
        let now = self.start.elapsed().as_nanos() as u64;
        let Some(rss) = self.process.rss() else {
            return Ok(false);
        };
        self.samples += 1;
        self.peak = self.peak.max(rss);
        self.add(now, &Record::Sample { rss, live: None })?;
        if children {
            self.sample_children(now)?;
        }
        if self.flushed.elapsed() >= Duration::from_secs(1) {
            self.flushed = Instant::now();
            let flushed = self.file.flush();
            flushed.map_err(|error| Error::file("write", &self.path, &error))?;
        }
        Ok(true)
    }

    fn sample_children(&mut self, now: u64) -> Result<(), Error> {
        let found = BTreeSet::from_iter(self.process.descendants());
        let all: Vec<Process> = self.children.union(&found).copied().collect();
        for child in all {
            let rss = child.rss().filter(|_| found.contains(&child)).unwrap_or(0);
            let process = child.id();
            if rss > 0 || self.children.contains(&child) {
                self.add(now, &Record::Child { process, rss })?;
            }
        }
        self.children = found;
        Ok(())
    }

    fn add(&mut self, now: u64, record: &Record<'_>) -> Result<(), Error> {
        let added = self.file.add(now, record);
        added.map_err(|error| Error::file("write", &self.path, &error))
    }

    fn finish(self) -> Result<(), Error> {
        let mut facts = Vec::new();
        let elapsed = self.start.elapsed().as_nanos() as u64;
        facts::number(Fact::Ended, elapsed, &mut facts);
        let ended = self.file.finish(&facts);
        ended.map_err(|error| Error::file("write", &self.path, &error))?;
        let path = self.path.display();
        eprintln!(
            "memline: {} samples in {}, at most {}, in {path}",
            units::count(self.samples),
            units::time(elapsed),
            units::bytes(self.peak),
        );
        eprintln!("memline: memline plot {path}    or: peak, transform mprof FILE");
        Ok(())
    }
}

fn first_facts(process: Process, began: u64, command_line: &[u8]) -> Vec<u8> {
    let mut facts = Vec::new();
    // A block has room for so much; the rest of a longer command line tells little.
    let command_line = &command_line[..command_line.len().min(16 * 1024)];
    facts::text(Fact::CommandLine, command_line, &mut facts);
    let executable = std::fs::read_link(format!("/proc/{}/exe", process.id()));
    let executable = executable.unwrap_or_default();
    facts::text(Fact::Executable, path_bytes(&executable), &mut facts);
    facts::number(Fact::Process, process.id().into(), &mut facts);
    facts::number(Fact::Began, began, &mut facts);
    facts::text(
        Fact::Recorder,
        env!("CARGO_PKG_VERSION").as_bytes(),
        &mut facts,
    );
    facts
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}
