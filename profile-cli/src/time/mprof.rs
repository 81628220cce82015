//! The files of mprof, memory_profiler's recorder: text, a record per line.
//!
//! ```text
//! CMDLINE the command line
//! MEM <MiB> <seconds since 1970>
//! FUNC <name> <MiB> <entered> <MiB> <left> <level>
//! CHLD <pid> <MiB> <seconds since 1970>
//! ```

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use profile_trace::read::{Sample, Stay, Timeline};
use profile_trace::view::Options;

use super::curves::Curves;
use crate::Error;
use crate::args::{Look, To};
use crate::plan::{self, Plan};

/// What the lines that matter begin with.
const WORDS: [&str; 4] = ["CMDLINE ", "MEM ", "FUNC ", "CHLD "];

const MIB: f64 = 1_048_576.0;

/// Whether the file at `path` is one of mprof's.
///
/// # Errors
///
/// If it cannot be read.
pub fn is_one(path: &Path) -> Result<bool, Error> {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(8).read_to_end(&mut start));
    read.map_err(|error| Error::file("read", path, &error))?;
    Ok(WORDS.iter().any(|word| start.starts_with(word.as_bytes())))
}

/// Reads a file of mprof.
///
/// # Errors
///
/// If a line is none of those that mprof writes.
pub fn read(name: &str, text: &str) -> Result<Curves, Error> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = Line::parse(line).ok_or_else(|| {
            Error::Failed(format!(
                "{name}:{number}: expected a line of mprof's (CMDLINE, MEM, FUNC or CHLD), found {:?}",
                line.chars().take(60).collect::<String>()
            ))
        })?;
        lines.push(line);
    }
    let began = lines.iter().filter_map(Line::time);
    let began = began.reduce(f64::min).unwrap_or(0.0);
    let mut curves = Curves {
        file: name.to_owned(),
        began,
        ..Curves::default()
    };
    for line in lines {
        line.add(began, &mut curves);
    }
    let timeline = &mut curves.timeline;
    timeline.samples.sort_by_key(|sample| sample.time);
    for samples in timeline.children.values_mut() {
        samples.sort_by_key(|sample| sample.time);
    }
    timeline.nest();
    Ok(curves)
}

/// A line, its times in seconds since 1970.
enum Line<'a> {
    Command(&'a str),
    Memory(f64, f64),
    Function(&'a str, f64, f64),
    Child(u32, f64, f64),
    /// Something of another version.
    Other,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (word, rest) = line.split_once(' ')?;
        let words: Vec<&str> = rest.trim_end().split(' ').collect();
        let number = |index: usize| {
            let number = words.get(index)?.parse::<f64>().ok()?;
            (number.is_finite() && number >= 0.0).then_some(number)
        };
        Some(match word {
            "CMDLINE" => Self::Command(rest.trim_end()),
            "MEM" => Self::Memory(number(0)?, number(1)?),
            "CHLD" => Self::Child(words.first()?.parse().ok()?, number(1)?, number(2)?),
            "FUNC" => {
                let (entered, left) = (number(2)?, number(4)?);
                Self::Function(words.first()?, entered, left.max(entered))
            }
            _ if word.chars().all(|c| c.is_ascii_uppercase()) => Self::Other,
            _ => return None,
        })
    }

    fn time(&self) -> Option<f64> {
        match *self {
            Self::Memory(_, time) | Self::Child(_, _, time) | Self::Function(_, time, _) => {
                Some(time)
            }
            _ => None,
        }
    }

    fn add(self, began: f64, curves: &mut Curves) {
        let timeline = &mut curves.timeline;
        let since = |time: f64| ((time - began) * 1e9) as u64;
        let sample = |mib: f64, time| Sample {
            time: since(time),
            rss: (mib * MIB).round() as u64,
            live: None,
        };
        match self {
            Self::Command(line) => curves.command = line.to_owned(),
            Self::Memory(mib, time) => timeline.samples.push(sample(mib, time)),
            Self::Child(process, mib, time) => {
                let child = timeline.children.entry(process).or_default();
                child.push(sample(mib, time));
            }
            Self::Function(name, entered, left) => timeline.stays.push(Stay {
                function: name.replace('\u{a0}', " "),
                thread: 1,
                time: since(entered)..since(left),
                calls: 1,
                level: 0,
            }),
            Self::Other => {}
        }
    }
}

/// `memline transform mprof`
///
/// # Errors
///
/// If the file cannot be read, or the other one cannot be written.
pub fn transform(look: Look, to: To) -> Result<(), Error> {
    let plan = Plan::new(look)?;
    let Options { from, to: end, .. } = plan.options;
    let curves = Curves::load(&plan.file)?.within(from, end);
    plan::output(to, None).write(|out| {
        let written = write(&curves, out);
        written.map_err(|error| Error::file("write", "the output".as_ref(), &error))
    })
}

/// Writes `curves` as mprof does. It knows neither marks nor live heaps, which are left out.
///
/// # Errors
///
/// If `out` does not take the bytes.
pub fn write(curves: &Curves, out: &mut dyn Write) -> io::Result<()> {
    let Timeline {
        samples,
        children,
        stays,
        ..
    } = &curves.timeline;
    let seconds = |time: u64| curves.began + time as f64 / 1e9;
    let mib = |bytes: u64| bytes as f64 / MIB;
    writeln!(out, "CMDLINE {}", curves.command.replace('\n', " "))?;
    for sample in samples {
        writeln!(
            out,
            "MEM {:.6} {:.4}",
            mib(sample.rss),
            seconds(sample.time)
        )?;
    }
    for (process, samples) in children {
        for sample in samples {
            let (mib, time) = (mib(sample.rss), seconds(sample.time));
            writeln!(out, "CHLD {process} {mib:.6} {time:.4}")?;
        }
    }
    for stay in stays {
        // mprof cuts a line at each space: one that does not break looks the same.
        let name = stay.function.replace(' ', "\u{a0}");
        let [(from_mib, from), (to_mib, to)] =
            [stay.time.start, stay.time.end].map(|time| (mib(curves.rss_at(time)), seconds(time)));
        let level = stay.level;
        writeln!(
            out,
            "FUNC {name} {from_mib:.4} {from:.4} {to_mib:.4} {to:.4} {level}"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::time::curves::tests::curves;

    fn written(curves: &Curves) -> String {
        let mut out = Vec::new();
        write(curves, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn the_layout_is_mprofs() {
        expect![[r#"
            CMDLINE app --all
            MEM 10.000000 1700000000.0000
            MEM 20.000000 1700000001.0000
            MEM 50.000000 1700000002.0000
            MEM 40.000000 1700000003.0000
            MEM 40.000000 1700000004.0000
            CHLD 77 5.000000 1700000001.0000
            CHLD 77 8.000000 1700000002.0000
            CHLD 77 30.000000 1700000003.0000
            FUNC app::load 10.0000 1700000000.0000 40.0000 1700000003.0000 0
            FUNC <app::T~as~app::Run>::run 20.0000 1700000001.0000 50.0000 1700000002.0000 1
        "#]]
        .assert_eq(&written(&curves()).replace('\u{a0}', "~"));
    }

    #[test]
    fn what_is_written_is_read() {
        let before = curves();
        let after = read("a.dat", &written(&before)).expect("it is one");
        assert_eq!(after.command, before.command);
        let mut expected = before.timeline;
        expected.marks.clear();
        expected.stays.iter_mut().for_each(|stay| stay.calls = 1);
        expected
            .samples
            .iter_mut()
            .for_each(|sample| sample.live = None);
        assert_eq!(after.timeline, expected);
    }

    #[test]
    fn what_mprof_wrote_is_read() {
        // A function without a level, as older versions of mprof wrote it.
        let text = "CMDLINE python a.py\nFUNC __main__.f 27.1 100.5 34.8 101.5\nMEM 27.125 100.25\nMEM 34.75 102.25\n";
        let curves = read("a.dat", text).expect("it is one");
        assert_eq!(curves.timeline.samples[1].rss, 34 * (1 << 20) + (3 << 18));
        assert_eq!(curves.timeline.samples[1].time, 2_000_000_000);
        assert_eq!(curves.timeline.stays[0].time, 250_000_000..1_250_000_000);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let check = |text: &str, place: &str| {
            let error = read("a.dat", text).expect_err("it is none").to_string();
            assert!(
                error.starts_with(place) && error.contains("expected"),
                "{error}"
            );
        };
        check("MEM 1.0 2.0\n\n", "a.dat:2: ");
        check("MEM one 2.0\n", "a.dat:1: ");
        check("MEM 1.0\n", "a.dat:1: ");
        check("MEM NaN 1.0\n", "a.dat:1: ");
        check("CHLD x 1.0 2.0\n", "a.dat:1: ");
    }
}
