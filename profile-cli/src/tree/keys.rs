//! What keys mean.

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// The keys, as the last line of the screen shows them.
pub(super) const HELP: &str =
    "↑↓ move  →← open, close  ⏎ deepest  v view  h hide std  / n search  s source  q quit";

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// So many rows down, or up.
    Move(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
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
    /// Begins to type what is searched for.
    Search,
    /// Adds a letter to it.
    Type(char),
    /// Takes one away.
    Erase,
    /// Goes to the next match.
    Next,
    /// Ends typing, without a search.
    Cancel,
    /// The size of the terminal has changed.
    Redraw,
    /// Leaves.
    Quit,
}

/// What an event means, while a search is typed or not.
pub(super) fn action(event: &Event, typing: bool) -> Option<Action> {
    let key = match event {
        Event::Resize(..) => return Some(Action::Redraw),
        Event::Key(key) if key.kind == KeyEventKind::Press => key,
        _ => return None,
    };
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Action::Quit);
    }
    if typing {
        return Some(match key.code {
            KeyCode::Char(letter) => Action::Type(letter),
            KeyCode::Backspace => Action::Erase,
            KeyCode::Enter => Action::Next,
            KeyCode::Esc => Action::Cancel,
            _ => return None,
        });
    }
    Some(match key.code {
        KeyCode::Up | KeyCode::Char('k') => Action::Move(-1),
        KeyCode::Down | KeyCode::Char('j') => Action::Move(1),
        KeyCode::PageUp => Action::Move(-20),
        KeyCode::PageDown => Action::Move(20),
        KeyCode::Home | KeyCode::Char('g') => Action::First,
        KeyCode::End | KeyCode::Char('G') => Action::Last,
        KeyCode::Right | KeyCode::Char('l') => Action::Open,
        KeyCode::Left => Action::Close,
        KeyCode::Enter => Action::OpenLargest,
        KeyCode::Char('v') => Action::NextView,
        KeyCode::Char('h') => Action::HideStandard,
        KeyCode::Char('s') => Action::ToggleSource,
        KeyCode::Char('/') => Action::Search,
        KeyCode::Char('n') => Action::Next,
        KeyCode::Char('q') | KeyCode::Esc => Action::Quit,
        _ => return None,
    })
}
