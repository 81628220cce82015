//! What the script of a flame graph's page reads.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Input;
use crate::profile::{Call, Frame, Profile, Row, VIEWS, name, title};

/// What the page's script reads. Long lists are lists of numbers, which are short to write.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    command: String,
    filter: String,
    view: &'static str,
    /// Names and values, of which a comparison has two.
    facts: Vec<Vec<String>>,
    notes: Vec<&'a str>,
    views: Vec<View>,
    /// Number and name of each thread that allocated.
    threads: Vec<(u32, String)>,
    /// Function, file, line (0 where unknown), crate, and what it is: 0, or 1 for a function of the
    /// standard library, or 2 for a type. Types are the last of them.
    frames: Vec<(&'a str, &'a str, u32, &'a str, u8)>,
    /// Parent and frame of each call; the root is 0, and the first call 1.
    calls: Vec<(u32, u32)>,
    /// Thread, call, frame of the type, and for each view bytes and blocks; in a comparison the same for
    /// before.
    rows: Vec<Vec<u64>>,
    /// Time in nanoseconds, heap and resident set in bytes (0 where unknown).
    series: Vec<[u64; 3]>,
    peak: [u64; 2],
    /// Of a comparison, what was before.
    before: Option<Before>,
    spans: Spans,
    /// Index of a row, span of beginning and of end, 1 for temporary, bytes, blocks.
    lives: Vec<[u64; 6]>,
}

#[derive(Serialize)]
struct View {
    name: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
struct Before {
    command: String,
    series: Vec<[u64; 3]>,
}

/// The spans of time in which blocks begin and end: none unless they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Spans {
    /// Where the first begins, in nanoseconds.
    pub(super) start: u64,
    /// Nanoseconds of each.
    pub(super) width: u64,
    /// How many there are.
    pub(super) count: u64,
}

/// What a page is made of beside what every report is.
pub(super) struct Recorded<'a> {
    pub(super) frames: &'a [Frame],
    pub(super) calls: &'a [Call],
    pub(super) rows: &'a [Row],
    /// The names of the types in the rows, by their numbers.
    pub(super) types: &'a [String],
    /// Of a comparison, what was before, with the same threads and calls.
    pub(super) before: Option<(&'a Profile, &'a [Row])>,
    /// Number and name of each thread in the rows.
    pub(super) threads: Vec<(u32, String)>,
    pub(super) facts: Vec<Vec<String>>,
    pub(super) spans: Spans,
    pub(super) lives: Vec<[u64; 6]>,
}

impl<'a> Data<'a> {
    pub(super) fn new(input: &Input<'a>, recorded: Recorded<'a>) -> Self {
        let profile = input.profile;
        let before = recorded.before.map(|(profile, _)| profile);
        let notes = before.into_iter().chain([profile]);
        let notes = notes.flat_map(|profile| profile.notes.iter().map(String::as_str));
        let mut notes: Vec<&str> = notes.collect();
        notes.dedup();
        let rows = rows(
            recorded.rows,
            recorded.before.map(|(_, rows)| rows),
            recorded.frames.len() as u64,
        );
        let types = recorded.types.iter();
        let types = types.map(|name| (&**name, "", 0, "", 2));
        Self {
            command: profile.command(),
            filter: input.filter.describe(),
            view: name(input.view),
            facts: recorded.facts,
            notes,
            views: VIEWS
                .into_iter()
                .map(|view| View {
                    name: name(view),
                    title: title(view),
                })
                .collect(),
            threads: recorded.threads,
            frames: recorded.frames.iter().map(frame).chain(types).collect(),
            calls: recorded
                .calls
                .iter()
                .map(|call| (call.parent, call.frame))
                .collect(),
            rows,
            series: series(profile),
            peak: [profile.peak_time, profile.peak.bytes],
            before: before.map(|before| Before {
                command: before.command(),
                series: series(before),
            }),
            spans: recorded.spans,
            lives: recorded.lives,
        }
    }
}

/// Number and name of each thread in some rows, in the order of their numbers.
pub(super) fn threads(rows: &[&[Row]], name: impl Fn(u32) -> String) -> Vec<(u32, String)> {
    let numbers = rows
        .iter()
        .flat_map(|rows| rows.iter().map(|row| row.thread));
    let numbers: BTreeSet<u32> = numbers.collect();
    let threads = numbers.into_iter();
    threads.map(|number| (number, name(number))).collect()
}

fn frame(frame: &Frame) -> (&str, &str, u32, &str, u8) {
    (
        &frame.function,
        frame.file.as_deref().unwrap_or_default(),
        frame.line.unwrap_or(0),
        frame.krate(),
        u8::from(frame.is_standard() && !frame.function.starts_with('…')),
    )
}

fn series(profile: &Profile) -> Vec<[u64; 3]> {
    let points = profile.series.iter();
    points
        .map(|point| [point.time, point.live, point.rss.unwrap_or(0)])
        .collect()
}

/// The rows as numbers; in a comparison those of before and after side by side. The first of the types is
/// the frame `first_type`.
fn rows(after: &[Row], before: Option<&[Row]>, first_type: u64) -> Vec<Vec<u64>> {
    let mut rows = BTreeMap::<(u32, u32, u32), [[u64; 8]; 2]>::new();
    for (side, row) in
        (after.iter().map(|row| (0, row))).chain(before.into_iter().flatten().map(|row| (1, row)))
    {
        let sides = rows.entry((row.thread, row.call, row.of_type)).or_default();
        for (place, amount) in sides[side].chunks_exact_mut(2).zip(row.amounts) {
            place.copy_from_slice(&[amount.bytes, amount.blocks]);
        }
    }
    let rows = rows
        .into_iter()
        .map(|((thread, call, of_type), [after, old])| {
            let of_type = first_type + u64::from(of_type);
            let mut row = vec![u64::from(thread), u64::from(call), of_type];
            row.extend(after);
            row.extend(before.map(|_| old).into_iter().flatten());
            row
        });
    rows.collect()
}
