//! The lines of one site on one thread: which line is open, and what each has been charged.
//!
//! Exactly one line of a table is open at a time, also under recursion: a nested frame pauses the
//! line of the outer one. So every byte is charged to one line, and the increments of all lines
//! add up to what the heap grew.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

use crate::clock;
use crate::counters::{Counters, published_live};
use crate::record::Record;
use crate::tally::{Balance, Tally};

/// No line is open.
const CLOSED: u32 = u32::MAX;

/// Makes the next probe settle, whatever it sees: no thread gets to so many operations.
const FORCE: u64 = u64::MAX;

/// Executions of a line after which the resident set is read without further condition.
const LEARNING: u64 = 64;

/// A line that takes so long, in nanoseconds, can afford a reading at each execution.
const LONG: u64 = 10_000;

/// So many bytes allocated and freed are worth a reading.
const MOVED: u64 = 64 * 1024;

/// One reading per so many nanoseconds is always affordable.
const INTERVAL: u64 = 30_000;

/// Most executions of a line from one sample to the next.
const MAX_STRIDE: u64 = 1 << 20;

/// Tables of an earlier epoch hold figures from before a reset.
static EPOCH: AtomicU64 = AtomicU64::new(1);

/// The figures of one line on one thread.
#[repr(C, align(128))]
#[derive(Default)]
pub(crate) struct Tallies {
    // What a probe touches when nothing happened.
    pub(crate) occurrences: Tally,
    /// From this execution on the line is settled even if nothing seems to have happened.
    next_sample: Tally,
    pub(crate) heap: Balance,
    // What settling touches.
    /// Executions from one sample to the next; 0 where each is one.
    stride: Tally,
    pub(crate) operations: Tally,
    pub(crate) frees: Tally,
    pub(crate) reallocs: Tally,
    pub(crate) allocated: Tally,
    pub(crate) freed: Tally,
    pub(crate) grown: Tally,
    pub(crate) peak: Balance,
    pub(crate) heap_increment: Balance,
    pub(crate) mem_usage: Tally,
    pub(crate) rss_increment: Balance,
    pub(crate) time: Tally,
}

/// The lines of one site on one thread. See the module.
#[repr(C, align(64))]
pub(crate) struct Table {
    open: AtomicU32,
    len: u32,
    lines: &'static [Tallies],
    record: &'static Record,
    /// What the counters showed when the open line was last settled: while they show the same,
    /// there is nothing to charge.
    seen_operations: Tally,
    seen_live: Balance,
    /// The process's live heap then, this thread's unpublished part included.
    live: Balance,
    /// The thread's balance when the open line began.
    base: Balance,
    /// The resident set as last charged.
    rss: Tally,
    start: Start,
    /// When the open line began, in nanoseconds; kept only where it is needed.
    started: Tally,
    timed: bool,
    /// Odd while a line is being settled.
    sequence: Tally,
    epoch: Tally,
    /// The owner of the record that the table was last armed for.
    owner: Tally,
    pub(crate) threads: Tally,
    pub(crate) thread_name: [Tally; 2],
}

/// The counters when the open line was last settled.
#[derive(Default)]
struct Start {
    operations: Tally,
    frees: Tally,
    reallocs: Tally,
    allocated: Tally,
    freed: Tally,
    grown: Tally,
}

/// What a frame keeps of the one around it.
#[derive(Clone, Copy)]
pub(crate) struct Outer {
    slot: u32,
    base: i64,
    top: i64,
}

/// What an open line has yet to be charged.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) operations: u64,
    pub(crate) frees: u64,
    pub(crate) reallocs: u64,
    pub(crate) allocated: u64,
    pub(crate) freed: u64,
    pub(crate) grown: u64,
    pub(crate) peak: i64,
}

impl Table {
    /// Makes the table of a site with `len` lines for a thread. The memory comes from the system,
    /// so that it counts for nobody; `None` if there is none.
    pub(crate) fn create(record: &'static Record, len: u32, timed: bool) -> Option<&'static Self> {
        let lines_layout = Layout::array::<Tallies>(len as usize).ok()?;
        // SAFETY: a site has at least one line, so that neither layout is empty; both blocks are
        // written in full before they are shared, and never freed.
        #[expect(unsafe_code)]
        unsafe {
            let first = System.alloc(lines_layout).cast::<Tallies>();
            let block = System.alloc(Layout::new::<Self>()).cast::<Self>();
            if first.is_null() || block.is_null() {
                return None;
            }
            for index in 0..len as usize {
                first.add(index).write(Tallies::new());
            }
            let lines = std::slice::from_raw_parts(first, len as usize);
            block.write(Self::new(record, lines, timed));
            Some(&*block)
        }
    }

    fn new(record: &'static Record, lines: &'static [Tallies], timed: bool) -> Self {
        Self {
            open: AtomicU32::new(CLOSED),
            len: lines.len() as u32,
            lines,
            record,
            seen_operations: Tally::new(FORCE),
            seen_live: Balance::default(),
            live: Balance::default(),
            base: Balance::default(),
            rss: Tally::default(),
            start: Start::default(),
            started: Tally::default(),
            timed,
            sequence: Tally::default(),
            epoch: Tally::new(EPOCH.load(Relaxed)),
            owner: Tally::default(),
            threads: Tally::default(),
            thread_name: Default::default(),
        }
    }

    /// Enters a frame: pauses the line that is open, and opens `slot`.
    #[inline(always)]
    pub(crate) fn enter(&self, slot: u32) -> Outer {
        let outer = self.pause();
        self.base.set(self.counters().balance());
        self.open_line(slot, 1);
        outer
    }

    /// Enters the frame of a future that goes on where it stopped: in `slot`, of which `carried`
    /// bytes had been kept before.
    pub(crate) fn resume(&self, slot: u32, carried: i64) -> Outer {
        let outer = self.pause();
        self.base.set(self.counters().balance() - carried);
        self.open_line(slot, 0);
        outer
    }

    #[inline(always)]
    fn pause(&self) -> Outer {
        let slot = self.open.load(Relaxed);
        let base = self.base.get();
        let top = self.counters().peak();
        if slot != CLOSED {
            self.settle();
        } else {
            if self.changed() {
                self.arm();
            }
            self.rss.set(self.record.rss.get());
            self.counters().begin_peak();
        }
        Outer { slot, base, top }
    }

    /// Leaves a frame: closes its line, and goes on with the one that it paused.
    #[inline(always)]
    pub(crate) fn leave(&self, outer: Outer) {
        if self.changed() {
            self.settle();
        }
        self.open.store(outer.slot, Relaxed);
        self.counters().end_peak(outer.top);
        if outer.slot != CLOSED {
            self.base.set(outer.base);
            self.sample();
        }
    }

    /// The open line and what it has kept so far, for a future that is suspended.
    pub(crate) fn suspended(&self) -> (u32, i64) {
        (self.open.load(Relaxed), self.counters().balance() - self.base.get())
    }

    /// Closes the open line and opens `slot`. `count` is 1 where the line runs anew, 0 where it
    /// goes on.
    #[inline(always)]
    pub(crate) fn turn(&self, slot: u32, count: u64) {
        if self.changed() {
            self.settle();
        }
        self.open_line(slot, count);
    }

    /// As [`turn`](Self::turn), unless no line is open: a future that is not being polled.
    #[inline(always)]
    pub(crate) fn turn_if_open(&self, slot: u32, count: u64) {
        if self.open.load(Relaxed) != CLOSED {
            self.turn(slot, count);
        }
    }

    #[inline(always)]
    fn counters(&self) -> &'static Counters {
        &self.record.counters
    }

    /// Whether there is anything to charge since the last settling.
    #[inline(always)]
    fn changed(&self) -> bool {
        let operations = self.counters().operations.get() ^ self.seen_operations.get();
        let live = published_live() ^ self.seen_live.get();
        operations | live as u64 != 0
    }

    #[inline(always)]
    fn open_line(&self, slot: u32, count: u64) {
        let Some(line) = self.lines.get(slot as usize) else {
            return;
        };
        let occurrences = line.occurrences.get() + count;
        line.occurrences.set(occurrences);
        self.open.store(slot, Relaxed);
        if occurrences >= line.next_sample.get() || self.live.get() > line.heap.get() {
            self.sample();
        }
    }

    /// Makes sure that the open line is settled when it ends.
    #[inline(never)]
    fn sample(&self) {
        self.seen_operations.set(FORCE);
        let Some(line) = self.open_tallies() else {
            return;
        };
        if line.occurrences.get() <= LEARNING || self.timed {
            self.started.set(clock::now());
        }
    }

    fn open_tallies(&self) -> Option<&'static Tallies> {
        self.lines.get(self.open.load(Relaxed) as usize)
    }

    /// Charges the open line with all that happened since the last settling.
    #[inline(never)]
    fn settle(&self) {
        let Some(line) = self.open_tallies() else {
            return;
        };
        if self.epoch.get() != EPOCH.load(Relaxed) {
            return self.arm();
        }
        self.sequence.add(1);
        fence(Release);
        let pending = self.pending();
        line.operations.add(pending.operations);
        line.frees.add(pending.frees);
        line.reallocs.add(pending.reallocs);
        line.allocated.add(pending.allocated);
        line.freed.add(pending.freed);
        line.grown.add(pending.grown);
        line.peak.raise(pending.peak);
        let live = self.counters().process_live();
        line.heap.raise(live);
        line.heap_increment.add(live - self.live.get());
        self.settle_sample(line);
        self.counters().begin_peak();
        self.base.set(self.counters().balance());
        self.mark();
        fence(Release);
        self.sequence.add(1);
    }

    /// Time and resident set, where this execution is a sample.
    fn settle_sample(&self, line: &Tallies) {
        let record = self.record;
        let occurrences = line.occurrences.get();
        let mut due = record.counters.moved() - record.rss_mark.get() >= MOVED;
        if occurrences >= line.next_sample.get() {
            let now = clock::now();
            if occurrences <= LEARNING || self.timed {
                line.time.add(now.saturating_sub(self.started.get()));
            }
            let since = now.saturating_sub(record.rss_read.get());
            due |= line.sample(since);
            if due {
                record.rss_read.set(now);
            }
            if !self.timed && line.stride.get() > 0 {
                line.next_sample.set(occurrences + line.stride.get());
            }
        }
        if due {
            record.read_rss();
        }
        let rss = record.rss.get();
        line.mem_usage.raise(rss);
        line.rss_increment.add(rss as i64 - self.rss.get() as i64);
        self.rss.set(rss);
    }

    /// Starts to measure from here: the present figures are what later ones are compared with.
    #[cold]
    #[inline(never)]
    fn arm(&self) {
        let epoch = EPOCH.load(Relaxed);
        if self.epoch.get() != epoch {
            self.lines.iter().for_each(Tallies::clear);
            if let Some(line) = self.open_tallies() {
                line.occurrences.set(1); // it runs, now as before the reset
            }
            self.threads.set(0);
            self.owner.set(0);
            self.epoch.set(epoch);
        }
        let record = self.record;
        if self.owner.get() != record.owner() {
            self.owner.set(record.owner());
            self.threads.add(1);
            if self.threads.get() == 1 {
                let [first, second] = crate::record::thread_name();
                self.thread_name[0].set(first);
                self.thread_name[1].set(second);
            }
        }
        if record.rss.get() == 0 || record.counters.moved() - record.rss_mark.get() >= MOVED {
            record.read_rss();
        }
        self.rss.set(record.rss.get());
        self.counters().begin_peak();
        self.base.set(self.counters().balance());
        self.mark();
    }

    /// Notes the counters as charged.
    fn mark(&self) {
        let (start, counters) = (&self.start, self.counters());
        start.operations.set(counters.operations.get());
        start.frees.set(counters.frees.get());
        start.reallocs.set(counters.reallocs.get());
        start.allocated.set(counters.allocated.get());
        start.freed.set(counters.freed.get());
        start.grown.set(counters.grown.get());
        self.live.set(counters.process_live());
        self.seen_operations.set(counters.operations.get());
        self.seen_live.set(published_live());
    }

    fn pending(&self) -> Pending {
        let (start, counters) = (&self.start, self.counters());
        let since = |now: &Tally, then: &Tally| now.get().wrapping_sub(then.get());
        Pending {
            operations: since(&counters.operations, &start.operations),
            frees: since(&counters.frees, &start.frees),
            reallocs: since(&counters.reallocs, &start.reallocs),
            allocated: since(&counters.allocated, &start.allocated),
            freed: since(&counters.freed, &start.freed),
            grown: since(&counters.grown, &start.grown),
            peak: counters.peak() - self.base.get(),
        }
    }

    /// The thread is gone, whatever line it was in.
    pub(crate) fn abandon(&self) {
        self.open.store(CLOSED, Relaxed);
        self.seen_operations.set(FORCE);
    }

    /// The lines' figures, unless they are from before a reset.
    pub(crate) fn lines(&self) -> Option<&'static [Tallies]> {
        (self.epoch.get() == EPOCH.load(Relaxed)).then_some(self.lines)
    }

    /// The slot of the line that is open now, and what it has yet to be charged. `look` reads
    /// what must belong to the same moment.
    ///
    /// A thread that is settling just now is waited for, but not for ever: it may be the one that
    /// asks, interrupted by a signal.
    pub(crate) fn observe(&self, mut look: impl FnMut(&'static [Tallies], Option<(u32, Pending)>)) {
        let Some(lines) = self.lines() else {
            return;
        };
        for attempt in 0.. {
            let before = self.sequence.get();
            fence(Acquire);
            let open = self.open.load(Relaxed);
            let pending = (open < self.len).then(|| (open, self.pending()));
            fence(Acquire);
            let settling = before % 2 == 1;
            let last = attempt == 1000;
            if !settling || last {
                look(lines, pending.filter(|_| !settling));
                fence(Acquire);
                if last || self.sequence.get() == before {
                    return;
                }
            }
            std::hint::spin_loop();
        }
    }
}

impl Tallies {
    fn new() -> Self {
        let line = Self::default();
        line.clear();
        line
    }

    /// Takes a sample, `since` nanoseconds after the thread's last reading of the resident set:
    /// chooses when the next one is due, and tells whether to read now.
    fn sample(&self, since: u64) -> bool {
        let occurrences = self.occurrences.get();
        if occurrences == LEARNING && self.time.get() < LONG * LEARNING {
            self.stride.set(1);
        }
        let stride = self.stride.get();
        if occurrences <= LEARNING || stride == 0 {
            return true;
        }
        if since < INTERVAL {
            self.stride.set((2 * stride).min(MAX_STRIDE));
        } else if since > 2 * INTERVAL {
            self.stride.set((stride / 2).max(1));
        }
        since >= INTERVAL
    }

    fn clear(&self) {
        let Self { occurrences, operations, frees, reallocs, allocated, freed, grown, .. } = self;
        for tally in [occurrences, operations, frees, reallocs, allocated, freed, grown] {
            tally.set(0);
        }
        for balance in [&self.peak, &self.heap_increment, &self.rss_increment] {
            balance.set(0);
        }
        self.heap.set(i64::MIN);
        self.mem_usage.set(0);
        self.time.set(0);
        self.next_sample.set(0);
        self.stride.set(0);
    }
}

impl Record {
    fn read_rss(&self) {
        self.rss_mark.set(self.counters.moved());
        if let Some(rss) = crate::rss::read() {
            self.rss.set(rss);
        }
    }
}

/// Forgets all figures: each table starts over when its thread next looks at it.
pub(crate) fn reset() {
    EPOCH.fetch_add(1, Relaxed);
    for record in crate::record::all() {
        let mine = crate::record::current_if_any().is_some_and(|mine| std::ptr::eq(mine, record));
        for table in record.tables() {
            if mine {
                table.arm();
            } else {
                table.seen_operations.set(FORCE);
            }
        }
    }
}
