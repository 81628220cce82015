//! Which profiled functions ran since the last look.
//!
//! No probe knows of it: a function's table tells whether a line is open, and how often the function
//! was called. A function runs where either says so; one that is called again and again runs all the
//! while. So what is written grows with the looks, never with the calls.
//!
//! Nothing here allocates, panics or touches a thread-local: the helper has none.

use profile_trace::timeline::Record as Entry;

use crate::cursor::TableRef;
use crate::record;
use crate::site::{self, Site};

/// The most functions that are followed, each on each thread. A power of two.
const CAPACITY: usize = 2048;

/// Places that are looked at for a function on a thread.
const PROBES: usize = 32;

/// A function on a thread.
#[derive(Clone, Copy)]
struct Seen {
    /// The address of its table; 0 where the place is free.
    table: usize,
    /// Its calls when it was last looked at.
    calls: u64,
    /// Its calls before it was entered, while it runs.
    before: u64,
    runs: bool,
}

/// What was seen at the last look.
pub(super) struct Calls {
    seen: Vec<Seen>,
    /// A bit for each site whose name has been written.
    named: [u64; CAPACITY / 64],
}

impl Calls {
    pub(super) fn new() -> Self {
        const FREE: Seen = Seen {
            table: 0,
            calls: 0,
            before: 0,
            runs: false,
        };
        Self {
            seen: vec![FREE; CAPACITY],
            named: [0; CAPACITY / 64],
        }
    }

    /// Looks at all functions, and hands out what changed.
    pub(super) fn look(&mut self, mut tell: impl FnMut(&Entry<'_>)) {
        // New records come first: counted from the other end, each keeps its number.
        let threads = record::all().count() as u32;
        for site in site::all() {
            for (thread, record) in (0..=threads).rev().zip(record::all()) {
                if let Some(table) = record.table(site.id()) {
                    self.look_at(site, thread, table, &mut tell);
                }
            }
        }
    }

    fn look_at(
        &mut self,
        site: &'static Site,
        thread: u32,
        table: TableRef,
        tell: &mut impl FnMut(&Entry<'_>),
    ) {
        let Some(place) = self.place(table.block().addr()) else {
            return;
        };
        let table = table.get();
        let calls = table.lines.first().map_or(0, |line| line.occurrences());
        let Some(seen) = self.seen.get_mut(place) else {
            return;
        };
        let runs = !table.open.is_closed() || calls != seen.calls;
        let function = number(site);
        let left = seen.runs && !runs;
        let entered = runs && !seen.runs;
        let before = seen.calls;
        let since = calls.wrapping_sub(seen.before);
        seen.calls = calls;
        seen.runs = runs;
        if entered {
            seen.before = before;
            self.name(site, tell);
            tell(&Entry::Enter { function, thread });
        }
        if left {
            tell(&Entry::Leave {
                function,
                thread,
                // One that was running when the figures were reset has begun no call since.
                calls: if since > calls { 1 } else { since.max(1) },
            });
        }
    }

    /// Where a table is remembered; `None` where there is no room.
    fn place(&mut self, table: usize) -> Option<usize> {
        let hash = (table as u64 >> 7).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        for probe in 0..PROBES {
            let place = (hash as usize).wrapping_add(probe) % CAPACITY;
            let seen = self.seen.get_mut(place)?;
            if seen.table == 0 {
                seen.table = table;
            }
            if seen.table == table {
                return Some(place);
            }
        }
        None
    }

    fn name(&mut self, site: &'static Site, tell: &mut impl FnMut(&Entry<'_>)) {
        let number = number(site);
        let bit = 1 << (number % 64);
        let Some(known) = self.named.get_mut(number as usize / 64) else {
            return; // it stays without a name
        };
        if *known & bit == 0 {
            *known |= bit;
            let name = site.about().map_or("", |about| (about.name)());
            // The macro's own item.
            let name = name.strip_suffix("::__MemlineHere").unwrap_or(name);
            tell(&Entry::Function { number, name });
        }
    }
}

/// Counts the functions that have run from 0.
fn number(site: &Site) -> u32 {
    (site.id().index() as u32).wrapping_sub(1)
}
