//! The tree of calls on the terminal.
//!
//! ```text
//! event ─► keys.rs ─► Action ─► state.rs ─► view.rs ─► screen
//! ```

mod keys;
mod state;
mod view;

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use profile_trace::view::View;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event;

use crate::Error;
use crate::profile::Profile;

use state::State;

/// Shows the tree until the user leaves it.
///
/// # Errors
///
/// If there is no terminal, or it fails.
pub fn show(profile: &Profile, view: View) -> Result<(), Error> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::Failed(
            "memline tree needs a terminal; memline summary prints the same figures".to_owned(),
        ));
    }
    let name = Path::new("the terminal");
    let failed = |error| Error::file("be used", name, &error);
    let mut terminal = ratatui::try_init().map_err(failed)?;
    let result = run(&mut terminal, State::new(profile, view));
    ratatui::restore();
    result.map_err(failed)
}

fn run(terminal: &mut DefaultTerminal, mut state: State<'_>) -> io::Result<()> {
    let mut source = Source::default();
    loop {
        source.follow(state.selected_path());
        terminal.draw(|frame| view::draw(&mut state, &source.text, frame))?;
        let action = crate::keys::action(&event::read()?, state.is_typing(), keys::command);
        if let Some(action) = action
            && !state.apply(action)
        {
            return Ok(());
        }
    }
}

/// The source file of the call that is selected.
#[derive(Default)]
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Reads another file, if that is where the selected call is.
    fn follow(&mut self, path: Option<&str>) {
        let path = path.unwrap_or_default();
        if self.path != path {
            path.clone_into(&mut self.path);
            self.text = fs::read_to_string(path).unwrap_or_default();
        }
    }
}
