//! Memory over the whole run, in so few points that it fits on any screen.

/// Points that are kept. When there are more, neighbours become one.
const MOST: usize = 2048;

/// One interval: the highest of each figure in it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) rss: u64,
    pub(super) heap: u64,
}

impl Point {
    fn highest(self, other: Self) -> Self {
        Self {
            rss: self.rss.max(other.rss),
            heap: self.heap.max(other.heap),
        }
    }
}

/// Memory over time. Points are at equal distances, which double as the run goes on.
#[derive(Debug)]
pub(super) struct History {
    points: Vec<Point>,
    /// What one point stands for, and how much of the last there is.
    each: usize,
    of_last: usize,
}

impl Default for History {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            each: 1,
            of_last: 1,
        }
    }
}

impl History {
    pub(super) fn add(&mut self, point: Point) {
        if self.of_last < self.each
            && let Some(last) = self.points.last_mut()
        {
            *last = last.highest(point);
            self.of_last += 1;
            return;
        }
        self.points.push(point);
        self.of_last = 1;
        if self.points.len() > MOST {
            let merged = self.points.chunks(2);
            let merged =
                merged.map(|pair| pair.iter().copied().fold(Point::default(), Point::highest));
            self.points = merged.collect();
            // Their number is odd, so that the last one is alone.
            self.of_last = self.each;
            self.each *= 2;
        }
    }

    /// The highest of all.
    pub(super) fn highest(&self) -> Point {
        self.points
            .iter()
            .copied()
            .fold(Point::default(), Point::highest)
    }

    /// The run in at most `width` points.
    pub(super) fn columns(&self, width: usize) -> Vec<Point> {
        let width = width.max(1);
        let each = self.points.len().div_ceil(width).max(1);
        let columns = self.points.chunks(each);
        columns
            .map(|points| {
                points
                    .iter()
                    .copied()
                    .fold(Point::default(), Point::highest)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_peak_is_lost_however_long_the_run_is() {
        let mut history = History::default();
        for index in 0..100_000u64 {
            let heap = if index == 77_777 { 1_000_000 } else { index };
            history.add(Point { rss: 5, heap });
            assert!(history.points.len() <= MOST + 1);
        }
        assert_eq!(history.highest().heap, 1_000_000);
        let columns = history.columns(80);
        assert!(
            columns.len() <= 80 && columns.len() > 40,
            "{}",
            columns.len()
        );
        let highest = columns.iter().position(|point| point.heap == 1_000_000);
        let place = highest.expect("it is shown") as f64 / columns.len() as f64;
        assert!((0.7..0.85).contains(&place), "{place}");
        assert_eq!(columns.last().map(|point| point.heap), Some(99_999));
    }
}
