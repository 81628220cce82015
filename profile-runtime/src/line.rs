//! The figures of one line on one thread, and when to read the resident set for it.

use crate::tally::{Balance, Tally};

/// A line's first executions, in each of which the resident set is read.
pub(crate) const LEARNING: u64 = 64;

/// A line that takes so long on average, in nanoseconds, can afford a reading each time.
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
    /// Executions from one sample to the next; 0 where each is one.
    stride: Tally,
    pub(crate) operations: Tally,
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
    /// Nanoseconds, of the first executions or, where the time column is wanted, of all.
    pub(crate) time: Tally,
}

impl LineTally {
    pub(crate) fn clear(&self) {
        let Self { occurrences, operations, frees, reallocs, allocated, freed, grown, .. } = self;
        for tally in [occurrences, operations, frees, reallocs, allocated, freed, grown] {
            tally.set(0);
        }
        for balance in [&self.peak, &self.heap, &self.heap_increment, &self.rss_increment] {
            balance.set(0);
        }
        for tally in [&self.mem_usage, &self.time, &self.next_sample, &self.stride] {
            tally.set(0);
        }
    }

    /// Whether the line's present execution is a sample.
    pub(crate) fn is_sampled(&self) -> bool {
        self.occurrences.get() >= self.next_sample.get()
    }

    /// Takes a sample, `since` nanoseconds after the thread's last reading of the resident set:
    /// chooses when the next one is due, and tells whether to read now.
    ///
    /// A line begins by learning how long it takes. A long one stays sampled at each execution; a
    /// short one is sampled at a stride that is tuned to one reading per [`INTERVAL`].
    pub(crate) fn sample(&self, since: u64, every: bool) -> bool {
        let occurrences = self.occurrences.get();
        if occurrences == LEARNING && self.time.get() < LONG * LEARNING {
            self.stride.set(1);
        }
        let stride = self.stride.get();
        if occurrences <= LEARNING || stride == 0 {
            return true;
        }
        if since < INTERVAL {
            self.stride.set((2 * stride).min(MAX_STRIDE));
        } else if since > 2 * INTERVAL {
            self.stride.set((stride / 2).max(1));
        }
        if !every {
            self.next_sample.set(occurrences + self.stride.get());
        }
        since >= INTERVAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples a line that takes `nanoseconds`, once per execution where one is due; returns
    /// how many of `executions` are samples, and how many of them read the resident set.
    fn samples(nanoseconds: u64, executions: u64) -> (u64, u64) {
        let line = LineTally::default();
        let (mut samples, mut readings, mut since) = (0, 0, 0);
        for _ in 0..executions {
            line.occurrences.add(1);
            since += nanoseconds;
            if line.is_sampled() {
                line.time.add(nanoseconds);
                samples += 1;
                if line.sample(since, false) {
                    readings += 1;
                    since = 0;
                }
            }
        }
        (samples, readings)
    }

    #[test]
    fn the_first_executions_are_all_read() {
        assert_eq!(samples(1, LEARNING), (LEARNING, LEARNING));
    }

    #[test]
    fn a_long_line_is_read_each_time() {
        assert_eq!(samples(LONG, 1000), (1000, 1000));
    }

    #[test]
    fn a_short_line_is_read_about_once_per_interval() {
        let executions = 30_000_000;
        let (samples, readings) = samples(1, executions);
        let wanted = executions / INTERVAL;
        assert!((wanted / 3..=wanted + LEARNING).contains(&readings), "{readings} readings");
        assert!(samples < 3 * wanted, "{samples} samples");
    }
}
