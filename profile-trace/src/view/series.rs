//! Memory over time, in a bounded number of points.

/// Points that are kept; with more, each two become one.
const POINTS: usize = 2048;

/// Nanoseconds of a point at first.
const WIDTH: u64 = 100_000;

/// Memory in one span of time, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// Where the span begins, in nanoseconds since the recording began.
    pub time: u64,
    /// The highest live heap in it, as recorded.
    pub live: u64,
    /// The largest resident set that was sampled in it; `None` if none was.
    pub rss: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    highest: Option<u64>,
    last: u64,
    rss: Option<u64>,
}

/// Memory over time.
#[derive(Clone, Debug)]
pub struct Series {
    width: u64,
    spans: Vec<Span>,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            width: WIDTH,
            spans: Vec::new(),
        }
    }
}

impl Series {
    /// The live heap about a time: the highest, and the last.
    pub(super) fn live(&mut self, time: u64, highest: u64, last: u64) {
        let span = self.span(time);
        span.highest = span.highest.max(Some(highest));
        span.last = last;
    }

    pub(super) fn rss(&mut self, time: u64, bytes: u64) {
        let span = self.span(time);
        span.rss = span.rss.max(Some(bytes));
    }

    fn span(&mut self, time: u64) -> &mut Span {
        while time / self.width >= POINTS as u64 {
            self.halve();
        }
        let index = (time / self.width) as usize;
        if index >= self.spans.len() {
            self.spans.resize(index + 1, Span::default());
        }
        &mut self.spans[index]
    }

    fn halve(&mut self) {
        self.width = self.width.saturating_mul(2);
        let merge = |pair: &[Span]| match *pair {
            [first, second] => Span {
                highest: first.highest.max(second.highest),
                last: if second.highest.is_some() {
                    second.last
                } else {
                    first.last
                },
                rss: first.rss.max(second.rss),
            },
            _ => pair.first().copied().unwrap_or_default(),
        };
        self.spans = self.spans.chunks(2).map(merge).collect();
    }

    /// The points, in the order of time. Where nothing was allocated or freed, the heap stays as
    /// it was.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        let mut live = 0;
        (0..).zip(&self.spans).map(move |(index, span)| {
            let highest = span.highest.map_or(live, |highest| highest.max(live));
            if span.highest.is_some() {
                live = span.last;
            }
            Point {
                time: index * self.width,
                live: highest,
                rss: span.rss,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_holds_the_highest_and_what_was_before() {
        let mut series = Series::default();
        series.live(0, 10, 10);
        series.live(1, 50, 20);
        series.rss(2, 4096);
        series.live(3 * WIDTH, 5, 5);
        let points: Vec<_> = series.points().map(|p| (p.time, p.live, p.rss)).collect();
        let expected = [
            (0, 50, Some(4096)),
            (WIDTH, 20, None),
            (2 * WIDTH, 20, None),
            (3 * WIDTH, 20, None),
        ];
        assert_eq!(points, expected);
    }

    #[test]
    fn long_recordings_keep_their_peaks_in_few_points() {
        let mut series = Series::default();
        for second in 0..100_000u64 {
            let live = if second == 77_777 { 9999 } else { second % 7 };
            series.live(second * 1_000_000_000, live, live);
        }
        let points: Vec<_> = series.points().collect();
        assert!(points.len() <= POINTS);
        let peak = points
            .iter()
            .max_by_key(|point| point.live)
            .expect("there are points");
        assert_eq!(peak.live, 9999);
        let width = points[1].time;
        let time = 77_777 * 1_000_000_000;
        assert!((peak.time..peak.time + width).contains(&time));
        series.live(u64::MAX, 1, 1);
        assert!(series.points().count() <= POINTS);
    }
}
