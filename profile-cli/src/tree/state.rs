//! What is shown, and what is selected.

use std::collections::HashMap;

use profile_trace::view::{Amount, View};

use super::keys::{Action, Command};
use crate::profile::{Frame, Profile, VIEWS, index, sum};

/// A call in the tree that is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The index of its frame.
    pub(super) frame: u32,
    /// What it and all that it called holds.
    pub(super) total: Amount,
    /// What it holds itself.
    pub(super) own: Amount,
    pub(super) parent: Option<usize>,
    pub(super) depth: usize,
    /// The largest first.
    pub(super) children: Vec<usize>,
    pub(super) is_open: bool,
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub(super) profile: &'a Profile,
    pub(super) view: View,
    pub(super) hides_standard: bool,
    pub(super) shows_source: bool,
    /// The tree; outermost calls are in `roots`.
    pub(super) nodes: Vec<Node>,
    roots: Vec<usize>,
    /// The nodes that are on the screen or above or below, in order.
    pub(super) rows: Vec<usize>,
    /// The selected row.
    pub(super) cursor: usize,
    /// The first row on the screen.
    pub(super) top: usize,
    /// What is searched for.
    pub(super) wanted: String,
    typing: bool,
}

impl<'a> State<'a> {
    /// A view of a profile, opened along the largest calls.
    pub(super) fn new(profile: &'a Profile, view: View) -> Self {
        let mut state = Self {
            profile,
            view,
            hides_standard: false,
            shows_source: true,
            nodes: Vec::new(),
            roots: Vec::new(),
            rows: Vec::new(),
            cursor: 0,
            top: 0,
            wanted: String::new(),
            typing: false,
        };
        state.build();
        state
    }

    /// Does what the user wants. `false` if that is to leave.
    pub(super) fn apply(&mut self, action: Action) -> bool {
        match action {
            Action::Move(rows) => self.cursor = self.cursor.saturating_add_signed(rows),
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = self.rows.len(),
            Action::Own(Command::Open) => self.set_open(true),
            Action::Own(Command::Close) => self.close(),
            Action::Own(Command::OpenLargest) => self.open_largest(),
            Action::Own(Command::NextView) => {
                self.view = VIEWS[(index(self.view) + 1) % VIEWS.len()];
                self.build();
            }
            Action::Own(Command::HideStandard) => {
                self.hides_standard = !self.hides_standard;
                self.build();
            }
            Action::Own(Command::ToggleSource) => self.shows_source = !self.shows_source,
            Action::Search => {
                self.typing = true;
                self.wanted.clear();
            }
            Action::Type(letter) => self.wanted.push(letter),
            Action::Erase => drop(self.wanted.pop()),
            Action::Enter | Action::Own(Command::Next) => {
                self.typing = false;
                self.next_match();
            }
            Action::Cancel if !self.typing => return false,
            Action::Cancel => {
                self.typing = false;
                self.wanted.clear();
            }
            Action::Redraw => {}
            Action::Quit => return false,
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        true
    }

    /// Whether letters belong to a search.
    pub(super) fn is_typing(&self) -> bool {
        self.typing
    }

    /// The frame of the selected call.
    pub(super) fn selected(&self) -> Option<&'a Frame> {
        let node = &self.nodes[*self.rows.get(self.cursor)?];
        self.profile.frames.get(node.frame as usize)
    }

    /// Where the source of the selected call is.
    pub(super) fn selected_path(&self) -> Option<&'a str> {
        self.selected()?.path.as_deref()
    }

    /// Scrolls as little as needed for the selected row to be among `height` rows.
    pub(super) fn scroll(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self
            .top
            .clamp((self.cursor + 1).saturating_sub(height), self.cursor);
    }

    /// Builds the tree anew.
    fn build(&mut self) {
        let mut builder = Builder::default();
        for row in &self.profile.rows {
            let amount = row.amount(self.view);
            if amount == Amount::default() {
                continue;
            }
            let mut stack: Vec<u32> = self
                .profile
                .stack(row.call)
                .map(|call| call.frame)
                .filter(|frame| {
                    let frame = &self.profile.frames[*frame as usize];
                    !(self.hides_standard && frame.is_standard())
                })
                .collect();
            stack.reverse();
            builder.add(&stack, amount);
        }
        (self.nodes, self.roots) = builder.finish();
        self.cursor = 0;
        self.top = 0;
        self.list();
        self.open_largest();
        self.cursor = 0;
    }

    /// Lists the rows again, after something was opened or closed.
    fn list(&mut self) {
        self.rows.clear();
        let mut waiting: Vec<usize> = self.roots.iter().rev().copied().collect();
        while let Some(number) = waiting.pop() {
            self.rows.push(number);
            let node = &self.nodes[number];
            if node.is_open {
                waiting.extend(node.children.iter().rev());
            }
        }
    }

    fn set_open(&mut self, is_open: bool) {
        if let Some(number) = self.rows.get(self.cursor) {
            self.nodes[*number].is_open = is_open;
            self.list();
        }
    }

    fn close(&mut self) {
        let Some(number) = self.rows.get(self.cursor).copied() else {
            return;
        };
        let node = &self.nodes[number];
        if node.is_open && !node.children.is_empty() {
            self.set_open(false);
        } else if let Some(parent) = node.parent {
            self.select(parent);
        }
    }

    fn open_largest(&mut self) {
        let mut number = self.rows.get(self.cursor).copied();
        let mut last = number;
        while let Some(node) = number {
            last = number;
            self.nodes[node].is_open = true;
            number = self.nodes[node].children.first().copied();
        }
        self.list();
        if let Some(last) = last {
            self.select(last);
        }
    }

    fn select(&mut self, number: usize) {
        if let Some(row) = self.rows.iter().position(|row| *row == number) {
            self.cursor = row;
        }
    }

    /// Goes to the next call that matches, in the order of the whole tree, and opens what it is in.
    fn next_match(&mut self) {
        if self.wanted.is_empty() {
            return;
        }
        let wanted = self.wanted.to_lowercase();
        let frames = &self.profile.frames;
        let matches = |number: &usize| {
            let frame = &frames[self.nodes[*number].frame as usize];
            frame.function.to_lowercase().contains(&wanted)
                || frame.place().to_lowercase().contains(&wanted)
        };
        let order = self.order();
        let here = self.rows.get(self.cursor).copied();
        let after = order.iter().position(|number| Some(*number) == here);
        let after = after.map_or(0, |position| position + 1);
        let found = order[after..]
            .iter()
            .chain(&order[..after])
            .copied()
            .find(matches);
        if let Some(found) = found {
            let mut parent = self.nodes[found].parent;
            while let Some(number) = parent {
                self.nodes[number].is_open = true;
                parent = self.nodes[number].parent;
            }
            self.list();
            self.select(found);
        }
    }

    /// All nodes, in the order in which they would be shown if all were open.
    fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut waiting: Vec<usize> = self.roots.iter().rev().copied().collect();
        while let Some(number) = waiting.pop() {
            order.push(number);
            waiting.extend(self.nodes[number].children.iter().rev());
        }
        order
    }
}

/// Adds stacks up to a tree.
#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    roots: Vec<usize>,
    known: HashMap<(Option<usize>, u32), usize>,
}

impl Builder {
    fn add(&mut self, stack: &[u32], amount: Amount) {
        let mut parent = None;
        for (depth, frame) in stack.iter().enumerate() {
            let next = self.nodes.len();
            let number = *self.known.entry((parent, *frame)).or_insert(next);
            if number == next {
                self.nodes.push(Node {
                    frame: *frame,
                    parent,
                    depth,
                    ..Node::default()
                });
                match parent {
                    Some(parent) => self.nodes[parent].children.push(number),
                    None => self.roots.push(number),
                }
            }
            let node = &mut self.nodes[number];
            node.total = sum([node.total, amount].into_iter());
            parent = Some(number);
        }
        if let Some(number) = parent {
            let node = &mut self.nodes[number];
            node.own = sum([node.own, amount].into_iter());
        }
    }

    fn finish(mut self) -> (Vec<Node>, Vec<usize>) {
        let totals: Vec<Amount> = self.nodes.iter().map(|node| node.total).collect();
        let by_size = |number: &usize| {
            let Amount { blocks, bytes } = totals[*number];
            std::cmp::Reverse((bytes, blocks))
        };
        self.roots.sort_by_key(by_size);
        for node in &mut self.nodes {
            node.children.sort_by_key(by_size);
        }
        (self.nodes, self.roots)
    }
}
