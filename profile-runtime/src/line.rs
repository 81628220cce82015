//! The figures of one line on one thread, and when to read the resident set for it.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::tally::{Balance, Tally};

/// A line's first samples, in each of which the resident set is read.
const LEARNING: u32 = 64;

/// Most executions from one sample to the next.
const MAX_STRIDE: u32 = 1 << 20;

/// The figures of one line on one thread, 128 bytes.
///
/// PERF: settling a line touches the first 64 of them, unless it reallocated or another thread published.
#[derive(Default)]
#[repr(C, align(128))]
pub(crate) struct LineTally {
    /// Executions since the next sample was due: negative until it is. A probe counts here.
    ///
    /// PERF: counting and looking whether a sample is due are one addition and its sign.
    since_due: Balance,
    /// Allocations and reallocations.
    pub(crate) gains: Tally,
    pub(crate) frees: Tally,
    pub(crate) allocated: Tally,
    pub(crate) freed: Tally,
    pub(crate) peak: Balance,
    pub(crate) heap: Balance,
    pub(crate) mem_usage: Tally,
    /// The execution that is the next sample: it is settled even if nothing seems to have happened.
    next_sample: Tally,
    /// Samples until now, up to [`LEARNING`]: a line that runs once may be settled a million times.
    samples: AtomicU32,
    /// Executions from one sample to the next, and when the last one was taken, in nanoseconds.
    stride: AtomicU32,
    sampled: Tally,
    pub(crate) reallocs: Tally,
    pub(crate) grown: Tally,
    /// What other threads added to the process's heap meanwhile, as far as published.
    pub(crate) elsewhere: Balance,
    pub(crate) rss_increment: Balance,
    /// Nanoseconds, where the time column is wanted.
    pub(crate) time: Tally,
}

const _: () = assert!(std::mem::offset_of!(LineTally, next_sample) == 64);

impl LineTally {
    /// The executions since a sample was due, with `count` more: negative while none is.
    #[inline(always)]
    pub(crate) fn since_due_with(&self, count: i64) -> i64 {
        self.since_due.get() + count
    }

    /// Counts executions, after which so many have passed since a sample was due.
    #[inline(always)]
    pub(crate) fn set_since_due(&self, since_due: i64) {
        self.since_due.set(since_due);
    }

    /// Counts so many executions; returns whether a sample is due.
    #[inline(always)]
    pub(crate) fn count(&self, count: i64) -> bool {
        self.since_due.grow(count) >= 0
    }

    /// How often the line ran.
    pub(crate) fn occurrences(&self) -> u64 {
        let next = self.next_sample.get();
        next.wrapping_add_signed(self.since_due.get())
    }

    /// What the process's heap grew.
    pub(crate) fn heap_increment(&self) -> i64 {
        let net = self.allocated.get().wrapping_sub(self.freed.get());
        self.elsewhere.get().wrapping_add(net as i64)
    }

    /// Makes the execution of this number the next sample.
    fn schedule(&self, next: u64) {
        self.since_due
            .set(self.occurrences().wrapping_sub(next) as i64);
        self.next_sample.set(next);
    }

    /// Makes every execution a sample.
    pub(crate) fn sample_always(&self) {
        self.schedule(0);
    }

    /// Forgets everything; the line is running if `open`.
    pub(crate) fn clear(&self, open: bool) {
        for tally in [
            &self.gains,
            &self.frees,
            &self.allocated,
            &self.freed,
            &self.mem_usage,
            &self.next_sample,
            &self.sampled,
            &self.reallocs,
            &self.grown,
            &self.time,
        ] {
            tally.set(0);
        }
        for balance in [&self.peak, &self.heap, &self.elsewhere, &self.rss_increment] {
            balance.set(0);
        }
        self.since_due.set(i64::from(open));
        self.samples.store(0, Relaxed);
        self.stride.store(0, Relaxed);
    }

    /// Whether nothing was ever charged. A line that was paused during a reset may have done things
    /// since without having begun.
    pub(crate) fn is_blank(&self) -> bool {
        self.occurrences() == 0 && self.gains.get() == 0 && self.frees.get() == 0
    }

    /// Whether the line's present execution is a sample.
    pub(crate) fn is_sampled(&self) -> bool {
        self.since_due.get() >= 0
    }

    /// Takes a sample at `now`, in nanoseconds; the thread last read the resident set at `read`.
    /// Tells whether to read it again, and chooses when the next sample is due.
    ///
    /// After the first ones a sample is due about once in an `interval`, which is every time where the
    /// line takes long. It reads unless another line has just done so.
    pub(crate) fn sample(&self, now: u64, read: u64, interval: u64) -> bool {
        let since_sample = now.saturating_sub(self.sampled.get());
        self.sampled.set(now);
        let samples = self.samples.load(Relaxed);
        if samples < LEARNING {
            self.samples.store(samples + 1, Relaxed);
            return true;
        }
        let stride = self.stride.load(Relaxed).max(1);
        let next = if since_sample < interval {
            (2 * stride).min(MAX_STRIDE)
        } else if since_sample > 2 * interval {
            (stride / 2).max(1)
        } else {
            stride
        };
        self.stride.store(next, Relaxed);
        self.schedule(self.occurrences() + u64::from(next));
        now.saturating_sub(read) >= interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: u64 = 30_000;

    /// Runs lines that take so many nanoseconds in turn; returns how often each was sampled, and
    /// how often the resident set was read.
    fn run<const N: usize>(nanoseconds: [u64; N], turns: u64) -> ([u64; N], u64) {
        let lines: [LineTally; N] = std::array::from_fn(|_| LineTally::default());
        let (mut now, mut read, mut readings) = (0, 0, 0);
        let mut samples = [0; N];
        for _ in 0..turns {
            for (index, line) in lines.iter().enumerate() {
                line.count(1);
                now += nanoseconds[index];
                if line.is_sampled() {
                    samples[index] += 1;
                    if line.sample(now, read, INTERVAL) {
                        readings += 1;
                        read = now;
                    }
                }
            }
        }
        (samples, readings)
    }

    #[test]
    fn the_first_executions_are_all_read() {
        let learning = u64::from(LEARNING);
        assert_eq!(run([1], learning), ([learning], learning));
    }

    #[test]
    fn a_long_line_is_read_each_time() {
        let (_, readings) = run([INTERVAL, 10], 1000);
        assert!((1000..1300).contains(&readings), "{readings} readings");
    }

    #[test]
    fn a_line_that_goes_on_and_on_learns_once() {
        let line = LineTally::default();
        line.count(1);
        let (mut now, mut samples) = (0, 0);
        for _ in 0..100_000 {
            now += 10;
            if line.is_sampled() {
                samples += 1;
                line.sample(now, now - 10, INTERVAL);
            }
        }
        assert_eq!(samples, LEARNING + 1);
    }

    #[test]
    fn short_lines_are_sampled_alike_and_share_the_readings() {
        let turns = 10_000_000;
        let (samples, readings) = run([1, 1, 1], turns);
        let wanted = 3 * turns / INTERVAL;
        let learning = 3 * u64::from(LEARNING);
        assert!(
            (wanted / 3..wanted + learning).contains(&readings),
            "{readings} readings"
        );
        for line in samples {
            assert!(
                (wanted / 3..2 * wanted + learning).contains(&line),
                "{samples:?}"
            );
        }
    }
}
