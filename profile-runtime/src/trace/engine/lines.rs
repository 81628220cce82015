//! What lines of source retain and churn: figures for the tables of profiled functions.

use std::collections::HashMap;

use super::blocks;
use super::heap::Heap;
use super::stacks::SHARED;
use super::{apart, is_on};
use crate::signal_report;

/// Bytes that were allocated at a line, or by what it called, since tracing began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Of blocks that live.
    pub(crate) retained: u64,
    /// Of blocks that were freed again, by whomever. A reallocation frees a block and makes another.
    pub(crate) churned: u64,
}

/// What lines hold, by the ends of their files' paths.
pub(crate) struct Lines(HashMap<u32, Vec<(String, Held)>>);

impl Lines {
    /// What all lines hold now; `None` while nothing is traced, and in a signal handler, which may have
    /// interrupted a thread that holds what is needed.
    ///
    /// Where the program has no lines, nothing is known of them, and `notes` says why.
    pub(crate) fn now(notes: &mut Vec<String>) -> Option<Self> {
        if !is_on() || signal_report::is_mine() {
            return None;
        }
        let (lines, problems) = apart(|| {
            let churned = SHARED.lock().churned();
            let mut held: Vec<Held> = churned
                .into_iter()
                .map(|churned| Held {
                    churned,
                    retained: 0,
                })
                .collect();
            for block in blocks::all() {
                if let Some(held) = held.get_mut(block.stack as usize) {
                    held.retained += block.size();
                }
            }
            let used = (0..).zip(held).filter(|(_, held)| *held != Held::default());
            let (numbers, held): (Vec<u32>, Vec<Held>) = used.unzip();
            let stacks = numbers.iter().map(|number| SHARED.lock().stack(*number));
            let heap = Heap::of_stacks(stacks);
            let mut lines = HashMap::<(String, u32), Held>::new();
            let mut held = held.into_iter();
            heap.places(|places| {
                let held = held.next().unwrap_or_default();
                for &(path, line) in places {
                    let sum = lines.entry((path.to_owned(), line)).or_default();
                    sum.retained += held.retained;
                    sum.churned += held.churned;
                }
            });
            let mut by_line = HashMap::<u32, Vec<(String, Held)>>::new();
            for ((path, line), held) in lines {
                by_line.entry(line).or_default().push((path, held));
            }
            (Self(by_line), heap.notes())
        });
        notes.extend(problems.iter().cloned());
        let known = problems.is_empty();
        apart(|| drop(problems));
        known.then_some(lines)
    }

    /// What a line holds. `file` is as the compiler names it: relative to where it ran, perhaps.
    pub(crate) fn of(&self, file: &str, line: u32) -> Held {
        let ends_in_file = |path: &str| {
            let rest = path.strip_suffix(file);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let all = self.0.get(&line).into_iter().flatten();
        let found = all.filter(|(path, _)| ends_in_file(path));
        found.fold(Held::default(), |sum, (_, held)| Held {
            retained: sum.retained + held.retained,
            churned: sum.churned + held.churned,
        })
    }
}
