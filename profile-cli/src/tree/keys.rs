//! What the screen's own keys mean.

use ratatui::crossterm::event::KeyCode;

/// The keys, as the last line of the screen shows them.
pub(super) const HELP: &str =
    "↑↓ move  →← open, close  ⏎ deepest  v view  h hide std  / n search  s source  q quit";

/// What the user wants.
pub(super) type Action = crate::keys::Action<Command>;

/// What this screen alone can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Shows the callees.
    Open,
    /// Hides the callees, or else goes to the caller.
    Close,
    /// Shows the largest callees down to where memory was allocated.
    OpenLargest,
    /// The next view.
    NextView,
    /// Shows the standard library, or not.
    HideStandard,
    /// Shows the source, or not.
    ToggleSource,
    /// Goes to the next match.
    Next,
}

/// What a key means.
pub(super) fn command(code: KeyCode) -> Option<Command> {
    Some(match code {
        KeyCode::Right | KeyCode::Char('l') => Command::Open,
        KeyCode::Left => Command::Close,
        KeyCode::Enter => Command::OpenLargest,
        KeyCode::Char('v') => Command::NextView,
        KeyCode::Char('h') => Command::HideStandard,
        KeyCode::Char('s') => Command::ToggleSource,
        KeyCode::Char('n') => Command::Next,
        _ => return None,
    })
}
