//! Timing one operation of a few nanoseconds on a machine that others use too.

use std::time::{Duration, Instant};

/// How long one sample takes: far above the clock's resolution, and short enough that some of
/// the samples are not interrupted.
const SAMPLE: Duration = Duration::from_millis(8);

/// How many samples are taken, of which the best one counts.
const SAMPLES: usize = 9;

/// Nanoseconds per operation of `run`, which performs as many operations as it is told.
///
/// The best sample is the figure: whatever else runs on the machine only ever adds time.
pub(crate) fn per_operation(mut run: impl FnMut(u64)) -> f64 {
    let mut count = 1;
    let mut time = elapsed(&mut run, count);
    while time < SAMPLE {
        count *= 2;
        time = elapsed(&mut run, count);
    }
    for _ in 0..SAMPLES {
        time = time.min(elapsed(&mut run, count));
    }
    time.as_nanos() as f64 / count as f64
}

fn elapsed(run: &mut impl FnMut(u64), count: u64) -> Duration {
    let start = Instant::now();
    run(count);
    start.elapsed()
}
