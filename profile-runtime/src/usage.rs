//! Memory while something runs, for code: what `memory_usage` of memory_profiler answers.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::Process;
use crate::rss;

/// Samples memory while a closure or a process runs.
///
/// ```
/// # use profile_runtime as memline;
/// use std::time::Duration;
///
/// let usage = memline::memory_usage()
///     .interval(Duration::from_millis(10))
///     .run(|| vec![1u8; 8 << 20]);
/// assert_eq!(usage.value.len(), 8 << 20); // the closure's result; it runs exactly once
/// println!("at most {:?} bytes in {} samples", usage.peak(), usage.samples.len());
/// ```
pub fn memory_usage() -> MemoryUsage {
    MemoryUsage {
        interval: Duration::from_millis(100),
        timeout: None,
        children: false,
    }
}

/// How memory is to be sampled; see [`memory_usage`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sampled before run or pid is called"]
pub struct MemoryUsage {
    interval: Duration,
    timeout: Option<Duration>,
    children: bool,
}

/// The resident set at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySample {
    /// Since sampling began.
    pub time: Duration,
    /// Bytes of the process.
    pub rss: u64,
    /// Bytes of the processes that descend from it, added up; 0 where they are not sampled. Memory
    /// that processes share counts for each.
    pub children: u64,
}

/// What was sampled, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage<T> {
    /// What the closure returned.
    pub value: T,
    /// The samples, in the order of time. There are none where the system does not tell.
    pub samples: Vec<MemorySample>,
}

impl<T> Usage<T> {
    /// The highest sample in bytes, children included; `None` where there is none.
    ///
    /// What rises and falls between two samples is not in it: `memline::measure` knows the heap's
    /// exact peak.
    #[must_use]
    pub fn peak(&self) -> Option<u64> {
        let totals = self.samples.iter();
        totals.map(|sample| sample.rss + sample.children).max()
    }
}

impl MemoryUsage {
    /// Time between two samples, 100 ms by default, and at least 1 ms.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// Samples no longer than this. What is sampled goes on.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Samples also the processes that descend from the one that is sampled; on Linux only.
    pub fn include_children(mut self, include: bool) -> Self {
        self.children = include;
        self
    }

    /// Runs `work`, once, and samples this process meanwhile: before it, at each interval, and after
    /// it, however short it is.
    ///
    /// A thread takes the samples. What it allocates for them is counted on that thread, as any other
    /// thread's allocations are; where no thread can be started, there are two samples.
    ///
    /// # Panics
    ///
    /// If `work` does.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> Usage<T> {
        let start = Instant::now();
        let sampler = Sampler::of_this_process(self.children);
        let mut samples = Vec::from_iter(sampler.sample(start));
        let value = thread::scope(|scope| {
            let (end, ended) = mpsc::channel::<()>();
            let sampling = thread::Builder::new()
                .name("memory usage".to_owned())
                .spawn_scoped(scope, {
                    let sampler = &sampler;
                    let wait =
                        move |pause| ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout);
                    move || self.watch(sampler, start, wait)
                });
            // Dropped also where `work` panics: then the thread ends, and the scope with it.
            let value = {
                let _end = end;
                work()
            };
            if let Ok(Ok(more)) = sampling.map(thread::ScopedJoinHandle::join) {
                samples.extend(more);
            }
            value
        });
        if self.timeout.is_none_or(|timeout| start.elapsed() < timeout) {
            samples.extend(sampler.sample(start));
        }
        Usage { value, samples }
    }

    /// Samples another process until it ends or the time is over.
    ///
    /// ```no_run
    /// # use profile_runtime as memline;
    /// # use std::time::Duration;
    /// let mut child = std::process::Command::new("make").spawn()?;
    /// let usage = memline::memory_usage()
    ///     .include_children(true)
    ///     .timeout(Duration::from_secs(60))
    ///     .pid(child.id())?;
    /// for sample in &usage.samples {
    ///     println!("{:?} {} B", sample.time, sample.rss + sample.children);
    /// }
    /// child.wait()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such process, or the system is not Linux.
    pub fn pid(&self, pid: u32) -> io::Result<Usage<()>> {
        let start = Instant::now();
        let sampler = Sampler::Other(Process::find(pid)?, self.children);
        let mut samples = Vec::from_iter(sampler.sample(start));
        samples.extend(self.watch(&sampler, start, |pause| {
            thread::sleep(pause);
            true
        }));
        Ok(Usage { value: (), samples })
    }

    /// Samples at each interval until `wait` says that it is over, or the process is gone.
    fn watch(
        &self,
        sampler: &Sampler,
        start: Instant,
        wait: impl Fn(Duration) -> bool,
    ) -> Vec<MemorySample> {
        let mut samples = Vec::new();
        let mut due = start + self.interval;
        let over = self.timeout.map(|timeout| start + timeout);
        while over.is_none_or(|over| due <= over) {
            if !wait(due.saturating_duration_since(Instant::now())) {
                return samples;
            }
            let Some(sample) = sampler.sample(start) else {
                return samples;
            };
            samples.push(sample);
            // What was missed is not made up for.
            due = (due + self.interval).max(Instant::now());
        }
        samples
    }
}

/// What is sampled.
enum Sampler {
    /// This process; where its children are wanted and can be found, also as one of many.
    This(Option<Process>),
    /// Another one, and whether its children are wanted.
    Other(Process, bool),
}

impl Sampler {
    fn of_this_process(children: bool) -> Self {
        let find = || Process::find(std::process::id()).ok();
        Self::This(children.then(find).flatten())
    }

    fn sample(&self, start: Instant) -> Option<MemorySample> {
        let (rss, family) = match self {
            Self::This(process) => (rss::read()?, *process),
            Self::Other(process, children) => (process.rss()?, children.then_some(*process)),
        };
        let children = family.map_or(0, |process| {
            let all = process.descendants().into_iter();
            all.filter_map(|child| child.rss()).sum()
        });
        Some(MemorySample {
            time: start.elapsed(),
            rss,
            children,
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::*;

    const SHORT: Duration = Duration::from_millis(5);

    #[test]
    fn a_closure_runs_once_and_its_value_is_kept() {
        let runs = AtomicU32::new(0);
        let usage = memory_usage().run(|| {
            runs.fetch_add(1, Relaxed);
            "value"
        });
        assert_eq!((usage.value, runs.load(Relaxed)), ("value", 1));
        // However short it was.
        assert!(usage.samples.len() >= 2, "{:?}", usage.samples);
        assert!(usage.samples.is_sorted_by_key(|sample| sample.time));
    }

    #[test]
    fn what_is_held_meanwhile_is_seen() {
        const SIZE: u64 = 64 << 20;
        let usage = memory_usage().interval(SHORT).run(|| {
            let block = vec![1u8; SIZE as usize];
            thread::sleep(20 * SHORT);
            std::hint::black_box(&block);
        });
        let before = usage.samples.first().map_or(0, |sample| sample.rss);
        let peak = usage.peak().expect("there are samples");
        // Other tests of this process free and allocate a little meanwhile.
        assert!(peak - before > SIZE - (4 << 20), "{before} {peak}");
        assert!(usage.samples.len() > 4);
    }

    #[test]
    fn a_panic_goes_on() {
        let caught = std::panic::catch_unwind(|| memory_usage().run(|| panic!("as it should")));
        assert!(caught.is_err());
    }

    #[test]
    fn a_process_is_sampled_until_the_time_is_over_or_it_ends() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("it starts");
        let id = child.id();
        let usage = memory_usage().interval(SHORT).timeout(10 * SHORT);
        let usage = usage.pid(id).expect("it runs");
        assert!((2..=11).contains(&usage.samples.len()), "{usage:?}");
        assert!(usage.peak().is_some_and(|peak| peak > 100_000));
        let ending = thread::spawn(move || memory_usage().interval(SHORT).pid(id));
        thread::sleep(4 * SHORT);
        child.kill().expect("it runs");
        assert!(ending.join().expect("it ends").is_ok());
        child.wait().expect("it has ended");
        let gone = memory_usage().pid(id).expect_err("it is gone");
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn children_are_added_up() {
        let usage = memory_usage().interval(SHORT).include_children(true);
        let usage = usage.run(|| {
            let mut child = Command::new("sleep").arg("0.1").spawn().expect("it starts");
            child.wait().expect("it ends");
        });
        let most = usage.samples.iter().map(|sample| sample.children).max();
        assert!(most > Some(100_000), "{most:?}");
        let together = usage
            .samples
            .iter()
            .map(|sample| sample.rss + sample.children);
        assert_eq!(usage.peak(), together.max());
    }
}
