//! Adds a heap up by line, stack, type, function or crate.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use profile_trace::{symbols, types};

use super::heap::{Heap, Row};
use crate::trace::{Filter, Frame, Key, Statistic};

type Calls = [Arc<[symbols::Frame]>];

/// The frames of a stack, the innermost first, without memline's own.
fn frames(calls: &Calls) -> impl Iterator<Item = &symbols::Frame> + Clone {
    let all = calls.iter().flat_map(|call| call.iter());
    all.filter(|frame| !frame.is_memlines())
}

/// Whose code a frame is.
trait Origin: Copy {
    fn is_standard(self) -> bool;
    /// Of the crate `std` itself.
    fn is_std(self) -> bool;
}

impl Origin for &symbols::Frame {
    fn is_standard(self) -> bool {
        symbols::Frame::is_standard(self)
    }

    fn is_std(self) -> bool {
        self.krate() == "std"
    }
}

/// The frame that an allocation is charged to: the innermost outside of the standard library, whose
/// own lines say nothing about the program; for what it does by itself, what of `std` did it.
fn charged<T: Origin>(mut frames: impl Iterator<Item = T> + Clone) -> Option<T> {
    let own = frames.clone().find(|frame| !frame.is_standard());
    let std = || frames.clone().find(|frame| frame.is_std());
    own.or_else(std).or_else(|| frames.next())
}

/// The frames that a person looks for: those outside of the standard library, if there are any.
fn shown(calls: &Calls) -> Vec<&symbols::Frame> {
    let has_own = frames(calls).any(|frame| !frame.is_standard());
    frames(calls)
        .filter(|frame| !has_own || !frame.is_standard())
        .collect()
}

impl From<&symbols::Frame> for Frame {
    fn from(frame: &symbols::Frame) -> Self {
        Self {
            function: frame.function.clone(),
            file: frame.file.clone(),
            path: frame.path.clone(),
            line: frame.line,
        }
    }
}

fn place(frame: &symbols::Frame) -> String {
    match (&frame.file, frame.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        _ => frame.function.clone(),
    }
}

/// What is to be known of a frame, found out once for all stacks that lead through it.
struct Known {
    frame: Arc<Frame>,
    /// The number of what it is called by the key.
    label: u32,
    is_standard: bool,
    is_std: bool,
}

/// What is known of a frame, with its number.
impl Origin for (u32, &Known) {
    fn is_standard(self) -> bool {
        self.1.is_standard
    }

    fn is_std(self) -> bool {
        self.1.is_std
    }
}

/// Names by number, each once.
#[derive(Default)]
struct Labels {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Labels {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// Adds stacks up.
struct Groups {
    key: Key,
    cumulative: bool,
    labels: Labels,
    known: Vec<Known>,
    /// The frames of each call, by where they lie, as long as they do.
    calls: HashMap<*const symbols::Frame, (Arc<[symbols::Frame]>, Range<u32>)>,
    statistics: Vec<Statistic>,
    /// By what tells a group from others: the numbers of its labels.
    index_of: HashMap<Box<[u32]>, usize>,
    /// Of the stack that is looked at, the frames that are shown, and their labels.
    shown: Vec<u32>,
    identity: Vec<u32>,
}

impl Groups {
    fn new(key: Key, cumulative: bool) -> Self {
        Self {
            key,
            cumulative: cumulative && !matches!(key, Key::Stack | Key::Type),
            labels: Labels::default(),
            known: Vec::new(),
            calls: HashMap::new(),
            statistics: Vec::new(),
            index_of: HashMap::new(),
            shown: Vec::new(),
            identity: Vec::new(),
        }
    }

    /// What is known of a call's frames.
    fn call(&mut self, call: &Arc<[symbols::Frame]>) -> Range<u32> {
        if let Some((_, known)) = self.calls.get(&call.as_ptr()) {
            return known.clone();
        }
        let start = self.known.len() as u32;
        for frame in call.iter().filter(|frame| !frame.is_memlines()) {
            let label = match self.key {
                Key::Function => self.labels.number(&frame.function),
                Key::Crate => self.labels.number(frame.krate()),
                Key::Line | Key::Stack | Key::Type => self.labels.number(&place(frame)),
            };
            self.known.push(Known {
                frame: Arc::new(frame.into()),
                label,
                is_standard: frame.is_standard(),
                is_std: frame.is_std(),
            });
        }
        let known = start..self.known.len() as u32;
        self.calls
            .insert(call.as_ptr(), (call.clone(), known.clone()));
        known
    }

    fn label(&self, frame: u32) -> u32 {
        self.known[frame as usize].label
    }

    /// Adds what lives of one stack.
    fn add(&mut self, calls: &Calls, blocks: u64, bytes: u64) {
        let mut stack = std::mem::take(&mut self.shown);
        stack.clear();
        for call in calls {
            stack.extend(self.call(call));
        }
        let known = |number: &u32| (*number, &self.known[*number as usize]);
        let charged = charged(stack.iter().map(known));
        let has_own = charged.is_some_and(|frame| !frame.is_standard());
        let charged = charged.map(|(number, _)| number);
        let label_of_crate = || {
            // Where functions have no paths, that of the one that it was inlined into tells.
            let crates = stack.iter().map(|frame| self.label(*frame));
            let mut crates = crates.skip(stack.iter().position(|frame| Some(*frame) == charged)?);
            crates.find(|label| !self.labels.texts[*label as usize].is_empty())
        };
        let label_of_crate = label_of_crate();
        if has_own {
            stack.retain(|frame| !self.known[*frame as usize].is_standard);
        }
        match (charged, self.key) {
            (None, _) => {
                let label = self.labels.number("(no stack)");
                self.add_to(&[label], label, &[], blocks, bytes);
            }
            (Some(_), _) if self.cumulative => {
                let shows = self.key != Key::Crate;
                // A recursive function counts once per stack.
                let mut seen = Vec::new();
                for frame in &stack {
                    let label = self.label(*frame);
                    if !seen.contains(&label) {
                        seen.push(label);
                        let frames = if shows { &[*frame][..] } else { &[] };
                        self.add_to(&[label], label, frames, blocks, bytes);
                    }
                }
            }
            (Some(charged), Key::Stack) => {
                let mut identity = std::mem::take(&mut self.identity);
                identity.clear();
                identity.extend(stack.iter().map(|frame| self.label(*frame)));
                self.add_to(&identity, self.label(charged), &stack, blocks, bytes);
                self.identity = identity;
            }
            (Some(charged), Key::Type) => {
                let label = match types::of(frames(calls)) {
                    Some(label) => self.labels.number(&label),
                    None => {
                        let function = &self.known[charged as usize].frame.function;
                        self.labels.number(&format!("in {function}"))
                    }
                };
                self.add_to(&[label], label, &[], blocks, bytes);
            }
            (Some(_), Key::Crate) => {
                let label = label_of_crate.unwrap_or_else(|| self.labels.number("(not Rust)"));
                self.add_to(&[label], label, &[], blocks, bytes);
            }
            (Some(charged), Key::Line | Key::Function) => {
                let label = self.label(charged);
                self.add_to(&[label], label, &[charged], blocks, bytes);
            }
        }
        self.shown = stack;
    }

    /// Adds to the group that is told by `identity`; `frames` are those that it shows, the innermost first.
    fn add_to(&mut self, identity: &[u32], label: u32, frames: &[u32], blocks: u64, bytes: u64) {
        let index = match self.index_of.get(identity) {
            Some(known) => *known,
            None => {
                let frames = frames.iter().rev();
                self.statistics.push(Statistic {
                    label: self.labels.texts[label as usize].clone(),
                    frames: frames
                        .map(|frame| self.known[*frame as usize].frame.clone())
                        .collect(),
                    ..Statistic::default()
                });
                self.index_of
                    .insert(identity.into(), self.statistics.len() - 1);
                self.statistics.len() - 1
            }
        };
        let statistic = &mut self.statistics[index];
        statistic.bytes += bytes;
        statistic.blocks += blocks;
    }
}

impl Heap {
    /// What lives by `key`, the largest first; with `cumulative`, in whatever the stacks lead through.
    pub(crate) fn statistics(&self, key: Key, cumulative: bool) -> Vec<Statistic> {
        let mut amounts = vec![(0, 0); self.stacks.len()];
        for row in &self.rows {
            let amount = &mut amounts[row.stack as usize];
            amount.0 += row.blocks;
            amount.1 += row.bytes;
        }
        let mut groups = Groups::new(key, cumulative);
        let mut amounts = amounts.into_iter();
        self.named(|calls| {
            let (blocks, bytes) = amounts.next().unwrap_or_default();
            if blocks > 0 {
                groups.add(calls, blocks, bytes);
            }
        });
        let mut statistics = groups.statistics;
        statistics.sort_by(Statistic::largest_first);
        statistics
    }

    /// What passes the filters.
    pub(crate) fn filter(&self, filters: &[Filter]) -> Self {
        let mut index = 0;
        let passes: Vec<Vec<bool>> = self.named(|calls| {
            let innermost = charged(frames(calls)).map(Frame::from);
            let all: Vec<Frame> = shown(calls).into_iter().map(Frame::from).collect();
            index += 1;
            let matches = |filter: &Filter| {
                if filter.looks_at_all_frames() {
                    all.iter().any(|frame| filter.matches_frame(frame))
                } else {
                    innermost
                        .as_ref()
                        .is_some_and(|frame| filter.matches_frame(frame))
                }
            };
            filters.iter().map(matches).collect()
        });
        let name_of: HashMap<u32, &str> = self
            .threads
            .iter()
            .map(|thread| (thread.number, &*thread.name))
            .collect();
        self.retain(|row: &Row| {
            let name = name_of.get(&row.thread).copied().unwrap_or_default();
            let stack = &passes[row.stack as usize];
            Filter::let_pass(filters, |index, filter| {
                stack[index] && filter.matches_thread(row.thread, name)
            })
        })
    }

    /// The frames of a stack, the oldest first.
    pub(crate) fn traceback(stack: super::stacks::Stack) -> Vec<Frame> {
        let heap = Self::of_stacks([stack].into_iter());
        let mut named =
            heap.named(|calls| shown(calls).into_iter().rev().map(Frame::from).collect());
        named.pop().unwrap_or_default()
    }

    /// Gives `look` the lines that each stack leads through, each once.
    pub(super) fn places(&self, mut look: impl FnMut(&[(&str, u32)])) {
        self.named(|calls| {
            let places = frames(calls).filter_map(|frame| frame.path.as_deref().zip(frame.line));
            let mut places: Vec<(&str, u32)> = places.collect();
            places.sort_unstable();
            places.dedup();
            look(&places);
        });
    }
}
