//! Adds a profile up by line, function, crate or stack.

use std::collections::{HashMap, HashSet};

use profile_trace::types;
use profile_trace::view::{Amount, View};
use serde::Serialize;

use super::{Frame, Profile, sum};

/// What rows are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Grouping {
    /// The line of a source file.
    Line,
    /// The function.
    Function,
    /// The crate.
    Crate,
    /// The whole call stack.
    Stack,
    /// The type that was allocated for.
    Type,
}

/// What was allocated at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The place.
    pub label: String,
    /// The function, where the place is a line.
    pub function: Option<String>,
    /// Bytes charged to the place itself: by it, and the standard library that it called.
    pub own_bytes: u64,
    /// Blocks charged to the place itself.
    pub own_blocks: u64,
    /// Bytes of the place and of all that it called.
    pub total_bytes: u64,
    /// Blocks of the place and of all that it called.
    pub total_blocks: u64,
}

#[derive(Default)]
struct Sums {
    own: Amount,
    total: Amount,
    frame: Option<u32>,
}

/// The groups of a view, those with the most bytes of their own first. What the standard library
/// allocates is charged to its caller.
#[must_use]
pub fn groups(profile: &Profile, view: View, grouping: Grouping) -> Vec<Group> {
    let mut sums = HashMap::<String, Sums>::new();
    let mut seen = HashSet::new();
    // A frame's label is made once, not once per row.
    let labels: Vec<String> = profile
        .frames
        .iter()
        .map(|frame| label(frame, grouping))
        .collect();
    for row in &profile.rows {
        let amount = row.amount(view);
        if amount == Amount::default() {
            continue;
        }
        if matches!(grouping, Grouping::Stack | Grouping::Type) {
            let label = match grouping {
                Grouping::Stack => stack_label(profile, row.call),
                _ => type_label(profile, row.call),
            };
            let group = sums.entry(label).or_default();
            group.own = sum([group.own, amount].into_iter());
            group.total = group.own;
            continue;
        }
        let charged = profile.charged(row.call);
        seen.clear();
        for call in profile.stack(row.call) {
            let own = charged == Some(call);
            if profile.frames[call.frame as usize].is_standard() && !own {
                continue;
            }
            // A recursive function counts once per stack.
            let label = &labels[call.frame as usize];
            if !seen.insert(label) {
                continue;
            }
            let group = sums.entry(label.clone()).or_default();
            group.frame = Some(call.frame);
            group.total = sum([group.total, amount].into_iter());
            if own {
                group.own = sum([group.own, amount].into_iter());
            }
        }
    }
    let mut groups: Vec<Group> = sums
        .into_iter()
        .map(|(label, sums)| Group {
            label,
            function: sums
                .frame
                .filter(|_| grouping == Grouping::Line)
                .map(|frame| profile.frames[frame as usize].function.clone()),
            own_bytes: sums.own.bytes,
            own_blocks: sums.own.blocks,
            total_bytes: sums.total.bytes,
            total_blocks: sums.total.blocks,
        })
        .collect();
    let rank = |group: &Group| (group.own_bytes, group.total_bytes, group.own_blocks);
    // Ties break by label, so that equal rows keep their order between runs.
    groups.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.label.cmp(&b.label)));
    groups
}

fn label(frame: &Frame, grouping: Grouping) -> String {
    match grouping {
        Grouping::Function => frame.function.clone(),
        Grouping::Crate if frame.krate().is_empty() => "(not Rust)".to_owned(),
        Grouping::Crate => frame.krate().to_owned(),
        Grouping::Line | Grouping::Stack | Grouping::Type => frame.place(),
    }
}

/// The type that a stack's allocation is for, or else the function that it is charged to.
fn type_label(profile: &Profile, call: u32) -> String {
    let found = types::of(profile.frames_of(call));
    found.unwrap_or_else(|| match profile.charged(call) {
        Some(call) => format!("in {}", profile.frames[call.frame as usize].function),
        None => "(no stack)".to_owned(),
    })
}

/// The places of a stack outside of the standard library, the innermost first.
fn stack_label(profile: &Profile, call: u32) -> String {
    let own = profile.frames_of(call).filter(|frame| !frame.is_standard());
    let mut places: Vec<String> = own
        .map(|frame| format!("{} ({})", frame.function, frame.place()))
        .collect();
    if places.is_empty() {
        places = profile.frames_of(call).take(1).map(Frame::place).collect();
    }
    if places.is_empty() {
        return "(no stack)".to_owned();
    }
    places.join("\n  ")
}
