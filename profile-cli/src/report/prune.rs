//! Keeps a tree of calls within a number of nodes.
//!
//! What is cut of a call's callees becomes one callee, `… N smaller`, that holds what they held.

use std::collections::{BTreeMap, HashMap};

use profile_trace::view::Amount;

use crate::profile::{Call, Frame, ROOT, Row, Rows, VIEWS};

/// A tree of calls as large as it may be.
#[derive(Debug)]
pub(super) struct Pruned {
    pub(super) frames: Vec<Frame>,
    pub(super) calls: Vec<Call>,
    /// The number that each call has become, the root's first.
    places: Vec<u32>,
}

/// The calls of a tree with the largest shares in any view of any of `rows`, at most `limit` of them
/// and one more for each that lost callees.
pub(super) fn pruned(frames: &[Frame], calls: &[Call], rows: &[&[Row]], limit: usize) -> Pruned {
    let shares = shares(calls, rows);
    let mut order: Vec<u32> = (1..=calls.len() as u32).collect();
    // A caller has at least the share of its callee, and a lower number.
    order.sort_by(|a, b| {
        let share = |call: &u32| shares[*call as usize];
        share(b).total_cmp(&share(a)).then(a.cmp(b))
    });
    // What holds nothing in any view is no part of the picture.
    order.retain(|call| shares[*call as usize] > 0.0);
    let mut kept = vec![false; calls.len() + 1];
    kept[ROOT as usize] = true;
    for call in order.iter().take(limit) {
        kept[*call as usize] = true;
    }
    let mut cut = BTreeMap::<u32, u64>::new();
    for call in order.iter().skip(limit) {
        let parent = calls[*call as usize - 1].parent;
        if kept[parent as usize] {
            *cut.entry(parent).or_default() += 1;
        }
    }
    let mut pruned = Pruned {
        frames: frames.to_vec(),
        calls: Vec::new(),
        places: vec![ROOT; kept.len()],
    };
    for (number, call) in (1..).zip(calls) {
        if kept[number] {
            pruned.places[number] = pruned.add(pruned.places[call.parent as usize], call.frame);
        }
    }
    let mut rest_of = HashMap::new();
    for (parent, count) in cut {
        pruned.frames.push(Frame {
            function: format!("… {count} smaller"),
            ..Frame::default()
        });
        let frame = pruned.frames.len() as u32 - 1;
        rest_of.insert(parent, pruned.add(pruned.places[parent as usize], frame));
    }
    for (number, call) in (1..).zip(calls) {
        if !kept[number] {
            // The caller's number is lower: it has its place, or it was cut too.
            let place = pruned.places[call.parent as usize];
            let rest = rest_of.get(&call.parent).copied();
            pruned.places[number] = rest.unwrap_or(place);
        }
    }
    pruned
}

impl Pruned {
    /// What has become of some rows.
    pub(super) fn rows(&self, rows: &[Row]) -> Vec<Row> {
        let mut sums = Rows::default();
        for row in rows {
            sums.add_row(&Row {
                call: self.place(row.call),
                ..*row
            });
        }
        sums.finish()
    }

    /// The number that a call has become.
    pub(super) fn place(&self, call: u32) -> u32 {
        self.places[call as usize]
    }

    fn add(&mut self, parent: u32, frame: u32) -> u32 {
        self.calls.push(Call { parent, frame });
        self.calls.len() as u32
    }
}

/// The largest share of a view's bytes, or blocks, that each call has with all it called.
fn shares(calls: &[Call], rows: &[&[Row]]) -> Vec<f64> {
    let mut shares = vec![0.0; calls.len() + 1];
    for (view, rows) in VIEWS
        .into_iter()
        .flat_map(|view| rows.iter().map(move |rows| (view, rows)))
    {
        for part in [
            |amount: Amount| amount.bytes,
            |amount: Amount| amount.blocks,
        ] {
            let mut sums = vec![0u64; shares.len()];
            for row in *rows {
                let sum = &mut sums[row.call as usize];
                *sum = sum.saturating_add(part(row.amount(view)));
            }
            for (index, call) in calls.iter().enumerate().rev() {
                let own = sums[index + 1];
                let sum = &mut sums[call.parent as usize];
                *sum = sum.saturating_add(own);
            }
            let whole = sums[ROOT as usize].max(1) as f64;
            for (share, sum) in shares.iter_mut().zip(sums) {
                *share = f64::max(*share, sum as f64 / whole);
            }
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use profile_trace::view::View;

    use super::super::sample::profile;
    use super::*;
    use crate::profile::{Profile, sum};

    fn cut(profile: &Profile, limit: usize) -> Pruned {
        pruned(&profile.frames, &profile.calls, &[&profile.rows], limit)
    }

    #[test]
    fn nothing_is_cut_where_there_is_room() {
        let profile = profile();
        let pruned = cut(&profile, 100);
        assert_eq!(pruned.calls, profile.calls);
        assert_eq!(pruned.rows(&profile.rows), profile.rows);
    }

    #[test]
    fn what_is_cut_is_kept_in_one_node_for_each_caller() {
        let profile = profile();
        for limit in 0..profile.calls.len() {
            let pruned = cut(&profile, limit);
            let rows = pruned.rows(&profile.rows);
            for view in VIEWS {
                let kept = sum(rows.iter().map(|row| row.amount(view)));
                assert_eq!(kept, profile.sum(view));
            }
            let rests = pruned.calls.len() - limit;
            assert!((1..=limit + 1).contains(&rests), "{limit}: {rests}");
            for (number, call) in (1..).zip(&pruned.calls) {
                assert!(call.parent < number);
            }
        }
        let none = cut(&profile, 0);
        assert_eq!(
            none.frames.last().map(|frame| &*frame.function),
            Some("… 2 smaller")
        );
        let all = sum(none
            .rows(&profile.rows)
            .iter()
            .map(|row| row.amount(View::Total)));
        assert_eq!(all.blocks, 544);
    }
}
