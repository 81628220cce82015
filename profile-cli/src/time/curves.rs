//! Timelines as data, wherever they come from.

use std::fs;
use std::path::Path;

use profile_trace::Recording;
use profile_trace::read::{Sample, Stay, Timeline};

use super::mprof;
use crate::Error;
use crate::progress::Progress;

/// The memory of a process over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// The file, as it was named.
    pub file: String,
    /// The command line; empty where it is not known.
    pub command: String,
    /// When it began, in seconds since 1970; 0 where it is not known.
    pub began: f64,
    /// What it holds. Its times are nanoseconds since it began.
    pub timeline: Timeline,
}

/// How high memory went, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// Bytes.
    pub bytes: u64,
    /// Nanoseconds since the beginning.
    pub time: u64,
}

impl Curves {
    /// Reads the recording, timeline or `.dat` file of mprof at `path`.
    ///
    /// # Errors
    ///
    /// If it is none of these, or holds no sample.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let curves = if mprof::is_one(path)? {
            let text = fs::read_to_string(path);
            let text = text.map_err(|error| Error::file("read", path, &error))?;
            mprof::read(&path.display().to_string(), &text)?
        } else {
            Self::of_recording(path)?
        };
        if curves.timeline.samples.is_empty() {
            return Err(Error::Failed(format!(
                "{}: expected samples of memory over time, found none; the program may have ended too \
                 soon, or the system does not tell the resident set",
                path.display()
            )));
        }
        Ok(curves)
    }

    fn of_recording(path: &Path) -> Result<Self, Error> {
        let mut recording = Recording::open(path)?;
        let progress = Progress::of(format!("reading {}", path.display()), recording.meter());
        let timeline = recording.timeline()?;
        drop(progress);
        for note in recording.condition().to_string().lines() {
            eprintln!("memline: note: {} is {note}", path.display());
        }
        let facts = recording.facts();
        Ok(Self {
            file: path.display().to_string(),
            command: facts.command_line.join(" "),
            began: facts.began.map_or(0.0, |began| began.as_secs_f64()),
            timeline,
        })
    }

    /// The part of it that lies between two times.
    #[must_use]
    pub fn within(mut self, from: u64, to: u64) -> Self {
        let inside = |sample: &Sample| (from..=to).contains(&sample.time);
        let timeline = &mut self.timeline;
        timeline.samples.retain(inside);
        for samples in timeline.children.values_mut() {
            samples.retain(inside);
        }
        timeline.children.retain(|_, samples| !samples.is_empty());
        timeline
            .marks
            .retain(|(time, _)| (from..=to).contains(time));
        timeline
            .stays
            .retain(|stay| stay.time.start <= to && stay.time.end >= from);
        for stay in &mut timeline.stays {
            stay.time = stay.time.start.max(from)..stay.time.end.min(to);
        }
        self
    }

    /// The highest resident set.
    #[must_use]
    pub fn rss_peak(&self) -> Option<Peak> {
        highest(self.timeline.samples.iter().map(|s| (s.rss, s.time)))
    }

    /// The highest live heap, where somebody counted it.
    #[must_use]
    pub fn live_peak(&self) -> Option<Peak> {
        let samples = self.timeline.samples.iter();
        highest(samples.filter_map(|s| Some((s.live?, s.time))))
    }

    /// The highest sum of the resident sets of the process and its children, if it has any. Memory
    /// that they share counts for each of them.
    #[must_use]
    pub fn family_peak(&self) -> Option<Peak> {
        let timeline = &self.timeline;
        if timeline.children.is_empty() {
            return None;
        }
        let mut children: Vec<_> = timeline
            .children
            .values()
            .map(|samples| samples.iter().peekable())
            .collect();
        let mut now = vec![0; children.len()];
        highest(timeline.samples.iter().map(|sample| {
            for (now, samples) in now.iter_mut().zip(&mut children) {
                while let Some(child) = samples.next_if(|child| child.time <= sample.time) {
                    *now = child.rss;
                }
            }
            (sample.rss + now.iter().sum::<u64>(), sample.time)
        }))
    }

    /// The bytes per second by which the resident set grows, and what it would have been at the
    /// beginning: the line that is nearest to all samples. `None` where there are fewer than two.
    #[must_use]
    pub fn trend(&self) -> Option<(f64, f64)> {
        let samples = &self.timeline.samples;
        let count = samples.len() as f64;
        let points = || {
            let point = |s: &Sample| (s.time as f64 / 1e9, s.rss as f64);
            samples.iter().map(point)
        };
        let (x, y) = points().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (x, y) = (x / count, y / count);
        let covariance: f64 = points().map(|point| (point.0 - x) * (point.1 - y)).sum();
        let variance: f64 = points().map(|point| (point.0 - x).powi(2)).sum();
        (variance > 0.0).then(|| {
            let slope = covariance / variance;
            (slope, y - slope * x)
        })
    }

    /// The stays in the functions of this name: of the whole path, or of its end.
    #[must_use]
    pub fn stays_in(&self, name: &str) -> Vec<&Stay> {
        let is_it = |function: &str| {
            let rest = function.strip_suffix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
        };
        let stays = self.timeline.stays.iter();
        stays.filter(|stay| is_it(&stay.function)).collect()
    }

    /// The resident set at a time: that of the last sample until then, or else of the first.
    #[must_use]
    pub fn rss_at(&self, time: u64) -> u64 {
        let samples = &self.timeline.samples;
        let after = samples.partition_point(|sample| sample.time <= time);
        let sample = samples.get(after.saturating_sub(1));
        sample.map_or(0, |sample| sample.rss)
    }
}

/// The first of the highest.
fn highest(points: impl Iterator<Item = (u64, u64)>) -> Option<Peak> {
    let peaks = points.map(|(bytes, time)| Peak { bytes, time });
    peaks.reduce(|highest, peak| {
        if peak.bytes > highest.bytes {
            peak
        } else {
            highest
        }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Four seconds of a process with a child, a mark, and two functions.
    pub(crate) fn curves() -> Curves {
        let sample = |(second, rss): (u64, u64)| Sample {
            time: second * 1_000_000_000,
            rss: rss << 20,
            live: Some(rss << 19),
        };
        let child = |(second, rss): (u64, u64)| Sample {
            live: None,
            ..sample((second, rss))
        };
        let stay = |function: &str, start: u64, end: u64, calls| Stay {
            function: function.to_owned(),
            thread: 1,
            time: start * 1_000_000_000..end * 1_000_000_000,
            calls,
            level: 0,
        };
        let mut timeline = Timeline {
            samples: [(0, 10), (1, 20), (2, 50), (3, 40), (4, 40)]
                .map(sample)
                .to_vec(),
            children: [(77, [(1, 5), (2, 8), (3, 30)].map(child).to_vec())].into(),
            marks: vec![(2_000_000_000, "phase <2>".to_owned())],
            stays: vec![
                stay("app::load", 0, 3, 1),
                stay("<app::T as app::Run>::run", 1, 2, 5),
            ],
        };
        timeline.nest();
        Curves {
            file: "memline-app.1.memline".to_owned(),
            command: "app --all".to_owned(),
            began: 1_700_000_000.0,
            timeline,
        }
    }

    #[test]
    fn peaks_and_trend_are_those_of_the_samples() {
        let curves = curves();
        let peak = |mib: u64, second: u64| {
            Some(Peak {
                bytes: mib << 20,
                time: second * 1_000_000_000,
            })
        };
        assert_eq!(curves.rss_peak(), peak(50, 2));
        assert_eq!(curves.live_peak(), peak(25, 2));
        assert_eq!(curves.family_peak(), peak(70, 3));
        let (slope, start) = curves.trend().expect("there are five samples");
        assert!((slope / f64::from(1 << 20) - 8.0).abs() < 1e-9, "{slope}");
        assert!((start / f64::from(1 << 20) - 16.0).abs() < 1e-9, "{start}");
        assert_eq!(curves.rss_at(1_500_000_000), 20 << 20);
        let late = curves.within(3_000_000_000, u64::MAX);
        assert_eq!(late.rss_peak(), peak(40, 3));
        assert_eq!(
            (late.timeline.stays.len(), late.timeline.marks.len()),
            (1, 0)
        );
    }

    #[test]
    fn functions_are_found_by_the_end_of_their_path() {
        let curves = curves();
        let found = |name| curves.stays_in(name).len();
        assert_eq!((found("load"), found("app::load"), found("oad")), (1, 1, 0));
        assert_eq!((found("run"), curves.timeline.stays[1].level), (1, 1));
    }
}
