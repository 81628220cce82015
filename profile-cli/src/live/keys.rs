//! What the screen's own keys mean.

use ratatui::crossterm::event::KeyCode;

/// The keys, as the last line of the screen shows them, the most needed first: a narrow screen cuts it.
pub(super) const HELP: &str = "q quit  s sort  v view  t thread  ⏎ stacks  / search  p pause  \
                               m mark  r record  o output";

/// What the user wants.
pub(super) type Action = crate::keys::Action<Command>;

/// What this screen alone can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Shows a row's stacks, or hides them.
    Expand,
    /// Sorts by the next column.
    NextSort,
    /// The next view.
    NextView,
    /// The next thread, or the one before; all are between the last and the first.
    NextThread,
    PreviousThread,
    /// Stops or goes on.
    Pause,
    /// Counts growth from now on.
    Mark,
    /// Begins or ends a recording.
    Record,
    /// Shows what the program prints, or not.
    Output,
}

/// What a key means.
pub(super) fn command(code: KeyCode) -> Option<Command> {
    Some(match code {
        KeyCode::Enter => Command::Expand,
        KeyCode::Char('s') => Command::NextSort,
        KeyCode::Char('v') => Command::NextView,
        KeyCode::Char('t' | '>') | KeyCode::Right => Command::NextThread,
        KeyCode::Char('T' | '<') | KeyCode::Left => Command::PreviousThread,
        KeyCode::Char('p' | ' ') => Command::Pause,
        KeyCode::Char('m') => Command::Mark,
        KeyCode::Char('r') => Command::Record,
        KeyCode::Char('o') => Command::Output,
        _ => return None,
    })
}
