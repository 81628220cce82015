//! Adds events up.

use hashbrown::HashMap;

use super::blocks::{Begun, Block, Blocks, Ended};
use super::weight::Weight;
use super::{Amount, Series, Sizes};
use crate::events::{Event, Stack};
use crate::read::{Condition, Error, Moment, Recording, Visitor};

/// What of a recording is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// What was live when the heap was at its highest.
    Peak,
    /// What was still live at the end.
    Leaks,
    /// What was freed again at once; see [`Options::temporary`].
    Temporary,
    /// All that was allocated. A reallocation counts as a block of its new size.
    Total,
}

/// How a recording is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A block is temporary if it ends before its thread makes so many other allocations.
    pub temporary: u64,
    /// What happened earlier is left out: nanoseconds since the recording began.
    pub from: u64,
    /// What happened later is left out, as if the recording had ended then.
    pub to: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            temporary: 1,
            from: 0,
            to: u64::MAX,
        }
    }
}

impl Options {
    /// Whether something may have happened within the time that is looked at.
    fn hold(&self, moment: Moment) -> bool {
        self.from <= moment.to && moment.from <= self.to
    }
}

/// What one thread did at one stack, in one view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The thread that allocated.
    pub thread: u32,
    /// The calls that led there.
    pub stack: Stack,
    /// What it allocated there.
    pub amount: Amount,
}

/// What was done in all. A growing reallocation adds the difference to `allocated`, a shrinking one
/// to `freed`, as the crate `stats_alloc` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Calls of `alloc`.
    pub allocs: u64,
    /// Calls of `alloc_zeroed`.
    pub zeroed: u64,
    /// Calls of `realloc`.
    pub reallocs: u64,
    /// Calls of `dealloc`.
    pub frees: u64,
    /// Bytes allocated.
    pub allocated: u64,
    /// Bytes freed, of blocks that were allocated while the recording ran.
    pub freed: u64,
}

/// A stack of a thread.
#[derive(Clone, Debug, Default)]
struct Site {
    thread: u32,
    stack: Stack,
    total: Amount,
    temporary: Amount,
    live: Amount,
    /// What was live at the peak numbered `peak`; see [`Aggregate::at_peak`].
    at_peak: Amount,
    peak: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct PerThread {
    totals: Totals,
    /// Allocations so far.
    order: u64,
}

/// A recording, added up.
#[derive(Debug)]
pub struct Aggregate {
    options: Options,
    weight: Weight,
    blocks: Blocks,
    sites: Vec<Site>,
    site_of: HashMap<(u32, Stack), u32>,
    threads: HashMap<u32, PerThread>,
    live: Amount,
    peak: Amount,
    /// Counts the peaks: each time that the heap is higher than ever.
    peaks: u64,
    peak_time: u64,
    end: u64,
    sizes: Sizes,
    series: Series,
    unknown_frees: u64,
}

impl Aggregate {
    /// Adds a recording up.
    ///
    /// # Errors
    ///
    /// If the file can no longer be read. What is damaged is told by the condition.
    pub fn of(recording: &mut Recording, options: Options) -> Result<(Self, Condition), Error> {
        let facts = recording.facts();
        let mut aggregate = Self {
            options,
            weight: Weight::new(facts.sample_rate),
            blocks: Blocks::default(),
            sites: Vec::new(),
            site_of: HashMap::new(),
            threads: HashMap::new(),
            live: Amount::default(),
            peak: Amount::default(),
            peaks: 0,
            peak_time: 0,
            end: facts
                .duration
                .map_or(u64::MAX, |time| time.as_nanos() as u64),
            sizes: Sizes::default(),
            series: Series::default(),
            unknown_frees: 0,
        };
        let condition = recording.replay(&mut aggregate)?;
        Ok((aggregate, condition))
    }

    /// What each thread did at each stack, where that is anything.
    pub fn rows(&self, view: View) -> impl Iterator<Item = Row> {
        self.sites.iter().filter_map(move |site| {
            let amount = match view {
                View::Peak => self.at_peak(site),
                View::Leaks => site.live,
                View::Temporary => site.temporary,
                View::Total => site.total,
            };
            (amount != Amount::default()).then_some(Row {
                thread: site.thread,
                stack: site.stack,
                amount,
            })
        })
    }

    /// The blocks that were still live at the end, by address, each as a row of its own.
    pub fn live(&self) -> impl Iterator<Item = (u64, Row)> {
        self.blocks.live().filter_map(|(address, block)| {
            let site = self.sites.get(block.site as usize)?;
            let row = Row {
                thread: site.thread,
                stack: site.stack,
                amount: block.amount(),
            };
            Some((address, row))
        })
    }

    /// The sum of a view's rows.
    #[must_use]
    pub fn sum(&self, view: View) -> Amount {
        let mut sum = Amount::default();
        self.rows(view).for_each(|row| sum.add(row.amount));
        sum
    }

    /// What all threads did.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let threads = self.threads.values().map(|thread| thread.totals);
        threads.fold(Totals::default(), |sum, thread| Totals {
            allocs: sum.allocs + thread.allocs,
            zeroed: sum.zeroed + thread.zeroed,
            reallocs: sum.reallocs + thread.reallocs,
            frees: sum.frees + thread.frees,
            allocated: sum.allocated + thread.allocated,
            freed: sum.freed + thread.freed,
        })
    }

    /// What one thread did.
    #[must_use]
    pub fn totals_of(&self, thread: u32) -> Totals {
        self.threads
            .get(&thread)
            .map_or(Totals::default(), |thread| thread.totals)
    }

    /// The highest that the recorded heap was.
    #[must_use]
    pub fn peak(&self) -> Amount {
        self.peak
    }

    /// When that was, in nanoseconds since the recording began.
    #[must_use]
    pub fn peak_time(&self) -> u64 {
        self.peak_time
    }

    /// Allocations by size.
    #[must_use]
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// Memory over time.
    #[must_use]
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// Frees and reallocations of blocks that are not in the recording: most often, that were
    /// allocated before it began.
    #[must_use]
    pub fn unknown_frees(&self) -> u64 {
        self.unknown_frees
    }

    fn begin(&mut self, thread: u32, moment: Moment, address: u64, stack: Stack, amount: Amount) {
        let per_thread = self.threads.entry(thread).or_default();
        per_thread.order += 1;
        let order = per_thread.order;
        let next = self.sites.len() as u32;
        let site = *self.site_of.entry((thread, stack)).or_insert(next);
        if site == next {
            self.sites.push(Site {
                thread,
                stack,
                ..Site::default()
            });
        }
        let block = Block {
            site,
            blocks: u32::try_from(amount.blocks).unwrap_or(u32::MAX),
            bytes: amount.bytes,
            order,
        };
        let amount = block.amount();
        self.sites[site as usize].total.add(amount);
        match self.blocks.begin(thread, moment, address, block) {
            Begun::Live => {}
            Begun::Replaced(before) => {
                self.ended(&before);
                self.count_freed(thread, before.bytes);
            }
            Begun::Over => {
                self.unknown_frees = self.unknown_frees.saturating_sub(1);
                self.count_freed(thread, amount.bytes);
                return;
            }
        }
        let site = self.touch(site);
        site.live.add(amount);
        self.live.add(amount);
    }

    fn end(&mut self, thread: u32, moment: Moment, address: u64) -> Option<Block> {
        match self.blocks.end(thread, moment, address) {
            Ended::Live(block) => {
                self.ended(&block);
                Some(block)
            }
            Ended::Before => None,
            Ended::Unknown => {
                self.unknown_frees += 1;
                None
            }
        }
    }

    fn ended(&mut self, block: &Block) {
        let temporary = self.options.temporary;
        let amount = block.amount();
        self.live.take(amount);
        let site = self.touch(block.site);
        site.live.take(amount);
        let thread = site.thread;
        let order = self.threads.get(&thread).map_or(0, |thread| thread.order);
        if order - block.order < temporary {
            self.sites[block.site as usize].temporary.add(amount);
        }
    }

    /// A site that is about to change: what was live there at the last peak is kept first.
    fn touch(&mut self, site: u32) -> &mut Site {
        let site = &mut self.sites[site as usize];
        if site.peak != self.peaks {
            site.at_peak = site.live;
            site.peak = self.peaks;
        }
        site
    }

    /// What was live at a site at the peak: what has not changed since is live still.
    fn at_peak(&self, site: &Site) -> Amount {
        if site.peak == self.peaks {
            site.at_peak
        } else {
            site.live
        }
    }

    fn settle(&mut self, moment: Moment) {
        let time = moment.to.min(self.end);
        let time = if time == u64::MAX { moment.from } else { time };
        if self.live.bytes > self.peak.bytes {
            self.peak = self.live;
            self.peak_time = time;
            self.peaks += 1;
        }
        self.series.live(time, self.live.bytes);
    }

    fn count_freed(&mut self, thread: u32, bytes: u64) {
        self.threads.entry(thread).or_default().totals.freed += bytes;
    }
}

impl Visitor for Aggregate {
    fn event(&mut self, thread: u32, moment: Moment, event: &Event) {
        if !self.options.hold(moment) {
            return;
        }
        match *event {
            Event::Alloc {
                zeroed,
                address,
                size,
                stack,
            } => {
                let amount = self.weight.of(address, size);
                self.sizes.add(size, amount.blocks);
                let totals = &mut self.threads.entry(thread).or_default().totals;
                if zeroed {
                    totals.zeroed += amount.blocks;
                } else {
                    totals.allocs += amount.blocks;
                }
                totals.allocated = totals.allocated.saturating_add(amount.bytes);
                self.begin(thread, moment, address, stack, amount);
            }
            Event::Realloc {
                old,
                address,
                size,
                stack,
            } => {
                let amount = self.weight.of(address, size);
                self.sizes.add(size, amount.blocks);
                let before = self.end(thread, moment, old);
                let totals = &mut self.threads.entry(thread).or_default().totals;
                totals.reallocs += amount.blocks;
                let before = before.map_or(0, |block| block.bytes);
                if amount.bytes >= before {
                    totals.allocated = totals.allocated.saturating_add(amount.bytes - before);
                } else {
                    totals.freed += before - amount.bytes;
                }
                self.begin(thread, moment, address, stack, amount);
            }
            Event::Free { address } => {
                let block = self.end(thread, moment, address);
                let totals = &mut self.threads.entry(thread).or_default().totals;
                totals.frees += block.map_or(1, |block| u64::from(block.blocks));
                totals.freed += block.map_or(0, |block| block.bytes);
            }
            Event::Sample { rss, .. } => {
                let time = moment.to.min(self.end);
                if rss > 0 && time != u64::MAX {
                    self.series.rss(time, rss);
                }
                return;
            }
            Event::Time { .. } => return,
        }
        self.settle(moment);
    }
}
