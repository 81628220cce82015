//! The figures of one line on one thread, and when to read the resident set for it.

use crate::tally::{Balance, Tally};

/// A line's first executions, in each of which the resident set is read.
pub(crate) const LEARNING: u64 = 64;

/// A line that takes so long, in nanoseconds, can afford a reading at each execution.
const LONG: u64 = 10_000;

/// One reading per so many nanoseconds is affordable whatever the line.
const INTERVAL: u64 = 30_000;

/// Most executions from one sample to the next.
const MAX_STRIDE: u64 = 1 << 20;

/// The figures of one line on one thread, 128 bytes.
#[derive(Default)]
#[repr(C, align(128))]
pub(crate) struct LineTally {
    // What a probe touches when nothing happened.
    pub(crate) occurrences: Tally,
    /// From this execution on the line is settled even if nothing seems to have happened.
    pub(crate) next_sample: Tally,
    // What settling touches.
    /// Executions from one sample to the next, and when the last one was taken, in nanoseconds.
    stride: Tally,
    sampled: Tally,
    pub(crate) allocs: Tally,
    pub(crate) frees: Tally,
    pub(crate) reallocs: Tally,
    pub(crate) allocated: Tally,
    pub(crate) freed: Tally,
    pub(crate) grown: Tally,
    pub(crate) peak: Balance,
    pub(crate) heap: Balance,
    pub(crate) heap_increment: Balance,
    pub(crate) mem_usage: Tally,
    pub(crate) rss_increment: Balance,
    /// Nanoseconds, where the time column is wanted.
    pub(crate) time: Tally,
}

impl LineTally {
    pub(crate) fn clear(&self) {
        let Self {
            occurrences,
            allocs,
            frees,
            reallocs,
            allocated,
            freed,
            grown,
            ..
        } = self;
        for tally in [
            occurrences,
            allocs,
            frees,
            reallocs,
            allocated,
            freed,
            grown,
        ] {
            tally.set(0);
        }
        for balance in [
            &self.peak,
            &self.heap,
            &self.heap_increment,
            &self.rss_increment,
        ] {
            balance.set(0);
        }
        for tally in [
            &self.mem_usage,
            &self.time,
            &self.next_sample,
            &self.stride,
            &self.sampled,
        ] {
            tally.set(0);
        }
    }

    /// Whether nothing was ever charged. A line that was paused during a reset may have done things
    /// since without having begun.
    pub(crate) fn is_blank(&self) -> bool {
        let counts = [&self.occurrences, &self.allocs, &self.frees, &self.reallocs];
        counts.iter().all(|count| count.get() == 0)
    }

    /// Whether the line's present execution is a sample.
    pub(crate) fn is_sampled(&self) -> bool {
        self.occurrences.get() >= self.next_sample.get()
    }

    /// Takes a sample at `now`, in nanoseconds; the thread last read the resident set at `read`.
    /// Tells whether to read it again, and chooses when the next sample is due.
    ///
    /// After the first executions a sample is due every time where the line takes [`LONG`], else
    /// at a stride that is tuned to [`INTERVAL`]. It reads unless another line has just done so.
    pub(crate) fn sample(&self, now: u64, read: u64) -> bool {
        let occurrences = self.occurrences.get();
        let since_sample = now.saturating_sub(self.sampled.get());
        self.sampled.set(now);
        if occurrences < LEARNING {
            return true;
        }
        let stride = self.stride.get().max(1);
        let wait = if stride == 1 { LONG } else { INTERVAL };
        self.stride.set(if since_sample < wait {
            (2 * stride).min(MAX_STRIDE)
        } else if since_sample > 2 * INTERVAL {
            (stride / 2).max(1)
        } else {
            stride
        });
        self.next_sample.set(occurrences + self.stride.get());
        occurrences == LEARNING || now.saturating_sub(read) >= wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs lines that take so many nanoseconds in turn; returns how often each was sampled, and
    /// how often the resident set was read.
    fn run<const N: usize>(nanoseconds: [u64; N], turns: u64) -> ([u64; N], u64) {
        let lines: [LineTally; N] = std::array::from_fn(|_| LineTally::default());
        let (mut now, mut read, mut readings) = (0, 0, 0);
        let mut samples = [0; N];
        for _ in 0..turns {
            for (index, line) in lines.iter().enumerate() {
                line.occurrences.add(1);
                now += nanoseconds[index];
                if line.is_sampled() {
                    samples[index] += 1;
                    if line.sample(now, read) {
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
        assert_eq!(run([1], LEARNING), ([LEARNING], LEARNING));
    }

    #[test]
    fn a_long_line_is_read_each_time() {
        let (_, readings) = run([LONG, 10], 1000);
        assert!((1000..1300).contains(&readings), "{readings} readings");
    }

    #[test]
    fn short_lines_are_sampled_alike_and_share_the_readings() {
        let turns = 10_000_000;
        let (samples, readings) = run([1, 1, 1], turns);
        let wanted = 3 * turns / INTERVAL;
        assert!(
            (wanted / 3..wanted + 3 * LEARNING).contains(&readings),
            "{readings} readings"
        );
        for line in samples {
            assert!(
                (wanted / 3..2 * wanted + LEARNING).contains(&line),
                "{samples:?}"
            );
        }
    }
}
