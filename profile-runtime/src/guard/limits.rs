//! How much is allowed, and by how much that was exceeded.

use std::fmt;

use super::usage::Usage;
use crate::report::units::{Size, count};

/// What a piece of work may do to the heap at most; `None` is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    peak: Option<u64>,
    allocs: Option<u64>,
    kept: Option<u64>,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Peak,
    Allocs,
    Kept,
}

impl Figure {
    pub(crate) const ALL: [Self; 3] = [Self::Peak, Self::Allocs, Self::Kept];
}

/// A limit that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    pub(crate) figure: Figure,
    pub(crate) name: &'static str,
    pub(crate) found: u64,
    pub(crate) limit: u64,
}

impl Limits {
    /// Bytes above the start, allocations with reallocations, and bytes kept at the end.
    pub const fn new(peak: Option<u64>, allocs: Option<u64>, kept: Option<u64>) -> Self {
        Self { peak, allocs, kept }
    }

    pub(crate) fn of(&self, figure: Figure) -> Option<u64> {
        match figure {
            Figure::Peak => self.peak,
            Figure::Allocs => self.allocs,
            Figure::Kept => self.kept,
        }
    }

    /// The limits that `usage` is beyond; `kept` is what is said of the bytes that were kept.
    pub(crate) fn exceeded_by(
        &self,
        usage: &Usage,
        kept: &'static str,
    ) -> impl Iterator<Item = Excess> {
        Figure::ALL.into_iter().filter_map(move |figure| {
            let (name, found) = match figure {
                Figure::Peak => ("peak", usage.peak),
                Figure::Allocs => ("allocs", usage.allocs),
                Figure::Kept => (kept, usage.kept.max(0).unsigned_abs()),
            };
            let limit = self.of(figure)?;
            (found > limit).then_some(Excess {
                figure,
                name,
                found,
                limit,
            })
        })
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, found, limit) = (self.name, self.found, self.limit);
        match self.figure {
            Figure::Allocs => write!(
                f,
                "{name}: expected at most {}, found {}",
                count(limit),
                count(found)
            ),
            _ => write!(
                f,
                "{name}: expected at most {}, found {}",
                exact(limit),
                exact(found)
            ),
        }
    }
}

/// A size as it is read, and to the byte.
pub(crate) fn exact(bytes: u64) -> String {
    if bytes < 1024 {
        return Size::of(bytes).to_string();
    }
    format!("{} ({} B)", Size::of(bytes), count(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_beyond_a_limit_is_told() {
        let check = |limits: Limits, expected: &[&str]| {
            let usage = Usage {
                peak: 1025,
                allocs: 3,
                kept: -7,
            };
            let told: Vec<_> = limits
                .exceeded_by(&usage, "leaks")
                .map(|e| e.to_string())
                .collect();
            assert_eq!(told, expected);
        };
        check(Limits::default(), &[]);
        check(Limits::new(Some(1025), Some(3), Some(0)), &[]);
        check(
            Limits::new(Some(1024), Some(2), Some(0)),
            &[
                "peak: expected at most 1.0 KiB (1,024 B), found 1.0 KiB (1,025 B)",
                "allocs: expected at most 2, found 3",
            ],
        );
    }
}
