//! What one thread records, and where.
//!
//! A lane belongs to its thread alone. While it is in use the thread has none: whatever the
//! recorder itself allocates finds no lane, and is not recorded.

mod order;

use std::cell::Cell;
use std::ptr;

use profile_trace::events::{Encoder, MAX_EVENT, Stack};
use profile_trace::pending::SLOT_PAYLOAD;

use super::cache::Cache;
use super::chain::Chain;
use super::sampling::Chooser;
use super::session::{self, Session};
use super::slot::Slot;
use super::turn::Allowance;
use super::walk::{Registers, Walked, Walker, Way};
use crate::counters::Counters;
use crate::record;

/// Where a slot is full: an event, and the times before and after it, fit behind.
const FULL: usize = SLOT_PAYLOAD - 3 * MAX_EVENT;

thread_local! {
    // PERF: const and without a destructor, an access is one load relative to the thread pointer.
    static LANE: Cell<*mut Lane> = const { Cell::new(ptr::null_mut()) };
}

/// Stands for a thread's lane while that is in use.
const IN_USE: *mut Lane = ptr::without_provenance_mut(1);

/// What one thread records with.
pub(super) struct Lane {
    session: &'static Session,
    slot: Slot,
    /// Bytes of the slot's payload.
    filled: usize,
    encoder: Encoder,
    cache: Cache,
    walker: Walker,
    chain: Chain,
    chooser: Option<Chooser>,
    /// Whether the turn was this lane's when it looked last.
    has_turn: bool,
    /// Whether it looks whose the turn is.
    looks: bool,
    /// Whether it tells the sizes of blocks that end, since events of other threads may be out of order with its own.
    tells_sizes: bool,
    /// Until when: some time after it last met another thread's turn, or went without.
    races_until: u64,
    allowance: Allowance,
    /// Events until the clock is read.
    left: u32,
    /// Events from then on until the time is told. Where that is the same, none.
    spare: u32,
    run: u32,
    counters: &'static Counters,
    /// The lowest balance that is not far from that at the last reading.
    floor: i64,
    /// The time that was written last, in nanoseconds since the session's start.
    now: u64,
    epoch: u32,
    number: u32,
    id: u64,
    name: [u64; 2],
}

/// A lane in use; it goes back to its thread.
pub(super) struct InUse(pub(super) &'static mut Lane);

impl Drop for InUse {
    #[inline(always)]
    fn drop(&mut self) {
        LANE.set(ptr::from_mut(self.0));
    }
}

/// Whether this thread is recording something just now: what it allocates is the recorder's own.
#[inline(always)]
pub(super) fn is_in_use() -> bool {
    LANE.get() == IN_USE
}

/// Makes what `work` allocates the recorder's own: it is not recorded.
pub(super) fn apart<T>(work: impl FnOnce() -> T) -> T {
    struct Back(*mut Lane);
    impl Drop for Back {
        fn drop(&mut self) {
            LANE.set(self.0);
        }
    }
    let _back = Back(LANE.replace(IN_USE));
    work()
}

/// This thread's lane, if something is being recorded.
#[inline(always)]
pub(super) fn enter() -> Option<InUse> {
    let lane = LANE.replace(IN_USE);
    if !lane.is_null() && lane != IN_USE {
        // SAFETY: a lane that belongs to this thread, and that nobody has while it lies there.
        #[expect(unsafe_code)]
        let lane = unsafe { &mut *lane };
        if lane.session.is_current() {
            return Some(InUse(lane));
        }
    }
    enter_slowly(lane)
}

#[cold]
#[inline(never)]
fn enter_slowly(lane: *mut Lane) -> Option<InUse> {
    if lane == IN_USE {
        return None; // the recorder's own
    }
    let counters = &record::current().counters;
    let lane = counters.uncounted(|| {
        discard(lane);
        let session = session::current().or_else(super::begin_in_child)?;
        Lane::new(session)
    });
    LANE.set(ptr::null_mut());
    lane.map(|lane| {
        LANE.set(IN_USE);
        InUse(Box::leak(lane))
    })
}

/// Ends the lane of a thread that ends.
pub(super) fn leave() {
    let lane = LANE.get();
    if lane.is_null() || lane == IN_USE {
        return;
    }
    LANE.set(IN_USE);
    record::current().counters.uncounted(|| {
        // SAFETY: this thread's lane, which nobody else has.
        #[expect(unsafe_code)]
        let lane = unsafe { Box::from_raw(lane) };
        lane.end();
    });
    LANE.set(ptr::null_mut());
}

/// In a signal handler that ends the process: writes the time, unless that interrupted the lane.
pub(super) fn conclude_in_handler() {
    let lane = LANE.replace(IN_USE);
    if !lane.is_null() && lane != IN_USE {
        // SAFETY: this thread's lane, which nobody else has.
        #[expect(unsafe_code)]
        let lane = unsafe { &mut *lane };
        if lane.session.is_current() {
            lane.conclude();
        }
    }
}

/// In a forked child the thread's lane is the parent's: its slot is shared.
pub(super) fn after_fork() {
    LANE.set(ptr::null_mut());
}

/// Frees the lane of a session that has ended.
fn discard(lane: *mut Lane) {
    if !lane.is_null() {
        // SAFETY: this thread's lane, which nobody else has.
        #[expect(unsafe_code)]
        let lane = unsafe { Box::from_raw(lane) };
        lane.session.unmap_after_the_end(lane.slot);
    }
}

impl Lane {
    fn new(session: &'static Session) -> Option<Box<Self>> {
        let (number, slot) = session.join()?;
        let walker = session.with_modules(|interner| Walker::new(session.way(), &interner.loaded));
        let Some(walker) = walker else {
            session.unmap_after_the_end(slot); // it has ended meanwhile
            return None;
        };
        // SAFETY: no preconditions.
        #[expect(unsafe_code)]
        let id = unsafe { libc::gettid() } as u64;
        let mut lane = Box::new(Self {
            session,
            slot,
            filled: 0,
            encoder: Encoder::new(),
            cache: Cache::new(),
            walker,
            chain: Chain::new(),
            chooser: session
                .plan
                .sample
                .map(|rate| Chooser::new(rate, id ^ u64::from(number) << 32)),
            has_turn: false,
            looks: true,
            tells_sizes: false,
            races_until: 0,
            allowance: Allowance::new(),
            left: 1,
            spare: 0,
            run: 1,
            counters: &record::current().counters,
            floor: 0,
            now: session.now(),
            epoch: session.epoch(),
            number,
            id,
            name: [u64::MAX; 2],
        });
        lane.begin();
        lane.tell_name();
        Some(lane)
    }

    /// Records an allocation.
    #[inline(always)]
    pub(super) fn alloc(&mut self, zeroed: bool, block: *mut u8, size: usize, at: &Registers) {
        let address = block.addr() as u64;
        if self.chooser.is_some() && !self.picks(address, size) {
            return;
        }
        let stack = self.stack(at);
        self.look_at_turn();
        let (encoder, out) = self.pen();
        let written = encoder.alloc(zeroed, address, size as u64, stack, out);
        self.record(written);
    }

    /// Records a reallocation.
    #[inline(always)]
    pub(super) fn realloc(
        &mut self,
        (old, old_size): (*mut u8, usize),
        (new, size): (*mut u8, usize),
        at: &Registers,
    ) {
        if self.chooser.is_some() {
            return self.realloc_of_sample((old, old_size), (new, size), at);
        }
        let stack = self.stack(at);
        let (old, address) = (old.addr() as u64, new.addr() as u64);
        self.look_at_turn();
        let told = self.tells_sizes.then_some(old_size as u64);
        let (encoder, out) = self.pen();
        let written = encoder.realloc(old, told, address, size as u64, stack, out);
        self.record(written);
    }

    /// To a sample a reallocation is a free and an allocation.
    #[inline(never)]
    fn realloc_of_sample(
        &mut self,
        (old, old_size): (*mut u8, usize),
        (new, size): (*mut u8, usize),
        at: &Registers,
    ) {
        self.free(old, old_size);
        self.alloc(false, new, size, at);
    }

    /// Records a free.
    #[inline(always)]
    pub(super) fn free(&mut self, block: *mut u8, size: usize) {
        let address = block.addr() as u64;
        if let Some(recorded) = &self.session.recorded
            && !recorded.remove(address)
        {
            return;
        }
        self.look_at_turn();
        let told = self.tells_sizes.then_some(size as u64);
        let (encoder, out) = self.pen();
        let written = encoder.free(address, told, out);
        self.record(written);
    }

    fn picks(&mut self, address: u64, size: usize) -> bool {
        let picked = self
            .chooser
            .as_mut()
            .is_some_and(|chooser| chooser.picks(size));
        picked
            && self
                .session
                .recorded
                .as_ref()
                .is_some_and(|recorded| recorded.add(address))
    }

    #[inline(always)]
    fn stack(&mut self, at: &Registers) -> Stack {
        if self.walker.way == Way::Pointers {
            let hash = self.chain.hash(at.frame, self.walker.bounds(at));
            self.cache
                .get(hash)
                .unwrap_or_else(|| self.unknown_stack(hash, *at))
        } else {
            self.unwound_stack(*at)
        }
    }

    #[inline(never)]
    fn unwound_stack(&mut self, at: Registers) -> Stack {
        let walked = self.walker.walk(&at);
        self.cache
            .get(walked.hash)
            .unwrap_or_else(|| self.new_stack(&walked))
    }

    #[cold]
    #[inline(never)]
    fn unknown_stack(&mut self, hash: u64, at: Registers) -> Stack {
        let walked = self.walker.walk(&at);
        self.new_stack(&Walked { hash, ..walked })
    }

    #[cold]
    fn new_stack(&mut self, walked: &Walked) -> Stack {
        let Self {
            session,
            walker,
            cache,
            ..
        } = self;
        record::current().counters.uncounted(|| {
            walker.saw_new();
            let Some(stack) = session.intern(walked, walker.calls(walked)) else {
                return 0;
            };
            cache.insert(walked.hash, stack);
            stack
        })
    }

    /// What writes the next event, and where.
    #[inline(always)]
    fn pen(&mut self) -> (&mut Encoder, &mut [u8]) {
        // SAFETY: the thread is the slot's only writer, and this its only slice.
        #[expect(unsafe_code)]
        let out = unsafe { self.slot.rest(self.filled) };
        (&mut self.encoder, out)
    }

    /// After each event, which took so many bytes: reads the clock now and then, and empties the slot when
    /// it is full.
    #[inline(always)]
    fn record(&mut self, written: usize) {
        self.commit(written);
        self.left -= 1;
        if self.left == 0 || self.filled > FULL || self.is_far() {
            self.pause();
        }
    }

    /// Makes the bytes count that were written last.
    #[inline(always)]
    fn commit(&mut self, written: usize) {
        self.filled += written;
        self.slot.header().commit(self.filled as u32);
    }

    /// Learns what other threads have found out meanwhile.
    fn catch_up(&mut self) {
        if self.walker.way != Way::Both {
            self.session.decide(self.walker.way);
        }
        let way = self.session.way();
        if way != Way::Both {
            self.walker.decide(way);
        }
        let epoch = self.session.epoch();
        if self.epoch != epoch || way == Way::Tables {
            self.epoch = epoch;
            self.cache.clear();
            let walker = &mut self.walker;
            self.session
                .with_modules(|interner| walker.reload(&interner.loaded));
        }
    }

    fn begin(&mut self) {
        let now = self.now;
        self.filled = 0;
        let (encoder, out) = self.pen();
        self.filled = encoder.begin(now, out);
    }

    /// Puts what is recorded into the recording, unless the session has ended.
    fn flush(&mut self) {
        self.tell_name();
        if let Some(slot) = self.session.flush(self.slot) {
            self.slot = slot;
            self.begin();
        }
    }

    /// Writes the thread's name where it is another than before.
    fn tell_name(&mut self) {
        let name = record::thread_name();
        if name != self.name {
            self.name = name;
            let bytes = name.map(u64::to_ne_bytes).concat();
            let length = bytes
                .iter()
                .position(|&byte| byte == 0)
                .unwrap_or(bytes.len());
            self.session.name(self.number, self.id, &bytes[..length]);
        }
    }

    /// Puts what is left into the recording.
    fn end(mut self: Box<Self>) {
        self.conclude();
        self.tell_name();
        if self.session.leave(self.slot).is_none() {
            discard(Box::into_raw(self));
        }
    }
}
