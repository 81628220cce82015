//! What grew since the baseline: a pure function of two sets of figures.

use std::fmt;
use std::str::FromStr;

use super::file::{Figures, Tests};
use crate::units;

/// How much more a test may take, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance(f64);

impl Tolerance {
    /// Whether `now` is more than it may be. Of nothing, any percentage is nothing.
    fn is_exceeded(self, was: u64, now: u64) -> bool {
        now > was && now as f64 > was as f64 * (1.0 + self.0 / 100.0)
    }
}

impl FromStr for Tolerance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').unwrap_or(text).trim();
        match number.parse::<f64>() {
            Ok(percent) if percent.is_finite() && percent >= 0.0 => Ok(Self(percent)),
            _ => Err("expected percents, such as 5% or 2.5%".to_owned()),
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// A figure of a test that is more than it may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Growth {
    test: String,
    figure: &'static str,
    was: u64,
    now: u64,
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |value: u64| match self.figure {
            "allocs" => units::count(value),
            _ => format!("{} ({} B)", units::bytes(value), units::count(value)),
        };
        let Self {
            test,
            figure,
            was,
            now,
        } = self;
        write!(
            f,
            "{test}: {figure}: expected {}, found {}",
            amount(*was),
            amount(*now)
        )?;
        if *was == 0 {
            return Ok(());
        }
        write!(f, " (+{:.1} %)", (*now as f64 / *was as f64 - 1.0) * 100.0)
    }
}

/// What became of tests since the baseline.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// By test, and in the order of the figures.
    pub(super) grown: Vec<Growth>,
    /// How many tests the baseline does not know.
    pub(super) new: usize,
    /// How many take less of something, and more of nothing.
    pub(super) shrunk: usize,
}

impl Comparison {
    pub(super) fn new(baseline: &Tests, tests: &Tests, tolerance: Tolerance) -> Self {
        let mut comparison = Self::default();
        for (name, now) in tests.iter() {
            let Some(was) = baseline.get(name) else {
                comparison.new += 1;
                continue;
            };
            let pairs = pairs(was, now);
            let grown = pairs
                .iter()
                .filter(|(_, was, now)| tolerance.is_exceeded(*was, *now));
            comparison
                .grown
                .extend(grown.map(|&(figure, was, now)| Growth {
                    test: name.test.clone(),
                    figure,
                    was,
                    now,
                }));
            let less = pairs.iter().any(|(_, was, now)| now < was);
            let more = pairs.iter().any(|(_, was, now)| now > was);
            comparison.shrunk += usize::from(less && !more);
        }
        comparison
    }

    /// How many tests take more of anything.
    pub(super) fn grown_tests(&self) -> usize {
        // Those of one test stand together.
        self.grown.chunk_by(|a, b| a.test == b.test).count()
    }
}

/// Each figure with its name, as it was and as it is.
fn pairs(was: &Figures, now: &Figures) -> [(&'static str, u64, u64); 3] {
    [
        ("peak", was.peak, now.peak),
        ("allocs", was.allocs, now.allocs),
        ("leaked", was.leaked, now.leaked),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_read() {
        let check = |text: &str, percent: Option<f64>| {
            assert_eq!(text.parse().ok(), percent.map(Tolerance), "{text}");
        };
        check("0", Some(0.0));
        check("5%", Some(5.0));
        check("2.5 %", Some(2.5));
        check("", None);
        check("-1%", None);
        check("inf", None);
        check("1 MiB", None);
    }

    #[test]
    fn only_what_is_beyond_the_tolerance_has_grown() {
        let was = Tests::from([
            ("a", [1000, 10, 0]),
            ("b", [1000, 10, 0]),
            ("gone", [1, 1, 1]),
        ]);
        let now = Tests::from([
            ("a", [1050, 11, 1]),
            ("b", [999, 10, 0]),
            ("new", [1, 1, 1]),
        ]);
        let check = |tolerance: &str, told: &[&str]| {
            let tolerance = tolerance.parse().expect("it is one");
            let comparison = Comparison::new(&was, &now, tolerance);
            let grown: Vec<_> = comparison.grown.iter().map(Growth::to_string).collect();
            assert_eq!(grown, told, "{tolerance}");
            assert_eq!((comparison.new, comparison.shrunk), (1, 1));
            assert_eq!(comparison.grown_tests(), 1);
        };
        let peak = "a: peak: expected 1000 B (1,000 B), found 1.0 KiB (1,050 B) (+5.0 %)";
        let allocs = "a: allocs: expected 10, found 11 (+10.0 %)";
        let leaked = "a: leaked: expected 0 B (0 B), found 1 B (1 B)";
        check("0", &[peak, allocs, leaked]);
        check("5%", &[allocs, leaked]);
        check("10%", &[leaked]);
        check("1000%", &[leaked]);
    }
}
