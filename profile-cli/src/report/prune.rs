//! Keeps a tree of calls within a number of nodes.
//!
//! What is cut of a call's callees becomes one callee, `… N smaller`, that holds what they held.

use std::collections::HashMap;

use profile_trace::view::Amount;

use crate::profile::{Call, Frame, Profile, ROOT, Row, Rows, VIEWS, index};

/// A tree of calls as large as it may be.
#[derive(Debug)]
pub(super) struct Pruned {
    pub(super) frames: Vec<Frame>,
    pub(super) calls: Vec<Call>,
    pub(super) rows: Vec<Row>,
}

/// The calls of `profile` with the largest shares in any view, at most `limit` of them and one
/// more for each that lost callees.
pub(super) fn pruned(profile: &Profile, limit: usize) -> Pruned {
    let shares = shares(profile);
    let mut order: Vec<u32> = (1..=profile.calls.len() as u32).collect();
    // A caller has at least the share of its callee, and a lower number.
    order.sort_by(|a, b| {
        let share = |call: &u32| shares[*call as usize];
        share(b).total_cmp(&share(a)).then(a.cmp(b))
    });
    // What holds nothing in any view is no part of the picture.
    order.retain(|call| shares[*call as usize] > 0.0);
    let mut kept = vec![false; profile.calls.len() + 1];
    kept[ROOT as usize] = true;
    for call in order.iter().take(limit) {
        kept[*call as usize] = true;
    }
    let mut cut = Cut::default();
    for call in order.iter().skip(limit) {
        let parent = profile.calls[*call as usize - 1].parent;
        if kept[parent as usize] {
            *cut.callees.entry(parent).or_default() += 1;
        }
    }
    cut.apply(profile, &kept)
}

/// Callees that were cut, by their caller.
#[derive(Default)]
struct Cut {
    callees: HashMap<u32, u64>,
}

impl Cut {
    fn apply(&self, profile: &Profile, kept: &[bool]) -> Pruned {
        let mut frames = profile.frames.clone();
        let mut calls = Vec::new();
        let mut number_of = vec![ROOT; kept.len()];
        for (number, call) in (1..).zip(&profile.calls) {
            if kept[number] {
                calls.push(Call {
                    parent: number_of[call.parent as usize],
                    frame: call.frame,
                });
                number_of[number] = calls.len() as u32;
            }
        }
        let mut rest_of = HashMap::new();
        let mut callees: Vec<_> = self.callees.iter().collect();
        callees.sort_unstable();
        for (parent, count) in callees {
            frames.push(Frame {
                function: format!("… {count} smaller"),
                ..Frame::default()
            });
            calls.push(Call {
                parent: number_of[*parent as usize],
                frame: frames.len() as u32 - 1,
            });
            rest_of.insert(*parent, calls.len() as u32);
        }
        let place = |mut call: u32| {
            if kept[call as usize] {
                return number_of[call as usize];
            }
            while !kept[call as usize] {
                call = profile.calls[call as usize - 1].parent;
            }
            rest_of
                .get(&call)
                .copied()
                .unwrap_or(number_of[call as usize])
        };
        let mut rows = Rows::default();
        for row in &profile.rows {
            let call = place(row.call);
            for view in VIEWS {
                rows.add(row.thread, call, index(view), row.amount(view));
            }
        }
        let rows = rows.finish();
        Pruned {
            frames,
            calls,
            rows,
        }
    }
}

/// The largest share of a view's bytes, or blocks, that each call has with all it called.
fn shares(profile: &Profile) -> Vec<f64> {
    let mut shares = vec![0.0; profile.calls.len() + 1];
    for view in VIEWS {
        for part in [
            |amount: Amount| amount.bytes,
            |amount: Amount| amount.blocks,
        ] {
            let mut sums = vec![0u64; shares.len()];
            for row in &profile.rows {
                let sum = &mut sums[row.call as usize];
                *sum = sum.saturating_add(part(row.amount(view)));
            }
            for (index, call) in profile.calls.iter().enumerate().rev() {
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
    use crate::profile::sum;

    #[test]
    fn nothing_is_cut_where_there_is_room() {
        let profile = profile();
        let pruned = pruned(&profile, 100);
        assert_eq!(pruned.calls, profile.calls);
        assert_eq!(pruned.rows, profile.rows);
    }

    #[test]
    fn what_is_cut_is_kept_in_one_node_for_each_caller() {
        let profile = profile();
        for limit in 0..profile.calls.len() {
            let pruned = pruned(&profile, limit);
            for view in VIEWS {
                let kept = sum(pruned.rows.iter().map(|row| row.amount(view)));
                assert_eq!(kept, profile.sum(view));
            }
            let rests = pruned.calls.len() - limit;
            assert!((1..=limit + 1).contains(&rests), "{limit}: {rests}");
            for (number, call) in (1..).zip(&pruned.calls) {
                assert!(call.parent < number);
            }
        }
        let none = pruned(&profile, 0);
        assert_eq!(
            none.frames.last().map(|frame| &*frame.function),
            Some("… 2 smaller")
        );
        let all = sum(none.rows.iter().map(|row| row.amount(View::Total)));
        assert_eq!(all.blocks, 544);
    }
}
