//! Curves with no more points than can be seen.

/// Columns of a picture, at most: each keeps the first, the lowest, the highest and the last of its points.
const COLUMNS: usize = 1_000;

/// The points of a curve that make a difference in a picture. Peaks stay.
pub(super) fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    if points.len() <= 4 * COLUMNS {
        return points.to_vec();
    }
    let width = ((last.0 - first.0) / COLUMNS as f64).max(f64::MIN_POSITIVE);
    let column = |point: &(f64, f64)| ((point.0 - first.0) / width) as usize;
    let mut thinned = Vec::with_capacity(4 * COLUMNS);
    for part in points.chunk_by(|a, b| column(a) == column(b)) {
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (low, high) = (part.iter().min_by(by), part.iter().max_by(by));
        let mut kept: Vec<(f64, f64)> = [part.first(), low, high, part.last()]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        kept.sort_by(|a, b| a.0.total_cmp(&b.0));
        kept.dedup();
        thinned.extend(kept);
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_stay_and_many_keep_their_peaks() {
        let few = [(0.0, 1.0), (1.0, 2.0)];
        assert_eq!(thin(&few), few);
        assert!(thin(&[]).is_empty());
        let mut many: Vec<(f64, f64)> = (0..1_000_000).map(|n| (f64::from(n), 1.0)).collect();
        many[123_456].1 = 99.0;
        many[654_321].1 = -5.0;
        let thinned = thin(&many);
        assert!(thinned.len() <= 4 * (COLUMNS + 1), "{}", thinned.len());
        assert!(thinned.contains(&(123_456.0, 99.0)) && thinned.contains(&(654_321.0, -5.0)));
        assert!(thinned.is_sorted_by(|a, b| a.0 <= b.0));
        assert_eq!(
            (thinned.first(), thinned.last()),
            (many.first(), many.last())
        );
    }
}
