//! What one thread traces with. While its lane is in use the thread has none, so that what memline
//! itself allocates is not traced.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{
    AtomicI64, AtomicU8, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use super::blocks::{self, Block};
use super::calls::Own;
use super::churn::Churn;
use super::stacks::{SHARED, SPARE_CALLS};
use super::{is_on, mark};
use crate::recorder::cache::Cache;
use crate::recorder::walk::{Registers, Walked, Walker, Way};
use crate::{record, recorder};

/// A thread's balance joins the others' in steps of this many bytes.
const BATCH: i64 = 32 * 1024;

/// Counts the starts, after which there is nothing that would have to be told.
static SESSION: AtomicU32 = AtomicU32::new(0);

/// Counts what lanes must learn of: starts, other numbers of frames, other modules.
static EPOCH: AtomicU32 = AtomicU32::new(0);

/// How many of the program's calls are kept of each stack.
static FRAMES: AtomicU32 = AtomicU32::new(1);

/// What is traced, in bytes, as far as threads have told; and the highest that it was.
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

/// How stacks are walked: a [`Way`].
static WAY: AtomicU8 = AtomicU8::new(Way::Both as u8);

thread_local! {
    // PERF: const and without a destructor, an access is one load relative to the thread pointer.
    static LANE: Cell<*mut Lane> = const { Cell::new(ptr::null_mut()) };
}

/// Stands for a thread's lane while that is in use.
const IN_USE: *mut Lane = ptr::without_provenance_mut(1);

/// What one thread traces with.
pub(super) struct Lane {
    epoch: u32,
    session: u32,
    frames: u32,
    /// Whether what is allocated is not traced; see [`untraced`].
    quiet: bool,
    walker: Walker,
    cache: Cache,
    /// Bytes traced and freed since the last step, and the most that this was meanwhile.
    pending: i64,
    top: i64,
    thread: u16,
    churn: &'static Churn,
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

/// This thread's lane, if something is traced.
#[inline(always)]
pub(super) fn enter() -> Option<InUse> {
    let lane = LANE.replace(IN_USE);
    if !lane.is_null() && lane != IN_USE {
        // SAFETY: a lane that belongs to this thread, and that nobody has while it lies there.
        #[expect(unsafe_code)]
        let lane = unsafe { &mut *lane };
        if lane.epoch == EPOCH.load(Relaxed) {
            return Some(InUse(lane));
        }
    }
    enter_slowly(lane)
}

#[cold]
#[inline(never)]
fn enter_slowly(lane: *mut Lane) -> Option<InUse> {
    if lane == IN_USE {
        return None;
    }
    if !is_on() {
        LANE.set(lane);
        return None;
    }
    recorder::uncounted(|| {
        let lane = if lane.is_null() {
            Box::leak(Lane::new())
        } else {
            // SAFETY: as in `enter`.
            #[expect(unsafe_code)]
            unsafe {
                &mut *lane
            }
        };
        lane.catch_up();
        Some(InUse(lane))
    })
}

/// Does not trace what `work` allocates. What it frees is traced no more, as ever.
pub(super) fn untraced<T>(work: impl FnOnce() -> T) -> T {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            set_quiet(self.0);
        }
    }
    let _back = Back(set_quiet(true));
    work()
}

fn set_quiet(quiet: bool) -> bool {
    enter().is_some_and(|lane| std::mem::replace(&mut lane.0.quiet, quiet))
}

/// Ends the lane of a thread that ends.
pub(super) fn leave() {
    let lane = LANE.replace(IN_USE);
    if !lane.is_null() && lane != IN_USE {
        recorder::uncounted(|| {
            // SAFETY: this thread's lane, which nobody else has.
            #[expect(unsafe_code)]
            let mut lane = unsafe { Box::from_raw(lane) };
            lane.publish();
            SHARED.lock().leave(lane.churn);
        });
    }
    LANE.set(ptr::null_mut());
}

/// The highest that the traced heap was; exact for this thread and ended ones.
pub(super) fn peak() -> u64 {
    if let Some(lane) = enter() {
        lane.0.publish();
    }
    PEAK.load(Relaxed).max(0) as u64
}

/// Starts over with the peak.
pub(super) fn reset_peak() {
    if let Some(lane) = enter() {
        lane.0.publish();
    }
    PEAK.store(LIVE.load(Relaxed), Relaxed);
}

/// Begins anew, with nothing traced.
pub(super) fn begin() {
    LIVE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    SESSION.fetch_add(1, Relaxed);
    tell_lanes();
}

/// Keeps so many of the program's calls from now on.
pub(super) fn keep(frames: u32) {
    FRAMES.store(frames, Relaxed);
    tell_lanes();
}

/// Makes each lane [catch up](Lane::catch_up).
pub(super) fn tell_lanes() {
    EPOCH.fetch_add(1, Release);
}

impl Lane {
    fn new() -> Box<Self> {
        // SAFETY: no preconditions.
        #[expect(unsafe_code)]
        let id = unsafe { libc::gettid() } as u64;
        let mut shared = SHARED.lock();
        let (thread, churn) = shared.join(id);
        let way = Way::from_number(WAY.load(Relaxed));
        let walker = Walker::new(way, &shared.loaded);
        Box::new(Self {
            epoch: 0,
            session: 0,
            frames: 1,
            quiet: false,
            walker,
            cache: Cache::new(),
            pending: 0,
            top: 0,
            thread,
            churn,
            name: [0; 2],
        })
    }

    /// Learns what has changed since the last epoch.
    fn catch_up(&mut self) {
        self.epoch = EPOCH.load(Acquire);
        self.frames = FRAMES.load(Relaxed);
        let session = SESSION.load(Relaxed);
        if session != self.session {
            (self.session, self.pending, self.top) = (session, 0, 0);
        }
        self.cache.clear();
        let shared = SHARED.lock();
        let way = Way::from_number(WAY.load(Relaxed));
        if way != Way::Both {
            self.walker.decide(way);
        }
        self.walker.reload(&shared.loaded);
    }

    #[inline(always)]
    pub(super) fn alloc(&mut self, address: usize, size: usize, at: &Registers) {
        if self.quiet {
            return;
        }
        let most = self.frames as usize + SPARE_CALLS;
        let walked = self.walker.walk_within(at, Own(self.frames), most);
        let stack = match self.cache.get(walked.hash) {
            Some(stack) => stack,
            None => self.new_stack(&walked),
        };
        let block = Block::new(address as u64, size, stack, mark(), self.thread);
        self.put(block, true);
    }

    #[inline(always)]
    fn put(&mut self, block: Block, is_new: bool) {
        let Ok(replaced) = blocks::insert(block, is_new) else {
            return;
        };
        self.pending += block.size() as i64;
        if let Some(replaced) = replaced {
            self.ended(&replaced);
        }
        self.top = self.top.max(self.pending);
        if self.pending >= BATCH {
            self.publish();
        }
    }

    #[inline(always)]
    pub(super) fn free(&mut self, address: usize) -> Option<Block> {
        let block = blocks::remove(address as u64)?;
        self.ended(&block);
        if self.pending <= -BATCH {
            self.publish();
        }
        Some(block)
    }

    #[inline(always)]
    fn ended(&mut self, block: &Block) {
        self.pending -= block.size() as i64;
        self.churn.add(block.stack, block.size());
    }

    /// A block that was taken out has not ended after all.
    pub(super) fn put_back(&mut self, block: Block) {
        self.churn.add(block.stack, block.size().wrapping_neg());
        self.put(block, false);
    }

    #[cold]
    #[inline(never)]
    fn publish(&mut self) {
        let before = LIVE.fetch_add(self.pending, Relaxed);
        PEAK.fetch_max(before + self.top, Relaxed);
        self.pending = 0;
        self.top = 0;
    }

    #[cold]
    #[inline(never)]
    fn new_stack(&mut self, walked: &Walked) -> u32 {
        recorder::uncounted(|| {
            self.walker.saw_new();
            let name = record::thread_name();
            let mut shared = SHARED.lock();
            if shared.look_at_modules() {
                tell_lanes();
            }
            if name != self.name {
                self.name = name;
                let bytes = name.map(u64::to_ne_bytes).concat();
                let length = bytes.iter().position(|byte| *byte == 0);
                shared.name(self.thread, &bytes[..length.unwrap_or(bytes.len())]);
            }
            let (hash, stack) = shared.intern(self.walker.calls(walked), self.frames);
            drop(shared);
            self.agree_on_the_way();
            self.cache.insert(hash, stack);
            stack
        })
    }

    /// Unwind tables are right for every program: who needs them has the last word.
    fn agree_on_the_way(&mut self) {
        let mine = self.walker.way;
        let before = WAY.fetch_max(mine as u8, Relaxed).max(mine as u8);
        let all = Way::from_number(before);
        if all != mine && all != Way::Both {
            self.walker.decide(all);
            if all == Way::Tables {
                self.walker.reload(&SHARED.lock().loaded);
            }
            self.cache.clear();
        }
    }
}
