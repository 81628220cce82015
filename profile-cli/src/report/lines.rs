//! The source of a file or a function, with what each line allocated.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};

use profile_trace::view::Amount;
use regex::Regex;
use serde::Serialize;

use super::grid::Grid;
use super::{Input, Paint, Reporter, heading, json};
use crate::profile::{Profile, sum};
use crate::units;

/// Lines that are looked through for the beginning of a function.
const ABOVE: usize = 60;

/// A source file, or the part of it to show.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Its short name, as frames have it.
    pub file: String,
    /// Where it can be read.
    pub path: String,
    /// The lines to show, the first and the last; all where it is empty.
    pub lines: Option<(u32, u32)>,
    /// What is in it; empty where it cannot be read.
    pub text: String,
}

/// Annotated source.
#[derive(Debug)]
pub struct Lines {
    /// What to show, with its text.
    pub sources: Vec<Source>,
    /// Whether a program is to read it.
    pub json: bool,
}

#[derive(Debug, Default, Serialize)]
struct Figures {
    total_bytes: u64,
    own_bytes: u64,
    blocks: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: u32,
    #[serde(flatten)]
    figures: &'a Figures,
}

impl Reporter for Lines {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let figures: Vec<_> = self
            .sources
            .iter()
            .map(|source| figures(input, source))
            .collect();
        if self.json {
            let lines = self
                .sources
                .iter()
                .zip(&figures)
                .flat_map(|(source, figures)| {
                    figures.iter().map(|(line, figures)| Line {
                        file: &source.file,
                        line: *line,
                        figures,
                    })
                });
            return json(&lines.collect::<Vec<_>>(), out);
        }
        heading(input, out)?;
        for (source, figures) in self.sources.iter().zip(&figures) {
            writeln!(out, "\nFilename: {}\n", source.file)?;
            grid(source, figures, input.paint).write(out)?;
            if source.text.is_empty() {
                writeln!(
                    out,
                    "note: {} cannot be read: only lines that allocate are shown",
                    source.path
                )?;
            }
        }
        writeln!(
            out,
            "\nMemory: by the line and all that it called. Own: by the line itself, and the standard library."
        )
    }
}

/// What each line of a source allocated.
fn figures(input: &Input<'_>, source: &Source) -> BTreeMap<u32, Figures> {
    let profile = input.profile;
    let mut sums = BTreeMap::<u32, (Amount, Amount)>::new();
    let mut seen = HashSet::new();
    for row in &profile.rows {
        let amount = row.amount(input.view);
        if amount == Amount::default() {
            continue;
        }
        seen.clear();
        let charged = profile.charged(row.call);
        for call in profile.stack(row.call) {
            let frame = &profile.frames[call.frame as usize];
            let Some(line) = frame.line.filter(|line| source.shows(*line)) else {
                continue;
            };
            if frame.file.as_deref() != Some(&*source.file) {
                continue;
            }
            let (total, own) = sums.entry(line).or_default();
            // A recursive line counts once per stack.
            if seen.insert(line) {
                *total = sum([*total, amount].into_iter());
            }
            if charged == Some(call) {
                *own = sum([*own, amount].into_iter());
            }
        }
    }
    let figures = sums.into_iter().map(|(line, (total, own))| {
        let figures = Figures {
            total_bytes: total.bytes,
            own_bytes: own.bytes,
            blocks: total.blocks,
        };
        (line, figures)
    });
    figures.collect()
}

fn grid(source: &Source, figures: &BTreeMap<u32, Figures>, paint: Paint) -> Grid {
    let mut grid = Grid::new(
        &[">Line #", ">Memory", ">Own", ">Blocks", "Line Contents"],
        paint,
    );
    let mut add = |number: u32, text: &str| {
        let mut cells = vec![number.to_string()];
        match figures.get(&number) {
            Some(figures) => cells.extend([
                units::bytes(figures.total_bytes),
                units::bytes(figures.own_bytes),
                units::count(figures.blocks),
            ]),
            None => cells.extend([String::new(), String::new(), String::new()]),
        }
        cells.push(text.replace('\t', "    "));
        grid.row(&cells);
    };
    if source.text.is_empty() {
        figures.keys().for_each(|line| add(*line, ""));
    }
    for (number, text) in (1..).zip(source.text.lines()) {
        if source.shows(number) {
            add(number, text);
        }
    }
    grid
}

impl Source {
    fn shows(&self, line: u32) -> bool {
        self.lines
            .is_none_or(|(first, last)| (first..=last).contains(&line))
    }
}

/// What `target` means: a file, by the end of its name, or a function, by a pattern. Texts are
/// read with `read`. Empty if nothing in the profile is called so.
pub fn sources(
    profile: &Profile,
    target: &str,
    pattern: &Regex,
    read: impl Fn(&str) -> Option<String>,
) -> Vec<Source> {
    let is_file = |file: &str| {
        let rest = file.strip_suffix(target);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', ':']))
    };
    let mut files = BTreeMap::<&str, Source>::new();
    let mut functions = BTreeMap::<(&str, &str), (Source, BTreeSet<u32>)>::new();
    for frame in &profile.frames {
        let Some((file, line)) = frame.file.as_deref().zip(frame.line) else {
            continue;
        };
        let source = || Source {
            file: file.to_owned(),
            path: frame.path.clone().unwrap_or_default(),
            ..Source::default()
        };
        if is_file(file) {
            files.entry(file).or_insert_with(source);
        } else if pattern.is_match(&frame.function) {
            let key = (file, &*frame.function);
            let (_, lines) = functions
                .entry(key)
                .or_insert_with(|| (source(), BTreeSet::new()));
            lines.insert(line);
        }
    }
    if !files.is_empty() {
        let mut files: Vec<_> = files.into_values().collect();
        for source in &mut files {
            source.text = read(&source.path).unwrap_or_default();
        }
        return files;
    }
    let extent = |((_, function), (mut source, lines)): ((&str, &str), (Source, BTreeSet<u32>))| {
        source.text = read(&source.path).unwrap_or_default();
        let first = lines.first().copied().unwrap_or(1);
        let last = lines.last().copied().unwrap_or(first);
        source.lines = Some(whole_function(&source.text, function, first, last));
        source
    };
    let mut sources: Vec<Source> = functions.into_iter().map(extent).collect();
    // A closure's lines lie within its function's.
    let all = sources.clone();
    sources.retain(|source| !all.iter().any(|other| other.surrounds(source)));
    sources
}

impl Source {
    fn surrounds(&self, other: &Source) -> bool {
        let extent = |source: &Source| source.lines.unwrap_or((0, u32::MAX));
        let ((first, last), (start, end)) = (extent(self), extent(other));
        self.file == other.file && first <= start && end <= last && (first, last) != (start, end)
    }
}

/// The lines from `first` to `last`, with the function's header above and the brace that closes
/// it below, where they can be found.
fn whole_function(text: &str, function: &str, first: u32, last: u32) -> (u32, u32) {
    let name = function.split("::{").next().unwrap_or(function);
    let name = name.rsplit("::").next().unwrap_or(name);
    let name = name.split('<').next().unwrap_or(name);
    let header = format!("fn {name}");
    let lines: Vec<&str> = text.lines().collect();
    let from = (first as usize).min(lines.len());
    let above = lines[..from].iter().enumerate().rev().take(ABOVE);
    let Some((start, line)) = above.into_iter().find(|(_, line)| line.contains(&header)) else {
        return (first, last);
    };
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let brace = format!("{indent}}}");
    let below = lines.iter().enumerate().skip(start + 1);
    let end = below.into_iter().find(|(_, line)| line.trim_end() == brace);
    let end = end.map_or(last, |(index, _)| index as u32 + 1);
    (start as u32 + 1, end.max(last))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use profile_trace::view::View;

    use super::super::sample::{check, profile};
    use super::*;

    const TEXT: &str = "impl Index {\n    /// Reads.\n    fn build() {\n        a();\n\n\n\n\n\n\n\n        words.push(1);\n    }\n}\n";

    fn of(target: &str, text: Option<&str>) -> Lines {
        let pattern = Regex::new(target).expect("it is a pattern");
        let read = |_: &str| text.map(str::to_owned);
        Lines {
            sources: sources(&profile(), target, &pattern, read),
            json: false,
        }
    }

    #[test]
    fn a_function_with_its_header_and_brace() {
        check(
            &of("Index::build", Some(TEXT)),
            View::Peak,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

            Filename: src/index.rs

            Line #   Memory      Own  Blocks  Line Contents
            ------- -------- -------- ------- -----------------------
                 3                                fn build() {
                 4                                    a();
                 5
                 6
                 7
                 8
                 9
                10
                11
                12  5.0 MiB  5.0 MiB     241          words.push(1);
                13                                }

            Memory: by the line and all that it called. Own: by the line itself, and the standard library.
        "#]],
        );
    }

    #[test]
    fn a_file_that_is_gone() {
        check(
            &of("index.rs", None),
            View::Peak,
            expect![[r#"
            app folder
            Memory live at the high-water mark: 6.0 MiB in 244 blocks

            Filename: src/index.rs

            Line #   Memory      Own  Blocks  Line Contents
            ------- -------- -------- ------- --------------
                12  5.0 MiB  5.0 MiB     241
                30  2.0 KiB  2.0 KiB       1
            note: /src/app/src/index.rs cannot be read: only lines that allocate are shown

            Memory: by the line and all that it called. Own: by the line itself, and the standard library.
        "#]],
        );
    }

    #[test]
    fn a_name_that_does_not_occur() {
        assert!(of("nothing", None).sources.is_empty());
        assert!(of("dex.rs", None).sources.is_empty());
    }
}
