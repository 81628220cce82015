//! The highest balance of a stretch of time.

use super::Counters;

/// A stretch of a thread's time of which the highest balance is wanted. Spans nest.
pub(crate) struct Span<'a> {
    counters: &'a Counters,
    /// The highest balance of the span around, until this one began.
    outer_top: i64,
    start: i64,
}

impl Span<'_> {
    /// The highest balance above the start, in bytes.
    pub(crate) fn peak(&self) -> usize {
        self.counters.hand_out(self.counters.balance());
        (self.counters.span_top.get() - self.start) as usize
    }
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        self.counters.hand_out(self.counters.balance());
        self.counters.span_top.raise(self.outer_top);
    }
}

impl Counters {
    /// Begins a span.
    pub(crate) fn span(&self) -> Span<'_> {
        let start = self.balance();
        self.hand_out(start);
        let outer_top = self.span_top.get();
        self.span_top.set(start);
        Span {
            counters: self,
            outer_top,
            start,
        }
    }
}
