//! What grew between two recordings, as a flame graph.

use std::collections::HashMap;
use std::io::{self, Write};

use super::facts::facts;
use super::flamedata::{Data, Recorded, Spans, threads};
use super::flamegraph::{program, write};
use super::lens::Lens;
use super::prune::pruned;
use super::{Input, Reporter};
use crate::profile::{Frame, Profile, ROOT, Row, TreeBuilder, Types};

/// A differential flame graph as a page: what grew since another recording is red, what shrank blue.
///
/// Calls of both are the same if their functions and files are, and threads if their names are: lines
/// move, and numbers are given anew, while a program is worked on.
#[derive(Debug)]
pub struct FlameDiff {
    /// The recording that was made before.
    pub before: Profile,
    /// The most calls in the tree; what is cut is merged, and says so.
    pub limit: usize,
}

impl Reporter for FlameDiff {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (before, after) = (&self.before, input.profile);
        let mut merge = Merge::default();
        let rows = [after, before].map(|profile| merge.rows(profile));
        let Merge {
            tree,
            number_of,
            types,
        } = merge;
        let (frames, calls) = tree.finish();
        let pruned = pruned(&frames, &calls, &[&rows[0], &rows[1]], self.limit);
        let rows = rows.map(|rows| pruned.rows(&rows));
        let lens = Lens::new(types.names(), &[&rows[0], &rows[1]]);
        let [after_rows, before_rows] = rows.map(|rows| lens.rows(&rows));
        let thread_name = |number: u32| {
            let found = number_of.iter().find(|(_, known)| **known == number);
            found.map(|(name, _)| name.clone()).unwrap_or_default()
        };
        let data = Data::new(
            input,
            Recorded {
                frames: &pruned.frames,
                calls: &pruned.calls,
                rows: &after_rows,
                types: &lens.names,
                before: Some((before, &before_rows)),
                threads: threads(&[&after_rows, &before_rows], thread_name),
                facts: both(
                    &Input {
                        profile: before,
                        ..*input
                    },
                    input,
                ),
                spans: Spans::default(),
                lives: Vec::new(),
            },
        );
        write(&format!("{} compared", program(after)), &data, out)
    }
}

/// The facts of both recordings, side by side.
fn both(before: &Input<'_>, after: &Input<'_>) -> Vec<Vec<String>> {
    let [before, after] = [before, after].map(facts);
    let old: HashMap<_, _> = before.into_iter().collect();
    let mut rows = vec![vec![String::new(), "Before".to_owned(), "After".to_owned()]];
    rows.extend(after.into_iter().map(|(name, value)| {
        let old = old.get(name).cloned().unwrap_or_default();
        vec![name.to_owned(), old, value]
    }));
    rows
}

/// One tree of calls of several recordings, and the numbers of threads and types by their names.
#[derive(Default)]
struct Merge {
    tree: TreeBuilder,
    number_of: HashMap<String, u32>,
    types: Types,
}

impl Merge {
    /// The rows of a recording, with the numbers of the tree.
    fn rows(&mut self, profile: &Profile) -> Vec<Row> {
        let mut calls = vec![ROOT];
        for call in &profile.calls {
            let frame = &profile.frames[call.frame as usize];
            let frame = Frame {
                line: None,
                path: None,
                instance: None,
                ..frame.clone()
            };
            let parent = calls[call.parent as usize];
            calls.push(self.tree.callee(parent, &frame));
        }
        let row = |row: &Row| {
            let next = self.number_of.len() as u32 + 1;
            let name = profile.thread_name(row.thread);
            Row {
                thread: *self.number_of.entry(name).or_insert(next),
                call: calls[row.call as usize],
                ..*row
            }
        };
        self.types.rows(profile).iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use profile_trace::view::View;

    use super::super::Paint;
    use super::super::sample::{data_of, profile};
    use super::*;
    use crate::profile::Filter;

    fn compared(before: Profile, after: &Profile) -> serde_json::Value {
        let input = Input {
            profile: after,
            view: View::Peak,
            filter: &Filter::default(),
            paint: Paint::default(),
        };
        data_of(&FlameDiff { before, limit: 100 }, &input)
    }

    #[test]
    fn the_same_calls_lie_side_by_side_wherever_their_lines_are() {
        let mut before = profile();
        for frame in &mut before.frames {
            frame.line = frame.line.map(|line| line + 5);
        }
        before.rows[0].amounts[0].bytes = 100;
        before.rows.truncate(2);
        // The worker had another number.
        for thread in &mut before.threads {
            thread.number += 7;
        }
        for row in &mut before.rows {
            row.thread += 7;
        }
        let data = compared(before, &profile());
        let rows = data["rows"].as_array().expect("it is a list");
        assert_eq!(rows.len(), 3);
        let column = |row: usize, at: usize| rows[row][at].as_u64().expect("it is a number");
        // Bytes at the peak, after and before.
        assert_eq!((column(0, 3), column(0, 11)), (5 << 20, 100));
        assert_eq!((column(1, 3), column(1, 11)), (2048, 2048));
        assert_eq!((column(2, 3), column(2, 11)), (1 << 20, 0));
        assert_eq!(data["threads"][1][1], "worker");
        assert_eq!(data["calls"].as_array().map(Vec::len), Some(8));
        assert_eq!(data["facts"][0], serde_json::json!(["", "Before", "After"]));
    }

    #[test]
    fn what_has_gone_is_still_there() {
        let mut after = profile();
        after.rows.truncate(1);
        let data = compared(profile(), &after);
        let rows = data["rows"].as_array().expect("it is a list");
        let gone = &rows[2];
        assert_eq!(
            (gone[3].as_u64(), gone[11].as_u64()),
            (Some(0), Some(1 << 20))
        );
    }
}
