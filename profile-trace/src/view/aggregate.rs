//! Adds events up.

mod pass;
mod threads;

use hashbrown::HashMap;

use self::pass::{LastTime, Pass};
use self::threads::Threads;
use super::blocks::{Began, Begun, Birth, Block, Blocks, End, Ended, How};
use super::spans::{Division, Lives, Spans};
use super::weight::Weight;
use super::{Amount, Series, Sizes};
use crate::events::Stack;
use crate::read::{Condition, Error, Moment, Recording, Sample};

pub use self::threads::Totals;

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
    /// Whether to note when blocks began and ended; see [`Aggregate::lives`].
    pub lives: bool,
    /// Whether the recording is read on another thread, ahead of what is done with it: a third of the work.
    pub ahead: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            temporary: 1,
            from: 0,
            to: u64::MAX,
            lives: false,
            ahead: false,
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

/// Blocks of one thread and stack that began in one span of time and ended in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The thread that allocated.
    pub thread: u32,
    /// The calls that led there.
    pub stack: Stack,
    /// The span in which they were allocated.
    pub born: u8,
    /// The span in which they were freed; `None` for what lived to the end.
    pub ended: Option<u8>,
    /// Whether they were freed again at once; see [`Options::temporary`].
    pub temporary: bool,
    /// How much it was.
    pub amount: Amount,
}

/// A stack of a thread.
#[derive(Clone, Debug, Default)]
struct Site {
    thread: u32,
    stack: Stack,
    /// Whether it is looked at.
    counts: bool,
    total: Amount,
    temporary: Amount,
    live: Amount,
    /// What was live at the peak numbered `peak`; see [`Aggregate::at_peak`].
    at_peak: Amount,
    peak: u64,
}

/// Says whether a thread's stack is looked at.
pub type Counts<'a> = &'a mut dyn FnMut(u32, Stack) -> bool;

/// A recording, added up.
#[derive(Debug)]
pub struct Aggregate {
    options: Options,
    weight: Weight,
    blocks: Blocks,
    sites: Vec<Site>,
    /// By thread and stack.
    site_of: HashMap<u64, u32>,
    threads: Threads,
    live: Amount,
    peak: Amount,
    /// Counts the peaks: each time that the heap is higher than ever.
    peaks: u64,
    peak_time: u64,
    end: u64,
    sizes: Sizes,
    series: Series,
    spans: Option<Spans>,
    /// The span of the event at hand.
    span: u8,
    unknown_frees: u64,
}

impl Aggregate {
    /// Adds a recording up.
    ///
    /// # Errors
    ///
    /// If the file can no longer be read. What is damaged is told by the condition.
    pub fn of(recording: &mut Recording, options: Options) -> Result<(Self, Condition), Error> {
        Self::of_stacks(recording, options, None)
    }

    /// Adds a recording up, of whose threads' stacks only those are looked at that `counts` names.
    /// It is asked once for each. Rows, totals and sizes are of these; the peak and memory over
    /// time are the program's.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn of_stacks(
        recording: &mut Recording,
        options: Options,
        counts: Option<Counts<'_>>,
    ) -> Result<(Self, Condition), Error> {
        let end = match recording.facts().duration {
            _ if !options.lives => 0,
            Some(duration) => duration.as_nanos() as u64,
            None => LastTime::of(recording)?,
        };
        let facts = recording.facts();
        let aggregate = Self {
            options,
            weight: Weight::new(facts.sample_rate),
            blocks: Blocks::default(),
            sites: Vec::new(),
            site_of: HashMap::new(),
            threads: Threads::default(),
            live: Amount::default(),
            peak: Amount::default(),
            peaks: 0,
            peak_time: 0,
            end: facts
                .duration
                .map_or(u64::MAX, |time| time.as_nanos() as u64),
            sizes: Sizes::default(),
            series: Series::default(),
            spans: options
                .lives
                .then(|| Spans::new(options.from, end.min(options.to))),
            span: 0,
            unknown_frees: 0,
        };
        let mut pass = Pass { aggregate, counts };
        let condition = if options.ahead {
            recording.replay_ahead(&mut pass)?
        } else {
            recording.replay(&mut pass)?
        };
        for Sample { time, rss, .. } in recording.noted_samples() {
            pass.aggregate.sample(*time, *rss);
        }
        Ok((pass.aggregate, condition))
    }

    /// What each thread did at each stack, where that is anything.
    pub fn rows(&self, view: View) -> impl Iterator<Item = Row> {
        let sites = self.sites.iter().filter(|site| site.counts);
        sites.filter_map(move |site| {
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

    /// When the blocks of each thread and stack began and ended, and how the time is divided for
    /// that: nothing unless [`Options::lives`] asked for it. The sum of all is [`View::Total`].
    #[must_use]
    pub fn lives(&self) -> (Division, Vec<Life>) {
        let Some(spans) = &self.spans else {
            return (Division::default(), Vec::new());
        };
        let mut live = HashMap::<(u32, u8), Amount>::new();
        for (_, block) in self.blocks.live() {
            let born = spans.now(block.birth.span());
            let amount = live.entry((block.site, born)).or_default();
            amount.add(block.amount());
        }
        let life = |site: u32, born, ended, temporary, amount| {
            let site = &self.sites[site as usize];
            let life = Life {
                thread: site.thread,
                stack: site.stack,
                born,
                ended,
                temporary,
                amount,
            };
            site.counts.then_some(life)
        };
        let ended = spans.lives().iter().filter_map(|lives| {
            let ended = Some(lives.ended);
            life(lives.site, lives.born, ended, lives.temporary, lives.amount)
        });
        let live = live.into_iter();
        let live = live.filter_map(|((site, born), amount)| life(site, born, None, false, amount));
        (spans.division(), ended.chain(live).collect())
    }

    /// What all threads did.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.threads.totals()
    }

    fn totals_mut(&mut self, thread: u32) -> &mut Totals {
        &mut self.threads.of(thread).totals
    }

    /// What one thread did, as its counters have it, also where threads free each other's blocks at the same
    /// time.
    #[must_use]
    pub fn totals_of(&self, thread: u32) -> Totals {
        self.threads.totals_of(thread)
    }

    /// The highest that the recorded heap was: exact, also of threads that wait for each other; of those that
    /// act at the same time, within 32 KiB for each but one.
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

    /// The site of a thread's stack.
    fn site(&mut self, thread: u32, stack: Stack, counts: &mut Option<Counts<'_>>) -> u32 {
        let next = self.sites.len() as u32;
        let key = u64::from(thread) << 32 | u64::from(stack);
        let site = *self.site_of.entry(key).or_insert(next);
        if site == next {
            self.sites.push(Site {
                thread,
                stack,
                counts: counts.as_mut().is_none_or(|counts| counts(thread, stack)),
                ..Site::default()
            });
        }
        site
    }

    fn begin(&mut self, site: u32, moment: Moment, address: u64, amount: Amount) {
        let thread = self.sites[site as usize].thread;
        let doings = self.threads.of(thread);
        doings.order += 1;
        let block = Block {
            site,
            blocks: u32::try_from(amount.blocks).unwrap_or(u32::MAX),
            bytes: amount.bytes,
            birth: Birth::new(doings.order, self.span),
            thread,
            began: Began::new(moment),
        };
        let amount = block.amount();
        self.sites[site as usize].total.add(amount);
        match self.blocks.begin(thread, moment, address, block) {
            Begun::Live => {}
            Begun::Replaced(before) => self.ended(&before),
            Begun::Over(end) => {
                self.unknown_frees = self.unknown_frees.saturating_sub(1);
                self.learn(end, &block, 1);
                self.note_life(&block, false);
                return;
            }
            Begun::Swapped { by, other, of } => {
                self.unknown_frees = self.unknown_frees.saturating_sub(1);
                self.learn(by, &other, -1);
                self.learn(of, &other, 1);
                self.learn(by, &block, 1);
                self.note_life(&block, false);
                return;
            }
        }
        let site = self.touch(site);
        site.live.add(amount);
        self.live.add(amount);
    }

    fn end(&mut self, end: End, moment: Moment, address: u64) -> Option<Block> {
        let size = self.weight.told(end.size);
        match self.blocks.end(End { size, ..end }, moment, address) {
            Ended::Live(block) => {
                self.ended(&block);
                Some(block)
            }
            Ended::Before(block) => Some(block),
            Ended::Instead { block, of } => {
                self.unknown_frees += 1;
                self.learn(of, &block, -1);
                Some(block)
            }
            Ended::Unknown => {
                self.unknown_frees += 1;
                None
            }
        }
    }

    /// Adds to the totals what an end that was read before its block has to do with it: `times` 1,
    /// or -1 where it turns out to be another's.
    fn learn(&mut self, end: End, block: &Block, times: i64) {
        let (blocks, bytes) = match self.counts(block) {
            true => (i64::from(block.blocks), block.bytes as i64),
            false => (0, 0),
        };
        let (frees, allocated, freed) = match end.how {
            How::Freed(counted) => (blocks - counted as i64, 0, bytes),
            How::Reallocated(after) => {
                let after = after as i64;
                let (grown, shrunk) = ((after - bytes).max(0), (bytes - after).max(0));
                (0, grown - after, shrunk)
            }
        };
        let totals = self.totals_mut(end.thread);
        totals.frees = totals.frees.saturating_add_signed(times * frees);
        totals.allocated = totals.allocated.saturating_add_signed(times * allocated);
        totals.freed = totals.freed.saturating_add_signed(times * freed);
    }

    fn ended(&mut self, block: &Block) {
        let temporary = self.options.temporary;
        let amount = block.amount();
        self.live.take(amount);
        let site = self.touch(block.site);
        site.live.take(amount);
        let thread = site.thread;
        let order = self.threads.of(thread).order;
        let is_temporary = order - block.birth.order() < temporary;
        if is_temporary {
            self.sites[block.site as usize].temporary.add(amount);
        }
        self.note_life(block, is_temporary);
    }

    #[inline]
    fn note_life(&mut self, block: &Block, temporary: bool) {
        if let Some(spans) = &mut self.spans {
            spans.end(Lives {
                site: block.site,
                born: block.birth.span(),
                ended: self.span,
                temporary,
                amount: block.amount(),
            });
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

    /// When something happened, as far as that is known.
    fn time(&self, moment: Moment) -> u64 {
        let time = moment.to.min(self.end);
        if time == u64::MAX { moment.from } else { time }
    }

    fn settle(&mut self, time: u64) {
        if self.live.bytes > self.peak.bytes {
            self.peak = self.live;
            self.peak_time = time;
            self.peaks += 1;
        }
    }

    /// Takes a sample of the resident set, which is 0 where nobody knows it.
    fn sample(&mut self, time: u64, rss: u64) {
        if rss > 0 && time != u64::MAX && (self.options.from..=self.options.to).contains(&time) {
            self.series.rss(time, rss);
        }
    }

    fn counts(&self, block: &Block) -> bool {
        self.sites[block.site as usize].counts
    }
}
