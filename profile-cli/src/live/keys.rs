//! What keys mean.

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// The keys, as the last line of the screen shows them, the most needed first: a narrow screen cuts it.
pub(super) const HELP: &str = "q quit  s sort  v view  t thread  ⏎ stacks  / search  p pause  \
                               m mark  r record  o output";

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// So many rows down, or up.
    Move(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Shows a row's stacks, or hides them.
    Expand,
    /// Sorts by the next column.
    NextSort,
    /// The next view.
    NextView,
    /// The next thread, or the one before; all are between the last and the first.
    NextThread,
    PreviousThread,
    /// Begins to type what is searched for.
    Search,
    /// Adds a letter to it.
    Type(char),
    /// Takes one away.
    Erase,
    /// Ends typing, and keeps what was typed.
    Enter,
    /// Ends typing, or the search.
    Cancel,
    /// Stops or goes on.
    Pause,
    /// Counts growth from now on.
    Mark,
    /// Begins or ends a recording.
    Record,
    /// Shows what the program prints, or not.
    Output,
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
            KeyCode::Enter => Action::Enter,
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
        KeyCode::Enter => Action::Expand,
        KeyCode::Char('s') => Action::NextSort,
        KeyCode::Char('v') => Action::NextView,
        KeyCode::Char('t' | '>') | KeyCode::Right => Action::NextThread,
        KeyCode::Char('T' | '<') | KeyCode::Left => Action::PreviousThread,
        KeyCode::Char('/') => Action::Search,
        KeyCode::Char('p' | ' ') => Action::Pause,
        KeyCode::Char('m') => Action::Mark,
        KeyCode::Char('r') => Action::Record,
        KeyCode::Char('o') => Action::Output,
        KeyCode::Esc => Action::Cancel,
        KeyCode::Char('q') => Action::Quit,
        _ => return None,
    })
}
