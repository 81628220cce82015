//! What is written of a profile: one file per report, each a pure function from data to bytes.

mod csv;
mod dhat;
mod diff;
mod dump;
mod facts;
mod flamedata;
mod flamediff;
mod flamegraph;
mod folded;
mod grid;
mod lens;
mod lines;
mod page;
mod paint;
mod pprof;
mod prune;
mod speedscope;
mod stats;
mod summary;
mod table;
mod table_html;
mod top;
mod types;

use std::io::{self, Write};

use profile_trace::view::View;

use crate::profile::{Filter, Profile, title};
use crate::units;

pub use csv::Csv;
pub use dhat::Dhat;
pub use diff::Diff;
pub use dump::dump;
pub use flamediff::FlameDiff;
pub use flamegraph::FlameGraph;
pub use folded::Folded;
pub use lines::{Lines, Source, sources};
pub use paint::Paint;
pub use pprof::Pprof;
pub use speedscope::Speedscope;
pub use stats::Stats;
pub use summary::Summary;
pub use table::Table;
pub use table_html::TableHtml;
pub use top::Top;
pub use types::{Sort, Types};

/// What a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The profile, with the rows that passed the filter.
    pub profile: &'a Profile,
    /// Which of its views is looked at.
    pub view: View,
    /// What the rows passed, for headings.
    pub filter: &'a Filter,
    /// Whether text has colours.
    pub paint: Paint,
}

/// Writes a report.
pub trait Reporter {
    /// Writes the report on `input`.
    ///
    /// # Errors
    ///
    /// If `out` does not take the bytes.
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// The lines above a table: what was recorded, and what of it is shown.
fn heading(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    let profile = input.profile;
    let sum = profile.sum(input.view);
    let filter = input.filter.describe();
    let filter = if filter.is_empty() {
        filter
    } else {
        format!(" ({filter})")
    };
    writeln!(out, "{}", profile.command())?;
    let about = format!(
        "Memory {}{filter}: {} in {}",
        title(input.view),
        units::bytes(sum.bytes),
        units::blocks(sum.blocks)
    );
    writeln!(out, "{}", input.paint.heading(&about))
}

/// Writes `value` as indented JSON with a line's end.
fn json(value: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

#[cfg(test)]
pub(crate) mod sample;
