//! What lives at one place.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A function at one place of a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Frame {
    /// The function's path; the address where nothing is known.
    pub function: String,
    /// The source file, as short as it stays clear: `src/main.rs`, `serde-1.0.229/src/lib.rs`.
    pub file: Option<String>,
    /// The source file, as the debug information has it.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
}

impl Frame {
    /// The text of its line, without blanks around it; `None` where the source is not there.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        let text = fs::read_to_string(self.path.as_ref()?).ok()?;
        let line = text.lines().nth(self.line?.checked_sub(1)? as usize)?;
        Some(line.trim().to_owned())
    }
}

/// What lives at one place, as [`Snapshot::statistics`](super::Snapshot::statistics) says.
///
/// It prints as one line: `src/main.rs:3: size=1041 KiB, count=2002, average=532 B`, with what has
/// changed in parentheses, where it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistic {
    /// What it is: `src/main.rs:3`, a type, a function or a crate. Of a stack, its innermost place.
    pub label: String,
    /// Of a stack its frames, the oldest call first; of a line or a function, that one. Otherwise
    /// none. Functions of the standard library are left out.
    pub frames: Vec<Arc<Frame>>,
    /// Bytes that live.
    pub bytes: u64,
    /// Blocks that live.
    pub blocks: u64,
    /// The difference to an older snapshot, where it is compared with one.
    pub change: Option<Change>,
}

/// A difference to an older snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Bytes more than before.
    pub bytes: i64,
    /// Blocks more than before.
    pub blocks: i64,
}

/// A file and a line.
type Place<'a> = (&'a Option<String>, Option<u32>);

impl Statistic {
    /// Bytes per block.
    #[must_use]
    pub fn average(&self) -> u64 {
        self.bytes.checked_div(self.blocks).unwrap_or(0)
    }

    /// Ties break by label, so that equal ones keep their order between runs.
    pub(super) fn largest_first(&self, other: &Self) -> Ordering {
        let rank = |statistic: &Self| (statistic.bytes, statistic.blocks);
        rank(other)
            .cmp(&rank(self))
            .then_with(|| self.label.cmp(&other.label))
            .then_with(|| {
                // PERF: statistics share frames, and stacks their outer calls.
                let both = self.frames.iter().zip(&other.frames);
                let same = both.take_while(|(a, b)| Arc::ptr_eq(a, b)).count();
                self.places().skip(same).cmp(other.places().skip(same))
            })
    }

    fn places(&self) -> impl Iterator<Item = Place<'_>> {
        self.frames.iter().map(|frame| (&frame.file, frame.line))
    }

    /// What tells it from others of its key.
    fn identity(&self) -> (&str, Vec<Place<'_>>) {
        (&self.label, self.places().collect())
    }
}

/// The statistics of `now` with their differences to `before`, those of which nothing is left
/// included; the largest differences first.
pub(super) fn compared(now: Vec<Statistic>, before: &[Statistic]) -> Vec<Statistic> {
    let index: HashMap<_, usize> = before.iter().map(Statistic::identity).zip(0..).collect();
    let mut gone = vec![true; before.len()];
    let difference = |now: u64, before: u64| now.wrapping_sub(before) as i64;
    let mut all = Vec::with_capacity(now.len());
    for statistic in now {
        let (mut bytes, mut blocks) = (0, 0);
        if let Some(&index) = index.get(&statistic.identity()) {
            (bytes, blocks) = (before[index].bytes, before[index].blocks);
            gone[index] = false;
        }
        let change = Change {
            bytes: difference(statistic.bytes, bytes),
            blocks: difference(statistic.blocks, blocks),
        };
        all.push(Statistic {
            change: Some(change),
            ..statistic
        });
    }
    let gone = before.iter().zip(gone).filter(|(_, gone)| *gone);
    all.extend(gone.map(|(gone, _)| Statistic {
        bytes: 0,
        blocks: 0,
        change: Some(Change {
            bytes: difference(0, gone.bytes),
            blocks: difference(0, gone.blocks),
        }),
        ..gone.clone()
    }));
    let rank = |statistic: &Statistic| {
        let change = statistic.change.unwrap_or_default();
        (
            change.bytes.unsigned_abs(),
            statistic.bytes,
            change.blocks.unsigned_abs(),
        )
    };
    all.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.largest_first(b)));
    all
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, blocks, .. } = self;
        write!(f, "{label}: size={}", Size(self.bytes.into()))?;
        if let Some(change) = self.change {
            let sign = if change.bytes < 0 { "" } else { "+" };
            write!(f, " ({sign}{})", Size(change.bytes.into()))?;
        }
        write!(f, ", count={blocks}")?;
        if let Some(change) = self.change {
            write!(f, " ({:+})", change.blocks)?;
        }
        write!(f, ", average={}", Size(self.average().into()))
    }
}

/// A number of bytes as tracemalloc writes it: with one decimal below 100 of its unit, and none
/// below 10 × 1024.
struct Size(i128);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        let mut scale = 1u128;
        for (index, unit) in UNITS.iter().enumerate() {
            let tenths = (size * 10 + scale / 2) / scale;
            if index > 0 && tenths < 1000 {
                return write!(f, "{sign}{}.{} {unit}", tenths / 10, tenths % 10);
            }
            let whole = (size + scale / 2) / scale;
            if whole < 10 * 1024 || index == UNITS.len() - 1 {
                return write!(f, "{sign}{whole} {unit}");
            }
            scale *= 1024;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistic(label: &str, bytes: u64, blocks: u64) -> Statistic {
        Statistic {
            label: label.to_owned(),
            bytes,
            blocks,
            ..Statistic::default()
        }
    }

    #[test]
    fn a_line_reads_as_tracemallocs() {
        let mut statistic = statistic("x.py:3", 1_066_000, 2002);
        assert_eq!(
            statistic.to_string(),
            "x.py:3: size=1041 KiB, count=2002, average=532 B"
        );
        statistic.change = Some(Change {
            bytes: 1_066_000,
            blocks: 2001,
        });
        assert_eq!(
            statistic.to_string(),
            "x.py:3: size=1041 KiB (+1041 KiB), count=2002 (+2001), average=532 B"
        );
    }

    #[test]
    fn sizes_have_the_unit_that_fits() {
        let check = |bytes, text: &str| assert_eq!(Size(bytes).to_string(), text);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1024 B");
        check(10_239, "10239 B");
        check(10_240, "10.0 KiB");
        check(99 << 10, "99.0 KiB");
        check(100 << 10, "100 KiB");
        check(-(3701 << 10), "-3701 KiB");
        check(5 << 20, "5120 KiB");
        check(11 << 20, "11.0 MiB");
        check(1 << 60, "1048576 TiB");
    }

    #[test]
    fn differences_come_by_their_size_and_what_is_gone_is_told() {
        let before = [
            statistic("a", 100, 1),
            statistic("b", 50, 5),
            statistic("c", 7, 1),
        ];
        let now = vec![
            statistic("a", 90, 1),
            statistic("d", 30, 3),
            statistic("c", 7, 1),
        ];
        let changes: Vec<_> = compared(now, &before)
            .into_iter()
            .map(|s| {
                (
                    s.label,
                    s.bytes,
                    s.change.map_or((0, 0), |c| (c.bytes, c.blocks)),
                )
            })
            .collect();
        let expected = [
            ("b", 0, (-50, -5)),
            ("d", 30, (30, 3)),
            ("a", 90, (-10, 0)),
            ("c", 7, (0, 0)),
        ];
        let expected = expected.map(|(label, bytes, change)| (label.to_owned(), bytes, change));
        assert_eq!(changes, expected);
    }
}
