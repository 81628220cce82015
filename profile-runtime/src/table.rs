//! The lines of one site on one thread: which line is open, and what each has been charged.
//!
//! Exactly one line of a table is open at a time, also under recursion: a nested frame pauses the
//! line of the outer one. So every byte is charged to one line, and the increments of all lines
//! add up to what the heap grew.

mod observe;
mod open;

use std::alloc::Layout;
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, Release},
    fence,
};

pub(crate) use self::observe::Pending;
use self::open::{Open, STALE};
use crate::arena;
use crate::clock;
use crate::counters::Counters;
use crate::cursor::TableRef;
use crate::line::LineTally;
use crate::nest::{Nest, Paused};
use crate::record::Record;
use crate::tally::{Balance, Tally};
use crate::watch::{NONE, Watch};

/// A balance that has gone so many bytes up or down is worth a reading.
const MOVED: i64 = 64 * 1024;

/// Tables of an earlier epoch hold figures from before a reset.
static EPOCH: AtomicU32 = AtomicU32::new(1);

/// The lines of one site on one thread. See the module.
///
/// The lines follow the rest in one block, so that a probe, which knows its slot, finds its line
/// without a further load.
#[repr(C, align(128))]
pub(crate) struct Table<Lines: ?Sized = [LineTally]> {
    /// Whether there is anything to charge since the last settling.
    ///
    /// PERF: it comes first, so that its address is the table's.
    pub(crate) watch: Watch,
    pub(crate) open: Open,
    pub(crate) record: &'static Record,
    /// The counters when the open line was last settled.
    start: Start,
    /// Number of lines; [`TableRef`] reads it.
    len: u32,
    epoch: AtomicU32,
    /// The resident set as last charged.
    pub(crate) rss: Tally,
    /// The live heap of the process less the thread's balance, when the table was last settled.
    elsewhere: Balance,
    /// What the open line had kept when the table was last settled: only where it goes on after that.
    carried: Balance,
    /// The thread's highest balance since the innermost frame was entered, as of the last settling:
    /// what a frame needs at most, the line that called it needs too.
    top: Balance,
    /// Odd while a line's next sample is chosen: its count is in two words.
    sequence: Tally,
    reallocs: StartOfReallocs,
    nest: Nest,
    /// Whether the time column is wanted, and when the open line began, in nanoseconds.
    started: Tally,
    timed: bool,
    /// The owner of the record that the table was last armed for.
    owner: Tally,
    pub(crate) threads: Tally,
    pub(crate) thread_name: [Tally; 2],
    pub(crate) lines: Lines,
}

/// The counters when the open line was last settled.
#[derive(Default)]
#[repr(C)]
struct Start {
    operations: Tally,
    gains: Tally,
    balance: Balance,
    allocated: Tally,
}

/// Those of reallocations.
#[derive(Default)]
struct StartOfReallocs {
    count: Tally,
    grown: Tally,
}

impl Start {
    fn frees(&self) -> u64 {
        self.operations.get().wrapping_sub(self.gains.get())
    }

    fn freed(&self) -> u64 {
        self.allocated.get().wrapping_sub(self.balance.get() as u64)
    }
}

/// How far a line was settled.
#[derive(Clone, Copy, PartialEq)]
#[repr(C)]
pub(crate) enum Settled {
    Fully,
    /// What is done in some executions only is yet to be done.
    Sampled,
    /// The same, and the resident set is to be read in any case.
    Moved,
}

/// PERF: calls, and settling what was freed, touch two cache lines of a table.
const _: () = assert!(offset_of!(Table<[LineTally; 0]>, reallocs) == 128);

impl Table<[LineTally; 0]> {
    fn without_lines(record: &'static Record, len: u32, timed: bool) -> Self {
        Self {
            watch: Watch::new(),
            open: Open::stale(),
            record,
            start: Start::default(),
            len,
            epoch: AtomicU32::new(EPOCH.load(Relaxed)),
            rss: Tally::default(),
            elsewhere: Balance::default(),
            carried: Balance::default(),
            top: Balance::new(NONE),
            sequence: Tally::default(),
            reallocs: StartOfReallocs::default(),
            nest: Nest::new(),
            started: Tally::default(),
            timed,
            owner: Tally::default(),
            threads: Tally::default(),
            thread_name: Default::default(),
            lines: [],
        }
    }
}

impl Table {
    /// Where the number of its lines is in it.
    pub(crate) const LEN: usize = offset_of!(Table<[LineTally; 0]>, len);

    /// Makes the table of a site with `len` lines for a thread; `None` if there is no memory.
    pub(crate) fn create(record: &'static Record, len: u32, timed: bool) -> Option<TableRef> {
        let count = usize::try_from(len).ok()?;
        let lines = Layout::array::<LineTally>(count).ok()?;
        let (layout, offset) = Layout::new::<Table<[LineTally; 0]>>().extend(lines).ok()?;
        let block = arena::alloc_zeroed(layout);
        if block.is_null() {
            return None;
        }
        // SAFETY: the block has the layout of a `Table` with `len` lines (`repr(C)`: the rest,
        // then the lines); it is written in full before it is shared, and never freed.
        #[expect(unsafe_code)]
        unsafe {
            block
                .cast::<Table<[LineTally; 0]>>()
                .write(Table::without_lines(record, len, timed));
            for line in 0..count {
                block
                    .add(offset)
                    .cast::<LineTally>()
                    .add(line)
                    .write(LineTally::default());
            }
            TableRef::from_block(block.cast())
        }
    }

    #[inline(always)]
    pub(crate) fn counters(&self) -> &'static Counters {
        &self.record.counters
    }

    /// Whether something has happened since the table was last settled.
    fn is_stale(&self) -> bool {
        self.counters().operations() != self.start.operations.get()
    }

    /// Closes the open line, which is settled.
    #[inline(always)]
    pub(crate) fn close_line(&self) {
        self.open.close(self.start.operations.get());
    }

    /// Makes sure that the open line is settled when it ends.
    pub(crate) fn sample(&self) {
        self.watch.mark();
        if self.timed {
            self.started.set(clock::now());
        }
    }

    #[inline(always)]
    fn open_tally(&self) -> Option<&LineTally> {
        let slot = self.open.slot()?;
        // SAFETY: the slot of an open line was in range when it was opened.
        #[expect(unsafe_code)]
        Some(unsafe { self.lines.get_unchecked(slot as usize) })
    }

    /// Charges the open line with all that happened since the last settling.
    pub(crate) fn settle(&self) {
        match self.settle_unless_sampled() {
            Settled::Fully => {}
            settled => self.sample_line(settled),
        }
    }

    /// As [`settle`](Self::settle), but leaves it to the caller to call
    /// [`sample_line`](Self::sample_line) where the line is to be sampled.
    ///
    /// PERF: nothing is called and each figure is done with before the next is read, so that no register
    /// need be saved.
    #[inline(always)]
    pub(crate) fn settle_unless_sampled(&self) -> Settled {
        let Some(line) = self.open_tally() else {
            return Settled::Fully;
        };
        if self.epoch.load(Relaxed) != EPOCH.load(Relaxed) {
            return Settled::Sampled;
        }
        self.watch.begin_settling();
        let record = self.record;
        let counters = &record.counters;

        let balance = counters.balance();
        let elsewhere = counters.elsewhere();
        let moved = elsewhere - self.elsewhere.get();
        if moved != 0 {
            self.elsewhere.set(elsewhere);
            line.elsewhere.add(moved);
        }
        line.heap.raise(balance + elsewhere);
        let gains = counters.gains.get();
        let operations = gains.wrapping_add(counters.frees.get());
        let operations = self.start.operations.catch_up(operations);
        let more = gains.wrapping_sub(self.start.gains.get());
        let top = if more == 0 {
            line.frees.add(operations);
            line.freed.add(self.gone(balance, 0));
            // What was only freed has raised no balance: the last one had been handed on.
            counters.restart_highest(balance);
            self.watch.hand_on_mark();
            balance
        } else {
            line.frees.add(operations.wrapping_sub(more));
            line.gains.add(more);
            self.start.gains.add(more);
            let top = counters.take_highest(balance).max(self.watch.top());
            self.watch.hand_on(top);
            line.peak.raise(top - self.base());
            self.charge_reallocs(line);
            let allocated = self.start.allocated.catch_up(counters.allocated.get());
            line.allocated.add(allocated);
            line.freed.add(self.gone(balance, allocated));
            top
        };
        self.top.raise(top);
        self.carry(0);
        self.watch.clear();
        if record.has_moved(balance, top) {
            return Settled::Moved;
        }
        if line.is_sampled() {
            return Settled::Sampled;
        }
        self.charge_rss(line);
        Settled::Fully
    }

    /// The bytes freed since the last settling, where so many were allocated and the balance is this by now.
    #[inline(always)]
    fn gone(&self, balance: i64, allocated: u64) -> u64 {
        allocated.wrapping_sub(self.start.balance.catch_up(balance) as u64)
    }

    #[inline(always)]
    fn charge_reallocs(&self, line: &LineTally) {
        let (start, counters) = (&self.reallocs, self.counters());
        let reallocs = counters.reallocs.get();
        if reallocs != start.count.get() {
            line.reallocs.add(start.count.catch_up(reallocs));
            line.grown.add(start.grown.catch_up(counters.grown.get()));
        }
    }

    /// The thread's balance when the open line began.
    #[inline(always)]
    pub(crate) fn base(&self) -> i64 {
        self.start.balance.get() - self.carried.get()
    }

    /// Begins the open line at such a balance.
    fn set_base(&self, base: i64) {
        self.carry(self.start.balance.get() - base);
    }

    #[inline(always)]
    pub(crate) fn carry(&self, carried: i64) {
        if self.carried.get() != carried {
            self.carried.set(carried);
        }
    }

    /// What the resident set has changed since it was last charged.
    #[inline(always)]
    fn charge_rss(&self, line: &LineTally) {
        let rss = self.record.rss.get();
        line.mem_usage.raise(rss);
        if rss != self.rss.get() {
            line.rss_increment.add(self.rss.catch_up(rss) as i64);
        }
    }

    /// The figures were reset since the open line began.
    #[cold]
    fn start_over(&self) {
        self.watch.hand_on(self.counters().balance());
        self.arm();
    }

    /// Pauses the open line for a frame within that of another one.
    pub(crate) fn pause(&self) {
        let Some(slot) = self.open.slot() else {
            return;
        };
        if self.watch.changed() || self.is_stale() || self.timed {
            // The innermost frame may be another one's, in between: it is to know the highest balance.
            self.counters().fold(self.counters().balance());
            self.settle();
        }
        self.nest.push(Paused {
            slot,
            base: self.base(),
            top: self.top.get(),
            around: self.watch.around.get(),
        });
        self.watch.set_nested(true);
        self.carry(0);
        self.top.set(NONE);
    }

    pub(crate) fn is_nested(&self) -> bool {
        !self.nest.is_empty()
    }

    /// Goes on with the line that [`pause`](Self::pause) paused; what happened meanwhile is settled.
    pub(crate) fn go_on(&self) {
        let top = self.top.get();
        self.counters().watch.set(self.watch.around.get());
        let Some(paused) = self.nest.pop() else {
            return self.close_line();
        };
        self.open.set(paused.slot);
        self.set_base(paused.base);
        self.top.set(paused.top.max(top));
        self.watch.around.set(paused.around);
        self.watch.set_nested(!self.nest.is_empty());
        if top != NONE {
            // What the frame needed at most, the line that called it needs too.
            if let Some(line) = self.open_tally() {
                line.peak.raise(top - self.base());
            }
            self.watch.hand_on(top);
            self.watch.mark();
        }
        if self.timed {
            self.sample();
        }
    }

    /// What is done in some executions only: the line is timed, and the resident set read, where this
    /// one is a sample or much has moved. Or the figures were reset, and it starts over.
    #[cold]
    #[inline(never)]
    pub(crate) fn sample_line(&self, settled: Settled) {
        if self.epoch.load(Relaxed) != EPOCH.load(Relaxed) {
            return self.start_over();
        }
        let Some(line) = self.open_tally() else {
            return;
        };
        let record = self.record;
        let mut due = settled == Settled::Moved;
        if line.is_sampled() {
            let (time, interval) = (clock::now(), crate::rss::interval());
            self.sequence.add(1);
            fence(Release);
            if self.timed {
                line.time.add(time.saturating_sub(self.started.get()));
            }
            due |= line.sample(time, record.rss_read.get(), interval);
            if self.timed {
                line.sample_always();
            }
            fence(Release);
            self.sequence.add(1);
            if due {
                record.rss_read.set(time);
            }
        }
        if due {
            record.read_rss();
        }
        self.charge_rss(line);
    }

    /// Starts to measure from here: the present figures are what later ones are compared with.
    #[cold]
    pub(crate) fn arm(&self) {
        let epoch = EPOCH.load(Relaxed);
        if self.epoch.load(Relaxed) != epoch {
            let open = self.open.slot();
            for (slot, line) in (0..).zip(&self.lines) {
                line.clear(Some(slot) == open); // that one runs, now as before the reset
            }
            self.threads.set(0);
            self.owner.set(0);
            self.epoch.store(epoch, Relaxed);
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
        let counters = self.counters();
        let balance = counters.balance();
        if record.rss.get() == 0 || record.has_moved(balance, counters.highest()) {
            record.read_rss();
        }
        self.rss.set(record.rss.get());
        counters.fold(balance);
        self.watch.clear();
        self.top.set(NONE);
        self.carry(0);
        self.elsewhere.set(counters.elsewhere());
        self.start.operations.set(counters.operations());
        self.start.gains.set(counters.gains.get());
        self.start.balance.set(balance);
        self.start.allocated.set(counters.allocated.get());
        self.reallocs.count.set(counters.reallocs.get());
        self.reallocs.grown.set(counters.grown.get());
        if self.open.is_closed() {
            self.close_line();
        }
    }

    /// The thread is gone, whatever line it was in.
    pub(crate) fn abandon(&self) {
        self.open.close(STALE);
        self.nest.clear();
        self.watch.set_nested(false);
        self.watch.clear();
    }

    /// The lines' figures, unless they are from before a reset.
    pub(crate) fn lines(&self) -> Option<&[LineTally]> {
        (self.epoch.load(Relaxed) == EPOCH.load(Relaxed)).then_some(&self.lines)
    }
}

impl Record {
    /// Whether the balance has gone so far, at the end or at the top, since the resident set was last
    /// read that it is worth another reading. What is freed and allocated again is resident already.
    #[inline(always)]
    fn has_moved(&self, balance: i64, top: i64) -> bool {
        top >= self.rss_ceiling.get() || balance <= self.rss_floor.get()
    }

    fn read_rss(&self) {
        let balance = self.counters.balance();
        self.rss_ceiling.set(balance + MOVED);
        self.rss_floor.set(balance - MOVED);
        if let Some(rss) = crate::rss::read() {
            self.rss.set(rss);
        }
    }
}

/// Forgets all figures: each table starts over when its thread next looks at it.
pub(crate) fn reset() {
    EPOCH.fetch_add(1, Relaxed);
    for record in crate::record::all() {
        let mine = crate::record::current_if_any().is_some_and(|mine| ptr::eq(mine, record));
        for table in record.all_tables() {
            if mine {
                table.arm();
            } else {
                table.open.make_stale();
                table.watch.mark();
            }
        }
    }
}
