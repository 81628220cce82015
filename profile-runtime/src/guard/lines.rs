//! Which lines of profiled functions allocated on this thread since a mark.

use super::limits::Figure;
use crate::cursor::TableRef;
use crate::record;
use crate::report::text::one_line;
use crate::report::units::{Size, counted};
use crate::site::{self, Place, Site};
use crate::table::Table;

/// So many lines are named.
const MOST: usize = 3;

/// What a line did to the heap, what it called included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Allocations and reallocations.
    allocs: u64,
    allocated: u64,
    freed: u64,
}

impl Moved {
    fn kept(&self) -> i64 {
        self.allocated.wrapping_sub(self.freed) as i64
    }

    /// How much it has to do with `figure`.
    fn weight(&self, figure: Figure) -> i64 {
        match figure {
            Figure::Peak => self.allocated as i64,
            Figure::Allocs => self.allocs as i64,
            Figure::Kept => self.kept(),
        }
    }

    fn since(&self, before: &Self) -> Self {
        // Figures that were reset meanwhile began at zero.
        let since = |now: u64, then: u64| now.checked_sub(then).unwrap_or(now);
        Self {
            allocs: since(self.allocs, before.allocs),
            allocated: since(self.allocated, before.allocated),
            freed: since(self.freed, before.freed),
        }
    }

    fn add(&mut self, more: &Self) {
        self.allocs += more.allocs;
        self.allocated += more.allocated;
        self.freed += more.freed;
    }
}

/// The figures of this thread's lines at one moment, or what was done between two.
#[derive(Default)]
pub(crate) struct Lines(Vec<Entry>);

#[derive(Clone, Copy)]
struct Entry {
    site: &'static Site,
    slot: u32,
    moved: Moved,
}

impl Lines {
    /// The lines of all profiled functions that ran on this thread.
    pub(crate) fn now() -> Self {
        Self::of(site::all)
    }

    /// Those of one function.
    pub(crate) fn of_site(site: &'static Site) -> Self {
        Self::of(|| std::iter::once(site))
    }

    /// Nothing of this counts, nor is it allocated between reading two lines.
    fn of<I: Iterator<Item = &'static Site>>(sites: impl Fn() -> I) -> Self {
        let record = record::current();
        let tables =
            || sites().filter_map(|site| Some((site, record.table(site.id()).map(TableRef::get)?)));
        let len = tables().map(|(_, table)| table.lines.len()).sum();
        let mut entries = record.counters.uncounted(|| Vec::with_capacity(len));
        for (site, table) in tables() {
            push(&mut entries, site, table);
        }
        Self(entries)
    }

    /// What was done since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let since = |entry: &Entry| Entry {
            moved: entry.moved.since(&before.moved(entry.site, entry.slot)),
            ..*entry
        };
        Self(self.0.iter().map(since).collect())
    }

    /// Goes on with what was done after it.
    pub(crate) fn then(&mut self, next: &Self) {
        for entry in &next.0 {
            match self.position(entry.site, entry.slot) {
                Some(known) => self.0[known].moved.add(&entry.moved),
                None => self.0.push(*entry),
            }
        }
    }

    fn moved(&self, site: &'static Site, slot: u32) -> Moved {
        let known = self.position(site, slot);
        known.map_or_else(Moved::default, |known| self.0[known].moved)
    }

    /// Where a line stands: at its slot, in the lines of one function.
    fn position(&self, site: &'static Site, slot: u32) -> Option<usize> {
        let there = |entry: &Entry| entry.is(site, slot);
        if self.0.get(slot as usize).is_some_and(there) {
            return Some(slot as usize);
        }
        self.0.iter().position(there)
    }

    /// The lines that have to do with `figure`, those that have most to do with it first.
    fn heaviest(&self, figure: Figure) -> Vec<Heavy> {
        let mut entries: Vec<_> = self
            .0
            .iter()
            .filter(|e| e.moved.weight(figure) > 0)
            .collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.moved.weight(figure)));
        entries.into_iter().filter_map(Heavy::of).collect()
    }

    /// The number of the line that has most to do with `figure`.
    pub(crate) fn heaviest_line(&self, figure: Figure) -> Option<u32> {
        self.heaviest(figure).first().map(|heavy| heavy.line)
    }

    /// Bytes that were kept outside of all lines: less than none, where an async function freed its
    /// parameters.
    pub(crate) fn kept_outside(&self) -> i64 {
        let outside = |entry: &&Entry| {
            let place = entry.site.about().map(|about| about.place());
            place.is_some_and(|place| place.lines.get(entry.slot as usize) == Some(&Place::NO_LINE))
        };
        self.0
            .iter()
            .filter(outside)
            .map(|entry| entry.moved.kept())
            .sum()
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let entries = std::mem::take(&mut self.0);
        record::current().counters.uncounted(|| drop(entries));
    }
}

impl Entry {
    fn is(&self, site: &'static Site, slot: u32) -> bool {
        std::ptr::eq(self.site, site) && self.slot == slot
    }
}

fn push(entries: &mut Vec<Entry>, site: &'static Site, table: &Table) {
    table.observe(|lines, open| {
        for (slot, line) in (0..).zip(lines) {
            let mut moved = Moved {
                allocs: line.gains.get(),
                allocated: line.allocated.get(),
                freed: line.freed.get(),
            };
            if let Some((_, pending)) = open.as_ref().filter(|(open, _)| *open == slot) {
                moved.add(&Moved {
                    allocs: pending.gains,
                    allocated: pending.allocated,
                    freed: pending.freed,
                });
            }
            entries.push(Entry { site, slot, moved });
        }
    });
}

/// A line, to be named.
struct Heavy {
    file: &'static str,
    line: u32,
    source: &'static str,
    moved: Moved,
}

impl Heavy {
    fn of(entry: &Entry) -> Option<Self> {
        let place = entry.site.about()?.place();
        let line = *place.lines.get(entry.slot as usize)?;
        let row = line.checked_sub(place.first_line())?;
        (line != Place::NO_LINE).then(|| Self {
            file: place.file,
            line,
            source: place.source.lines().nth(row as usize).unwrap_or_default(),
            moved: entry.moved,
        })
    }
}

/// Names the lines that have most to do with `figure`.
pub(crate) fn text(lines: &Lines, figure: Figure) -> String {
    let heaviest = lines.heaviest(figure);
    if heaviest.is_empty() {
        return "which lines allocated is not known: no function with #[memline::profile] did, or MEMLINE \
                is off"
            .to_owned();
    }
    let mut text = match figure {
        Figure::Kept => "lines that kept most, what they called included:".to_owned(),
        _ => "lines that allocated most, what they called included:".to_owned(),
    };
    for heavy in heaviest.iter().take(MOST) {
        let Moved {
            allocs, allocated, ..
        } = heavy.moved;
        text.push_str(&format!(
            "\n  {}:{}: {} in {}, {} kept: {}",
            heavy.file,
            heavy.line,
            Size::of(allocated),
            counted(allocs, "allocation"),
            Size::of(heavy.moved.kept()),
            one_line(heavy.source.trim()),
        ));
    }
    match heaviest.len().saturating_sub(MOST) {
        0 => {}
        more => text.push_str(&format!("\n  and {}", counted(more as u64, "further line"))),
    }
    text
}
