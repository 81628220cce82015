//! Adds a heap up by line, stack, type, function or crate.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
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

/// The frame that an allocation is charged to: the innermost outside of the standard library, whose
/// own lines say nothing about the program; for what it does by itself, what of `std` did it.
fn charged(calls: &Calls) -> Option<&symbols::Frame> {
    let own = frames(calls).find(|frame| !frame.is_standard());
    let std = || frames(calls).find(|frame| frame.krate() == "std");
    own.or_else(std).or_else(|| frames(calls).next())
}

/// The frames that a person looks for: those outside of the standard library, if there are any.
fn shown(calls: &Calls) -> Vec<&symbols::Frame> {
    let own: Vec<_> = frames(calls).filter(|frame| !frame.is_standard()).collect();
    if own.is_empty() {
        frames(calls).collect()
    } else {
        own
    }
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

/// What tells a group from others, and the frames that it shows, the innermost first.
struct Group<'a> {
    identity: String,
    label: String,
    frames: Vec<&'a symbols::Frame>,
}

impl<'a> Group<'a> {
    fn of(frame: &'a symbols::Frame, key: Key) -> Self {
        let (label, shows) = match key {
            Key::Function => (frame.function.clone(), true),
            Key::Crate => (frame.krate().to_owned(), false),
            Key::Line | Key::Stack | Key::Type => (place(frame), true),
        };
        Self {
            identity: label.clone(),
            label,
            frames: if shows { vec![frame] } else { Vec::new() },
        }
    }

    /// The group of a whole stack.
    fn of_stack(calls: &'a Calls, key: Key) -> Self {
        let Some(charged) = charged(calls) else {
            let label = "(no stack)".to_owned();
            return Self {
                identity: label.clone(),
                label,
                frames: Vec::new(),
            };
        };
        match key {
            Key::Stack => {
                let frames = shown(calls);
                let places: Vec<String> = frames.iter().map(|frame| place(frame)).collect();
                Self {
                    identity: places.join("\n"),
                    label: place(charged),
                    frames,
                }
            }
            Key::Type => {
                let label = types::of(frames(calls));
                let label = label.unwrap_or_else(|| format!("in {}", charged.function));
                Self {
                    identity: label.clone(),
                    label,
                    frames: Vec::new(),
                }
            }
            Key::Crate => {
                // Where functions have no paths, that of the one that it was inlined into tells.
                let crates = frames(calls).skip_while(|frame| !std::ptr::eq(*frame, charged));
                let mut crates = crates.map(symbols::Frame::krate);
                let label = crates
                    .find(|krate| !krate.is_empty())
                    .unwrap_or("(not Rust)");
                Self {
                    identity: label.to_owned(),
                    label: label.to_owned(),
                    frames: Vec::new(),
                }
            }
            Key::Line | Key::Function => Self::of(charged, key),
        }
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
        let mut statistics = Vec::<Statistic>::new();
        let mut index_of = HashMap::<String, usize>::new();
        let mut amounts = amounts.into_iter();
        self.named(|calls| {
            let (blocks, bytes) = amounts.next().unwrap_or_default();
            if blocks == 0 {
                return;
            }
            let groups = if cumulative && !matches!(key, Key::Stack | Key::Type) {
                // A recursive function counts once per stack.
                let mut groups: Vec<Group<'_>> = shown(calls)
                    .into_iter()
                    .map(|frame| Group::of(frame, key))
                    .collect();
                groups.sort_by(|a, b| a.identity.cmp(&b.identity));
                groups.dedup_by(|a, b| a.identity == b.identity);
                groups
            } else {
                vec![Group::of_stack(calls, key)]
            };
            for group in groups {
                let index = match index_of.entry(group.identity) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        let frames = group.frames.iter().rev().map(|frame| Frame::from(*frame));
                        statistics.push(Statistic {
                            label: group.label,
                            frames: frames.collect(),
                            bytes: 0,
                            blocks: 0,
                            change: None,
                        });
                        *new.insert(statistics.len() - 1)
                    }
                };
                let statistic = &mut statistics[index];
                statistic.bytes += bytes;
                statistic.blocks += blocks;
            }
        });
        statistics.sort_by(Statistic::largest_first);
        statistics
    }

    /// What passes the filters.
    pub(crate) fn filter(&self, filters: &[Filter]) -> Self {
        let mut index = 0;
        let passes: Vec<Vec<bool>> = self.named(|calls| {
            let innermost = charged(calls).map(Frame::from);
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
