//! Shows a program until it ends and the user leaves.
//!
//! ```text
//! program ─► messages ─► model ─► state ─► view ─► screen
//!                          events ─► keys ─┘
//! ```

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use profile_trace::live::{Message, News, Request};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event;

use super::launch::{Ended, ending};
use super::link::Link;
use super::model::Model;
use super::output::Output;
use super::state::{State, Wish};
use super::{keys, plain, view};
use crate::Error;

/// How long the loop waits for a key before it looks at what the program tells.
const WAIT: Duration = Duration::from_millis(50);

/// Lines of output that a screen shows at most.
const LINES: usize = 100;

/// How often a line is printed where there is no terminal.
const EACH: Duration = Duration::from_secs(1);

/// How long the status of a program is waited for that is gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known of a program that memline has started itself.
pub(super) struct Own<'a> {
    pub(super) end: &'a Ended,
    /// What it prints, where that is kept aside.
    pub(super) output: Option<&'a Output>,
}

/// Shows what the program tells, on the terminal or in lines.
pub(super) fn show(mut link: Link, own: Option<Own<'_>>) -> Result<(), Error> {
    link.ask(&Request::Watch);
    let first = link.news.recv();
    if let Ok(message) = &first
        && let Some(News::Failed(text)) = News::read(message.kind, &message.payload)
    {
        return Err(Error::Failed(text.to_owned()));
    }
    let mut model = Model::new();
    if let Ok(message) = first {
        learn(&mut model, &message);
    }
    let failed = |error| Error::file("be used", Path::new("the terminal"), &error);
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let printed = print(&link, model, own.as_ref());
        return printed.map_err(failed);
    }
    let mut terminal = ratatui::try_init().map_err(failed)?;
    let result = run(&mut terminal, link, State::new(model), own.as_ref());
    ratatui::restore();
    result.map_err(failed)
}

/// Takes in a message. What it says of a request is returned.
fn learn(model: &mut Model, message: &Message) -> Option<Result<String, String>> {
    // What a later version of the same protocol may add is passed over.
    let news = News::read(message.kind, &message.payload)?;
    model.learn(news)
}

fn run(
    terminal: &mut DefaultTerminal,
    mut link: Link,
    mut state: State,
    own: Option<&Own<'_>>,
) -> io::Result<()> {
    loop {
        let printed = own
            .and_then(|own| own.output)
            .filter(|_| state.shows_output);
        let printed = printed.map_or_else(Vec::new, |output| output.last_lines(LINES));
        terminal.draw(|frame| view::draw(&mut state, &printed, frame))?;
        loop {
            let is_news = hear(&link, &mut state, own);
            if event::poll(if is_news { Duration::ZERO } else { WAIT })? {
                let action = crate::keys::action(&event::read()?, state.is_typing(), keys::command);
                if let Some(action) = action {
                    match state.apply(action) {
                        Wish::Leave => return Ok(()),
                        Wish::Record => record(&mut link, &state),
                        Wish::Nothing => {}
                    }
                    break;
                }
            }
            if is_news || state.shows_output {
                break;
            }
        }
    }
}

/// Takes in what has come. Whether that completes something to be shown.
fn hear(link: &Link, state: &mut State, own: Option<&Own<'_>>) -> bool {
    if state.is_gone || state.is_paused {
        return false;
    }
    let mut is_news = false;
    loop {
        match link.news.try_recv() {
            Ok(message) => {
                let moments = state.model.moment.time;
                if let Some(answer) = learn(&mut state.model, &message) {
                    state.answered(answer);
                    is_news = true;
                }
                is_news |= state.model.moment.time != moments;
            }
            Err(TryRecvError::Empty) => break,
            Err(TryRecvError::Disconnected) => {
                let status = own.and_then(|own| own.end.wait_for(PATIENCE));
                state.ended(status.map(ending));
                return true;
            }
        }
    }
    if is_news {
        state.list();
    }
    is_news
}

/// Begins or ends a recording.
fn record(link: &mut Link, state: &State) {
    if state.is_recording {
        link.ask(&Request::Stop);
    } else {
        let path = recording(&state.model);
        link.ask(&Request::Record {
            path: path.as_os_str().as_encoded_bytes(),
            duration: 0,
        });
    }
}

/// A file for a recording, in the program's folder, whose name says when it began.
fn recording(model: &Model) -> PathBuf {
    let program = model.facts.command_line.first().map(Path::new);
    let name = program.and_then(Path::file_name).unwrap_or_default();
    let (name, process) = (name.to_string_lossy(), model.process());
    let seconds = model.moment.time / 1_000_000_000;
    Path::new(&model.facts.directory).join(format!("memline-{name}.{process}.{seconds}s.memline"))
}

/// Prints a line each second, and the last state.
fn print(link: &Link, mut model: Model, own: Option<&Own<'_>>) -> io::Result<()> {
    let mut due = Instant::now() + EACH;
    loop {
        match link
            .news
            .recv_timeout(due.saturating_duration_since(Instant::now()))
        {
            Ok(message) => drop(learn(&mut model, &message)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if Instant::now() >= due {
            due += EACH;
            eprintln!("{}", plain::line(&model));
        }
    }
    if let Some(status) = own.and_then(|own| own.end.wait_for(PATIENCE)) {
        model.end = Some(ending(status));
    }
    plain::last(&model, &mut io::stderr().lock())
}
