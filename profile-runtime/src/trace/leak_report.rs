//! What a [`Leak`](super::Leak) has found, and how it reads.

use std::collections::HashMap;
use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

use super::statistic::compared;
use super::{Change, Frame, Key, Snapshot, Statistic};
use crate::report::json;
use crate::report::units::Size;

/// Types that a table lists.
const TYPES: usize = 15;

const RULE: &str = "------------------------------";

/// What a [`Leak`](super::Leak) has found, as a plain value. It prints as the leak does when it stops.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakReport {
    /// What memory is added up by.
    pub key: Key,
    /// The places at which most was allocated that still lives, as many as were asked for; with what
    /// was allocated there since the start as the change.
    pub top: Vec<Statistic>,
    /// Further places.
    pub other_places: u64,
    /// Bytes of the further places.
    pub other_bytes: u64,
    /// Bytes that were allocated since the start and live.
    pub bytes: u64,
    /// Blocks that were allocated since the start and live.
    pub blocks: u64,
    /// The resident set of the process, in bytes; `None` where the system does not tell.
    pub rss: Option<u64>,
    /// How it has changed since the start, in bytes.
    pub rss_change: Option<i64>,
    /// All that is traced and lives, by type.
    pub types: Vec<Statistic>,
    /// The types of which there is another amount than at the start.
    pub changed_types: Vec<Statistic>,
    /// What a reader should know, in full sentences.
    pub notes: Vec<String>,
}

/// What a report is made from.
pub(super) struct Seen<'a> {
    pub(super) key: Key,
    pub(super) limit: usize,
    pub(super) since: &'a Snapshot,
    pub(super) all: &'a Snapshot,
    pub(super) before: Option<&'a Snapshot>,
    /// At the start, and now.
    pub(super) rss: (Option<u64>, Option<u64>),
    pub(super) lost: u64,
}

impl LeakReport {
    pub(super) fn of(seen: &Seen<'_>) -> Self {
        let mut top = seen.since.statistics(seen.key, false);
        let rest = top.split_off(seen.limit.min(top.len()));
        for statistic in &mut top {
            statistic.change = Some(Change {
                bytes: statistic.bytes as i64,
                blocks: statistic.blocks as i64,
            });
        }
        let types = seen.all.statistics(Key::Type, false);
        let before = seen
            .before
            .map(|before| before.statistics(Key::Type, false));
        let mut changed_types = compared(types.clone(), &before.unwrap_or_default());
        changed_types.retain(|of_type| of_type.change.is_some_and(|c| c != Change::default()));
        let mut notes = seen.since.notes();
        if seen.lost > 0 {
            notes.push(format!(
                "{} blocks are missing: the system had no memory for the table.",
                seen.lost
            ));
        }
        let (rss_before, rss) = seen.rss;
        Self {
            key: seen.key,
            top,
            other_places: rest.len() as u64,
            other_bytes: rest.iter().map(|statistic| statistic.bytes).sum(),
            bytes: seen.since.bytes(),
            blocks: seen.since.blocks(),
            rss,
            rss_change: rss
                .zip(rss_before)
                .map(|(now, before)| now as i64 - before as i64),
            types,
            changed_types,
            notes,
        }
    }

    /// The report as one JSON object; `serde_json::from_str` reads it back.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = format!(r#"{{"key":"{}","top":"#, self.key);
        push_statistics(&mut out, &self.top);
        let Self {
            other_places,
            other_bytes,
            bytes,
            blocks,
            ..
        } = self;
        json::push(
            &mut out,
            format_args!(
                r#","other_places":{other_places},"other_bytes":{other_bytes},"bytes":{bytes},"blocks":{blocks}"#
            ),
        );
        json::push_number(&mut out, "rss", self.rss);
        json::push_number(&mut out, "rss_change", self.rss_change);
        out.push_str(r#","types":"#);
        push_statistics(&mut out, &self.types);
        out.push_str(r#","changed_types":"#);
        push_statistics(&mut out, &self.changed_types);
        out.push_str(r#","notes":["#);
        json::separated(&mut out, &self.notes, |out, note| {
            json::push_text(out, note)
        });
        out.push_str("]}");
        out
    }
}

fn push_statistics(out: &mut String, statistics: &[Statistic]) {
    out.push('[');
    json::separated(out, statistics, |out, statistic| {
        out.push_str(r#"{"label":"#);
        json::push_text(out, &statistic.label);
        out.push_str(r#","frames":["#);
        json::separated(out, &statistic.frames, |out, frame| push_frame(out, frame));
        let Statistic { bytes, blocks, .. } = statistic;
        json::push(
            out,
            format_args!(r#"],"bytes":{bytes},"blocks":{blocks},"change":"#),
        );
        match statistic.change {
            Some(Change { bytes, blocks }) => json::push(
                out,
                format_args!(r#"{{"bytes":{bytes},"blocks":{blocks}}}}}"#),
            ),
            None => out.push_str("null}"),
        }
    });
    out.push(']');
}

fn push_frame(out: &mut String, frame: &Frame) {
    out.push_str(r#"{"function":"#);
    json::push_text(out, &frame.function);
    for (name, text) in [("file", &frame.file), ("path", &frame.path)] {
        json::push(out, format_args!(r#","{name}":"#));
        match text {
            Some(text) => json::push_text(out, text),
            None => out.push_str("null"),
        }
    }
    json::push_number(out, "line", frame.line);
    out.push('}');
}

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{RULE}")?;
        writeln!(f, "Called 'memline::Leak' with '{}' mode...", self.key)?;
        writeln!(f, "{RULE}\n")?;
        let count = self.top.len();
        writeln!(f, "Top {count} {}", self.key.plural())?;
        let mut sources = Sources::default();
        for (number, statistic) in (1..).zip(&self.top) {
            match self.key {
                Key::Stack => stack(f, number, statistic, &mut sources)?,
                key => place(f, number, statistic, key, &mut sources)?,
            }
            writeln!(f, "-----")?;
        }
        writeln!(
            f,
            "{}, Other: {}",
            self.other_places,
            Size::of(self.other_bytes)
        )?;
        writeln!(f, "Total allocated size: {}", Size::of(self.bytes))?;
        writeln!(f, "{RULE}")?;
        match (self.rss, self.rss_change) {
            (Some(rss), Some(change)) => {
                let sign = if change < 0 { "" } else { "+" };
                let (rss, change) = (Size::of(rss), Size::of(change));
                writeln!(f, "Used Memory: {rss} ({sign}{change})")?;
            }
            _ => writeln!(f, "Used Memory: n/a")?,
        }
        writeln!(f, "{RULE}\n")?;
        writeln!(f, "Report by type")?;
        types(f, &self.types, |of_type| {
            (
                of_type.blocks.to_string(),
                Size::fine(of_type.bytes).to_string(),
            )
        })?;
        writeln!(f, "{RULE}")?;
        writeln!(f, "Changed since the start")?;
        types(f, &self.changed_types, |of_type| {
            let change = of_type.change.unwrap_or_default();
            let sign = if change.bytes < 0 { "" } else { "+" };
            let bytes = Size::fine(change.bytes);
            (format!("{:+}", change.blocks), format!("{sign}{bytes}"))
        })?;
        writeln!(f, "{RULE}")?;
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}

/// Lines of source files, each of which is read once.
#[derive(Default)]
struct Sources(HashMap<String, Vec<String>>);

impl Sources {
    fn line(&mut self, frame: &Frame) -> Option<&str> {
        let path = frame.path.as_ref()?;
        let lines = self.0.entry(path.clone()).or_insert_with(|| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.lines().map(|line| line.trim().to_owned()).collect()
        });
        let line = lines.get(frame.line?.checked_sub(1)? as usize)?;
        Some(line)
    }
}

fn place(
    f: &mut fmt::Formatter<'_>,
    number: usize,
    statistic: &Statistic,
    key: Key,
    sources: &mut Sources,
) -> fmt::Result {
    let frame = statistic.frames.last();
    let file = frame.and_then(|frame| frame.file.as_ref());
    match (key, file) {
        (Key::Line, Some(file)) => writeln!(f, "#{number}: File:{file}")?,
        (Key::Type, _) => writeln!(f, "#{number}: Type:{}", statistic.label)?,
        (Key::Crate, _) => writeln!(f, "#{number}: Crate:{}", statistic.label)?,
        _ => writeln!(f, "#{number}: Function:{}", statistic.label)?,
    }
    if let (Key::Line, Some(line)) = (key, frame.and_then(|frame| frame.line)) {
        writeln!(f, "    Line: {line}")?;
    }
    writeln!(f, "    Size: {}", Size::of(statistic.bytes))?;
    if key == Key::Line
        && let Some(source) = frame.and_then(|frame| sources.line(frame))
    {
        writeln!(f, "    {source}")?;
    }
    Ok(())
}

fn stack(
    f: &mut fmt::Formatter<'_>,
    number: usize,
    statistic: &Statistic,
    sources: &mut Sources,
) -> fmt::Result {
    writeln!(f, "#{number}\n{statistic}")?;
    for frame in &statistic.frames {
        match (&frame.file, frame.line) {
            (Some(file), Some(line)) => writeln!(f, "      File \"{file}\", line {line}")?,
            _ => writeln!(f, "      {}", frame.function)?,
        }
        if let Some(source) = sources.line(frame) {
            writeln!(f, "        {source}")?;
        }
    }
    Ok(())
}

/// A table as Pympler's: right-aligned, with blanks around the bars of its underline too, which a
/// laid-out table cannot have.
fn types(
    f: &mut fmt::Formatter<'_>,
    statistics: &[Statistic],
    figures: impl Fn(&Statistic) -> (String, String),
) -> fmt::Result {
    let listed = &statistics[..statistics.len().min(TYPES)];
    let titles = ["types", "# objects", "total size"].map(str::to_owned);
    let rows = listed.iter().map(|statistic| {
        let (objects, size) = figures(statistic);
        [statistic.label.clone(), objects, size]
    });
    let rows: Vec<[String; 3]> = [titles].into_iter().chain(rows).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        2 + widths.max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, (text, width)) in row.iter().zip(widths).enumerate() {
            let separator = if column > 0 { " | " } else { "" };
            write!(line, "{separator}{text:>width$}")?;
        }
        writeln!(f, "{line}")?;
        if index == 0 {
            let underlines = widths.map(|width| "=".repeat(width));
            writeln!(f, "{}", underlines.join(" | "))?;
        }
    }
    let rest = &statistics[listed.len()..];
    if !rest.is_empty() {
        let bytes: u64 = rest.iter().map(|of_type| of_type.bytes).sum();
        writeln!(f, "{}, Other: {}", rest.len(), Size::fine(bytes))?;
    }
    Ok(())
}
