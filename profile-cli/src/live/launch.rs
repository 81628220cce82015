//! `memline run --live` and `--live-remote`: starts the program, and shows it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use profile_trace::live::End;
use signal_hook::consts::{SIGINT, SIGQUIT};

use super::args::Live;
use super::link::{self, Link};
use super::output::Output;
use super::remote::Relay;
use super::screen;
use crate::Error;
use crate::record::{advice, exit_code};

/// How long a program may take until it allocates for the first time.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often it is looked for meanwhile.
const STEP: Duration = Duration::from_millis(1);

/// Runs the program, shows it, and ends as it does.
///
/// # Errors
///
/// If it cannot be started or shown.
pub fn run(live: &Live, program: &[OsString]) -> Result<ExitCode, Error> {
    if live.live_remote {
        return run_for_others(live, program);
    }
    let has_screen = io::stdout().is_terminal() && io::stdin().is_terminal();
    let mut command = command(program);
    if has_screen {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }
    let mut started = Started::new(command, program)?;
    let mut output = has_screen.then(|| Output::of(&mut started.child));
    let pid = started.child.id();
    let Some(link) = started.link()? else {
        return started.without(output, program);
    };
    let end = started.watch();
    let shown = screen::show(
        link,
        Some(screen::Own {
            end: &end,
            output: output.as_ref(),
        }),
    );
    if let Some(output) = &output {
        output.pass_on();
    }
    if shown.is_err() || end.now().is_none() {
        eprintln!("memline: process {pid} runs on");
    }
    let status = end.wait();
    if let Some(output) = &mut output {
        output.finish();
    }
    link::clean(pid);
    shown?;
    Ok(exit_code(status))
}

fn run_for_others(live: &Live, program: &[OsString]) -> Result<ExitCode, Error> {
    let token = live.token.get();
    if live.bind.is_some() && token.is_none() {
        return Err(Error::Usage(
            "--bind lets other machines look on, so that it needs a token: set MEMLINE_TOKEN, or --token, \
             on both sides"
                .to_owned(),
        ));
    }
    // The port first: without it there is nothing to start.
    let relay = Relay::listen(live.bind, live.port.unwrap_or(0), token)?;
    let started = Started::new(command(program), program)?;
    let pid = started.child.id();
    eprintln!(
        "memline: memline live {} shows process {pid}",
        relay.address()
    );
    let end = started.watch();
    relay.serve(pid, end.clone());
    let status = end.wait();
    relay.finish();
    link::clean(pid);
    eprintln!("memline: {}", super::view::ending(Some(ending(status))));
    Ok(exit_code(status))
}

fn command(program: &[OsString]) -> Command {
    let mut words = program.iter();
    let mut command = Command::new(words.next().map_or(OsStr::new(""), |word| word));
    command
        .args(words)
        .env("MEMLINE_LIVE", process::id().to_string());
    // Tables of `#[profile]` would come between.
    if env::var_os("MEMLINE").is_none() {
        command.env("MEMLINE", "off");
    }
    command
}

/// How a status is told.
pub(super) fn ending(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Status(code),
        (None, signal) => End::Signal(signal.unwrap_or(0)),
    }
}

/// The end of a program, for whoever waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended(Arc<(Mutex<Option<ExitStatus>>, Condvar)>);

impl Ended {
    pub(super) fn now(&self) -> Option<ExitStatus> {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait(&self) -> ExitStatus {
        let mut status = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *status {
                Some(status) => return status,
                None => {
                    status = self
                        .0
                        .1
                        .wait(status)
                        .unwrap_or_else(PoisonError::into_inner)
                }
            }
        }
    }

    /// Waits for it no longer than so.
    pub(super) fn wait_for(&self, time: Duration) -> Option<ExitStatus> {
        let status = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .0
            .1
            .wait_timeout_while(status, time, |status| status.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn set(&self, ended: ExitStatus) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        self.0.1.notify_all();
    }
}

/// A program that has been started.
struct Started {
    child: Child,
    status: Option<ExitStatus>,
}

impl Started {
    fn new(mut command: Command, program: &[OsString]) -> Result<Self, Error> {
        // What interrupts the program must not end memline, which has something to say then.
        for signal in [SIGINT, SIGQUIT] {
            let ignored = signal_hook::flag::register(signal, Arc::default());
            ignored.map_err(|error| Error::Failed(format!("signal {signal}: {error}")))?;
        }
        let child = command.spawn().map_err(|error| {
            let name = program
                .first()
                .map(|name| name.to_string_lossy().into_owned());
            Error::Failed(format!(
                "{} cannot be started: {error}",
                name.unwrap_or_default()
            ))
        })?;
        Ok(Self {
            child,
            status: None,
        })
    }

    /// Connects to it as soon as it listens; `None` if it does not, or has ended.
    fn link(&mut self) -> Result<Option<Link>, Error> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Ok(stream) = link::open(self.child.id()) {
                return Link::over(stream, self.child.id()).map(Some);
            }
            let status = self.child.try_wait();
            self.status = status.map_err(|error| Error::Failed(error.to_string()))?;
            if self.status.is_some() {
                return Ok(None);
            }
            thread::sleep(STEP);
        }
        Ok(None)
    }

    /// Lets a program run to its end that cannot be shown.
    fn without(
        mut self,
        mut output: Option<Output>,
        program: &[OsString],
    ) -> Result<ExitCode, Error> {
        if let Some(output) = &mut output {
            output.pass_on();
        }
        let name = program
            .first()
            .map(|name| name.to_string_lossy().into_owned());
        let advice = advice(&name.unwrap_or_default(), "cannot be looked at");
        if self.status.is_none() {
            eprintln!("memline: {advice}; it runs on");
        }
        let status = self.child.wait();
        if let Some(output) = &mut output {
            output.finish();
        }
        match (self.status, status) {
            (None, Ok(status)) => Ok(exit_code(status)),
            _ => Err(Error::Failed(advice)),
        }
    }

    /// Waits for its end in the background.
    fn watch(mut self) -> Ended {
        let ended = Ended::default();
        let told = ended.clone();
        thread::spawn(move || {
            let status = match self.status {
                Some(status) => Ok(status),
                None => self.child.wait(),
            };
            told.set(status.unwrap_or_else(|_| ExitStatus::from_raw(1 << 8)));
        });
        ended
    }
}
