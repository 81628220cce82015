//! What keys mean on every screen that lists rows.

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// What the user of such a screen wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action<Command> {
    /// So many rows down, or up.
    Move(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Begins to type what is searched for.
    Search,
    /// Adds a letter to it.
    Type(char),
    /// Takes one away.
    Erase,
    /// Ends typing, and keeps what was typed.
    Enter,
    /// Ends typing, or whatever else there is to end.
    Cancel,
    /// The size of the terminal has changed.
    Redraw,
    /// Leaves.
    Quit,
    /// What this screen alone can do.
    Own(Command),
}

/// What an event means, while a search is typed or not; `own` says what the screen's own keys do.
pub(crate) fn action<Command>(
    event: &Event,
    typing: bool,
    own: impl FnOnce(KeyCode) -> Option<Command>,
) -> Option<Action<Command>> {
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
        KeyCode::Char('/') => Action::Search,
        KeyCode::Esc => Action::Cancel,
        KeyCode::Char('q') => Action::Quit,
        code => Action::Own(own(code)?),
    })
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    fn check(code: KeyCode, typing: bool, expected: Option<Action<char>>) {
        let event = Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
        let own = |code| match code {
            KeyCode::Char(letter @ 'a'..='c') => Some(letter),
            _ => None,
        };
        assert_eq!(action(&event, typing, own), expected, "{code:?}");
    }

    #[test]
    fn letters_are_commands_until_a_search_is_typed() {
        check(KeyCode::Char('j'), false, Some(Action::Move(1)));
        check(KeyCode::Char('a'), false, Some(Action::Own('a')));
        check(KeyCode::Char('z'), false, None);
        check(KeyCode::Enter, false, None);
        for letter in ['j', 'a', 'q'] {
            check(KeyCode::Char(letter), true, Some(Action::Type(letter)));
        }
        check(KeyCode::Enter, true, Some(Action::Enter));
        check(KeyCode::Up, true, None);
        let leave = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for typing in [false, true] {
            let leaves = action(&Event::Key(leave), typing, |_| None::<char>);
            assert_eq!(leaves, Some(Action::Quit));
        }
    }
}
