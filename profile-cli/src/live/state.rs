//! What is shown, and what is selected.

use profile_trace::live::End;

use super::keys::{Action, Command};
use super::model::{By, Group, Model, Sum};

/// What of the heap is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// What lives, by function.
    Live,
    /// What has been allocated since a mark and lives, by function.
    Leaks,
    /// What lives, by type.
    Types,
    /// What lives, by line.
    Lines,
}

impl View {
    fn next(self) -> Self {
        match self {
            Self::Live => Self::Leaks,
            Self::Leaks => Self::Types,
            Self::Types => Self::Lines,
            Self::Lines => Self::Live,
        }
    }

    pub(super) fn by(self) -> By {
        match self {
            Self::Live | Self::Leaks => By::Function,
            Self::Types => By::Type,
            Self::Lines => By::Line,
        }
    }

    /// The bytes of a sum that it is about.
    pub(super) fn bytes(self, sum: &Sum) -> i64 {
        match self {
            Self::Leaks => sum.grown(),
            _ => sum.bytes,
        }
    }
}

/// What rows are sorted by, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Total,
    Own,
    Allocations,
}

/// What the user has asked of the program, and is for the loop to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Leave,
    Record,
}

/// A group that is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Its index.
    pub(super) group: u32,
    pub(super) total: i64,
    pub(super) own: i64,
    pub(super) allocs: u64,
}

/// The state of the screen.
pub(super) struct State {
    pub(super) model: Model,
    pub(super) view: View,
    pub(super) sort: Sort,
    pub(super) thread: Option<u32>,
    /// What is not only whitespace of what was typed filters rows.
    pub(super) wanted: String,
    typing: bool,
    pub(super) is_paused: bool,
    pub(super) shows_output: bool,
    pub(super) rows: Vec<Shown>,
    /// The group that is selected, and which row it is.
    selected: Option<u32>,
    pub(super) cursor: usize,
    pub(super) top: usize,
    /// The group whose stacks are shown.
    pub(super) expanded: Option<u32>,
    /// What the program said last of a request.
    pub(super) message: Option<String>,
    /// Whether a recording that was asked for goes on.
    pub(super) is_recording: bool,
    /// Whether the program is gone.
    pub(super) is_gone: bool,
}

impl State {
    pub(super) fn new(model: Model) -> Self {
        let mut state = Self {
            model,
            view: View::Live,
            sort: Sort::Total,
            thread: None,
            wanted: String::new(),
            typing: false,
            is_paused: false,
            shows_output: false,
            rows: Vec::new(),
            selected: None,
            cursor: 0,
            top: 0,
            expanded: None,
            message: None,
            is_recording: false,
            is_gone: false,
        };
        state.list();
        state
    }

    /// Whether letters belong to a search.
    pub(super) fn is_typing(&self) -> bool {
        self.typing
    }

    /// Does what the user wants.
    pub(super) fn apply(&mut self, action: Action) -> Wish {
        match action {
            Action::Move(rows) => self.go_to(self.cursor.saturating_add_signed(rows)),
            Action::First => self.go_to(0),
            Action::Last => self.go_to(usize::MAX),
            Action::Own(Command::Expand) => {
                let here = self.selected;
                self.expanded = if self.expanded == here { None } else { here };
            }
            Action::Own(Command::NextSort) => {
                self.sort = match self.sort {
                    Sort::Total => Sort::Own,
                    Sort::Own => Sort::Allocations,
                    Sort::Allocations => Sort::Total,
                }
            }
            Action::Own(Command::NextView) => {
                self.view = self.view.next();
                self.look();
            }
            Action::Own(Command::NextThread) => self.turn_thread(1),
            Action::Own(Command::PreviousThread) => self.turn_thread(-1),
            Action::Search => {
                self.typing = true;
                self.wanted.clear();
            }
            Action::Type(letter) => self.wanted.push(letter),
            Action::Erase => drop(self.wanted.pop()),
            Action::Enter => self.typing = false,
            Action::Cancel => {
                self.typing = false;
                self.wanted.clear();
            }
            Action::Own(Command::Pause) => self.is_paused = !self.is_paused,
            Action::Own(Command::Mark) => self.model.mark(),
            Action::Own(Command::Output) => self.shows_output = !self.shows_output,
            Action::Redraw => {}
            Action::Own(Command::Record) if self.is_gone => {}
            Action::Own(Command::Record) => return Wish::Record,
            Action::Quit => return Wish::Leave,
        }
        self.list();
        Wish::Nothing
    }

    /// Learns how a request went.
    pub(super) fn answered(&mut self, answer: Result<String, String>) {
        match answer {
            Ok(text) => {
                self.is_recording = text.starts_with("recording into");
                self.message = Some(text);
            }
            Err(text) => {
                self.is_recording = false;
                self.message = Some(text);
            }
        }
    }

    /// The program is gone.
    pub(super) fn ended(&mut self, end: Option<End>) {
        self.is_gone = true;
        self.is_paused = false;
        self.is_recording = false;
        if end.is_some() {
            self.model.end = end;
        }
        self.list();
    }

    fn look(&mut self) {
        self.model.look_at(self.view.by(), self.thread);
        (self.selected, self.expanded) = (None, None);
        (self.cursor, self.top) = (0, 0);
    }

    fn turn_thread(&mut self, step: isize) {
        let threads = self.model.threads();
        let choices: Vec<Option<u32>> = std::iter::once(None)
            .chain(threads.into_iter().map(Some))
            .collect();
        let here = choices.iter().position(|thread| *thread == self.thread);
        let next = here.unwrap_or(0) as isize + step;
        self.thread = choices[next.rem_euclid(choices.len() as isize) as usize];
        self.look();
    }

    fn go_to(&mut self, row: usize) {
        let row = row.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(row).map(|row| row.group);
    }

    /// Lists and sorts the rows again. The same group stays selected.
    pub(super) fn list(&mut self) {
        let wanted = self.wanted.trim().to_lowercase();
        let matches = |group: &Group| {
            wanted.is_empty()
                || group.label.to_lowercase().contains(&wanted)
                || group.place.to_lowercase().contains(&wanted)
        };
        let view = self.view;
        let shown = (0..).zip(self.model.groups()).filter_map(|(index, group)| {
            let row = Shown {
                group: index,
                total: view.bytes(&group.total),
                own: view.bytes(&group.own),
                allocs: group.total.allocs,
            };
            let is_there = match view {
                View::Leaks => row.total > 0,
                _ => group.total.blocks > 0 || group.total.allocs > 0,
            };
            (is_there && matches(group)).then_some(row)
        });
        let mut rows: Vec<Shown> = shown.collect();
        let sort = self.sort;
        let figure = |row: &Shown| match sort {
            Sort::Total => (row.total, row.own),
            Sort::Own => (row.own, row.total),
            Sort::Allocations => (row.allocs as i64, row.total),
        };
        // Groups are numbered as they come, so that equal ones keep their order.
        rows.sort_by_key(|row| (std::cmp::Reverse(figure(row)), row.group));
        self.rows = rows;
        let row = self.selected.and_then(|group| self.row_of(group));
        self.cursor = row.unwrap_or(0);
        self.selected = self.rows.get(self.cursor).map(|row| row.group);
    }

    fn row_of(&self, group: u32) -> Option<usize> {
        self.rows.iter().position(|row| row.group == group)
    }

    /// Scrolls as little as needed for the selected row to be among `height` rows.
    pub(super) fn scroll(&mut self, height: usize) {
        let height = height.max(1);
        let lowest = (self.cursor + 1).saturating_sub(height);
        self.top = self.top.clamp(lowest, self.cursor);
    }
}
