//! What the calling thread did to the heap since a mark.

use std::mem::ManuallyDrop;
use std::ptr;

use crate::counters::Span;
use crate::record::{self, Record};

/// What was done to the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Highest heap above the beginning, in bytes.
    pub(crate) peak: u64,
    /// Allocations and reallocations.
    pub(crate) allocs: u64,
    /// Bytes allocated less bytes freed.
    pub(crate) kept: i64,
}

impl Usage {
    /// Goes on with what was done after it.
    pub(crate) fn then(&mut self, next: &Self) {
        let above = self.kept.saturating_add_unsigned(next.peak);
        self.peak = self.peak.max(above.max(0).unsigned_abs());
        self.allocs += next.allocs;
        self.kept += next.kept;
    }
}

/// A stretch of a thread's time that is being measured. Stretches nest.
pub(crate) struct Stretch {
    record: &'static Record,
    /// Whose record it was then.
    owner: u64,
    /// Dropped where the stretch began only: no other thread writes these counters.
    span: ManuallyDrop<Span<'static>>,
    allocs: u64,
    balance: i64,
}

impl Stretch {
    pub(crate) fn begin() -> Self {
        let record = record::current();
        let counters = &record.counters;
        Self {
            record,
            owner: record.owner(),
            span: ManuallyDrop::new(counters.span()),
            allocs: counters.gains.get(),
            balance: counters.balance(),
        }
    }

    /// What was done since; `None` on another thread than that on which it began.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let counters = &self.record.counters;
        self.is_here().then(|| Usage {
            peak: self.span.peak() as u64,
            allocs: counters.gains.get().wrapping_sub(self.allocs),
            kept: counters.balance().wrapping_sub(self.balance),
        })
    }

    fn is_here(&self) -> bool {
        record::current_if_any().is_some_and(|here| ptr::eq(here, self.record))
            && self.record.owner() == self.owner
    }
}

impl Drop for Stretch {
    fn drop(&mut self) {
        if self.is_here() {
            // SAFETY: dropped once, here.
            #[expect(unsafe_code)]
            unsafe {
                ManuallyDrop::drop(&mut self.span);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_begins_where_the_first_part_ended() {
        let part = |peak, allocs, kept| Usage { peak, allocs, kept };
        let check = |parts: &[Usage], whole: Usage| {
            let mut sum = Usage::default();
            parts.iter().for_each(|part| sum.then(part));
            assert_eq!(sum, whole, "{parts:?}");
        };
        check(&[], part(0, 0, 0));
        check(&[part(10, 1, 4), part(10, 2, -4)], part(14, 3, 0));
        check(&[part(10, 1, -20), part(15, 1, 15)], part(10, 2, -5));
    }

    #[test]
    fn another_thread_measures_nothing() {
        let stretch = Stretch::begin();
        let stretch = std::thread::spawn(move || {
            assert_eq!(stretch.usage(), None);
            stretch
        });
        let stretch = stretch.join().expect("the thread ends well");
        assert!(stretch.usage().is_some());
    }
}
