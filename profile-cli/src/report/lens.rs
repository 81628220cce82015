//! The types by which a flame graph's rows are told apart, as many as the page can take.

use std::collections::HashSet;

use profile_trace::view::{Amount, View};

use crate::profile::{Row, Rows, UNKNOWN, VIEWS, sum};

/// The most types in a page, of whose names some are long.
const TYPES: usize = 4_000;

/// Types as a page has them: those with the largest shares in any view, and one for all others.
#[derive(Debug)]
pub(super) struct Lens {
    /// Their names, the unknown type's first.
    pub(super) names: Vec<String>,
    /// The number that each type has become.
    places: Vec<u32>,
}

impl Lens {
    /// As many of the types `names` as leave no more than twice the rows that there are without types.
    pub(super) fn new(names: &[String], rows: &[&[Row]]) -> Self {
        let order = by_share(names.len(), rows);
        let all = || rows.iter().copied().flatten();
        let limit = 2 * distinct(all(), |_| UNKNOWN);
        let mut kept = order.len().min(TYPES);
        loop {
            let lens = Self::of(names, &order, kept);
            if kept == 0 || distinct(all(), |of_type| lens.place(of_type)) <= limit {
                return lens;
            }
            kept /= 2;
        }
    }

    /// The first so many types in an order.
    fn of(names: &[String], order: &[u32], kept: usize) -> Self {
        let mut lens = Self {
            names: vec![names[UNKNOWN as usize].clone()],
            places: vec![UNKNOWN; names.len()],
        };
        let (kept, rest) = order.split_at(kept);
        for of_type in kept {
            lens.places[*of_type as usize] = lens.names.len() as u32;
            lens.names.push(names[*of_type as usize].clone());
        }
        for of_type in rest {
            lens.places[*of_type as usize] = lens.names.len() as u32;
        }
        if !rest.is_empty() {
            lens.names.push(format!("… {} smaller types", rest.len()));
        }
        lens
    }

    /// The number that a type has become.
    pub(super) fn place(&self, of_type: u32) -> u32 {
        self.places[of_type as usize]
    }

    /// Rows with the numbers that their types have become.
    pub(super) fn rows(&self, rows: &[Row]) -> Vec<Row> {
        let mut sums = Rows::default();
        for row in rows {
            sums.add_row(&Row {
                of_type: self.place(row.of_type),
                ..*row
            });
        }
        sums.finish()
    }
}

/// How many rows there are, with their types as `place` has them.
fn distinct<'a>(rows: impl Iterator<Item = &'a Row>, place: impl Fn(u32) -> u32) -> usize {
    let rows = rows.map(|row| (row.thread, row.call, place(row.of_type)));
    rows.collect::<HashSet<_>>().len()
}

/// The types but the unknown one, those with the largest share of any view's bytes first.
fn by_share(count: usize, rows: &[&[Row]]) -> Vec<u32> {
    let mut shares = vec![0.0; count];
    for rows in rows {
        for view in VIEWS {
            let whole = sum(rows.iter().map(|row| row.amount(view)));
            for (share, sum) in shares.iter_mut().zip(sums(count, rows, view)) {
                *share = f64::max(*share, sum.bytes as f64 / whole.bytes.max(1) as f64);
            }
        }
    }
    let mut order: Vec<u32> = (UNKNOWN + 1..count as u32).collect();
    let share = |of_type: &u32| shares[*of_type as usize];
    order.sort_by(|a, b| share(b).total_cmp(&share(a)).then(a.cmp(b)));
    order
}

fn sums(count: usize, rows: &[Row], view: View) -> Vec<Amount> {
    let mut sums = vec![Amount::default(); count];
    for row in rows {
        let to = &mut sums[row.of_type as usize];
        *to = sum([*to, row.amount(view)].into_iter());
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row per call and type, of so many bytes as the type's number.
    fn rows(calls: u32, types: u32) -> Vec<Row> {
        let amount = |of_type: u32| Amount {
            blocks: 1,
            bytes: u64::from(of_type),
        };
        let row = |call: u32| {
            (0..types).map(move |of_type| Row {
                thread: 1,
                call,
                of_type,
                amounts: [amount(of_type); 4],
            })
        };
        (1..=calls).flat_map(row).collect()
    }

    fn names(count: u32) -> Vec<String> {
        (0..count).map(|of_type| format!("T{of_type}")).collect()
    }

    #[test]
    fn few_types_stay_as_they_are_the_largest_first() {
        let rows: Vec<Row> = rows(3, 3)
            .into_iter()
            .filter(|row| row.of_type != row.call % 3)
            .collect();
        let lens = Lens::new(&names(3), &[&rows]);
        assert_eq!(lens.names, ["T0", "T2", "T1"]);
        assert_eq!(lens.rows(&rows).len(), rows.len());
    }

    #[test]
    fn many_types_are_cut_and_nothing_gets_lost() {
        let rows = rows(10, 100);
        let lens = Lens::new(&names(100), &[&rows]);
        let cut = lens.rows(&rows);
        assert!(cut.len() <= 20, "{} rows", cut.len());
        assert_eq!(lens.names[0], "T0");
        let last = lens.names.last().expect("there are some");
        assert!(
            last.starts_with("… ") && last.ends_with(" smaller types"),
            "{last}"
        );
        let whole = |rows: &[Row]| sum(rows.iter().map(|row| row.amounts[3]));
        assert_eq!(whole(&cut), whole(&rows));
        assert!(
            cut.iter()
                .all(|row| (row.of_type as usize) < lens.names.len())
        );
    }
}
