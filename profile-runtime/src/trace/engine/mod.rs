//! Keeps the table of live blocks.
//!
//! ```text
//! allocation ─► lane (a thread's): walk, hash ─► stack known? ─► blocks: address → stack, size, …
//!                                                 no: stacks, shared
//! snapshot   ─► blocks, shard by shard ─► rows by thread and stack ─► names ─► statistics
//! ```
//!
//! | modules | |
//! |---|---|
//! | `lane`, `churn` | what a thread does by itself; what it frees, by stack |
//! | `blocks` | the table |
//! | `changes` | what has changed in it since somebody asked |
//! | `stacks`, `calls` | each stack once; which calls are the program's own |
//! | `lock` | a lock that survives a fork |
//! | `heap`, `group`, `file` | a copy of all that lives; its statistics; its form as a recording |
//! | `lines` | what lines of profiled functions retain and churn |

mod blocks;
mod calls;
pub(crate) mod changes;
mod churn;
mod file;
mod group;
mod heap;
mod lane;
mod lines;
mod lock;
mod stacks;

use std::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Relaxed, Release},
};

use self::blocks::Block;
use self::lock::Lock;
use self::stacks::SHARED;
use crate::asked::Question;
use crate::recorder::walk::Registers;
use crate::{record, recorder};

pub(crate) use self::heap::Heap;
pub(crate) use self::lines::{Held, Lines};
pub(crate) use self::stacks::{Stack, Thread};

pub(crate) const IS_THERE: bool = true;

/// Whether it is missing on purpose.
pub(crate) const IS_OFF: bool = false;

/// The most frames that can be asked for: so many calls fit into a walk, with those that are not the
/// program's.
pub(crate) const MAX_FRAMES: u32 = 256;

/// Whether anything is traced.
static ON: AtomicBool = AtomicBool::new(false);

/// What a block is marked with that is allocated now; see [`begin_mark`].
static MARK: AtomicU32 = AtomicU32::new(0);

static USERS: Lock<Users> = Lock::new(Users {
    program: false,
    leaks: 0,
    frames: 0,
    watching: false,
});

/// Who wants tracing: it ends with the last one.
struct Users {
    /// The program itself, or its environment.
    program: bool,
    leaks: u32,
    frames: u32,
    /// Whether forks are watched for.
    watching: bool,
}

#[inline(always)]
pub(crate) fn is_on() -> bool {
    ON.load(Relaxed)
}

#[inline(always)]
fn mark() -> u32 {
    MARK.load(Relaxed)
}

/// An allocation of this thread, while something is traced.
///
/// PERF: a function of its own, for the registers that it needs are then not saved by those who only record.
#[inline(never)]
pub(crate) fn alloc(block: *mut u8, size: usize) {
    if let Some(lane) = lane::enter() {
        lane.0.alloc(block.addr(), size, &Registers::here());
    }
}

/// A free by this thread, which is about to be made, while something is traced.
#[inline(never)]
pub(crate) fn free(block: *mut u8) {
    if let Some(lane) = lane::enter() {
        lane.0.free(block.addr());
    }
}

/// A block that is being resized.
pub(crate) struct Resized(Block);

/// A block is about to be resized.
pub(crate) fn before_realloc(block: *mut u8) -> Option<Resized> {
    if !is_on() || recorder::is_at_work() {
        return None;
    }
    lane::enter()?.0.free(block.addr()).map(Resized)
}

impl Resized {
    /// It was not resized after all.
    pub(crate) fn put_back(self) {
        if let Some(lane) = lane::enter() {
            lane.0.put_back(self.0);
        }
    }
}

/// Begins to trace if the environment asks for it. Each thread calls this when it begins to count.
#[inline]
pub(crate) fn begin_if_asked() {
    static QUESTION: Question = Question::new();
    if QUESTION.ask(&[c"MEMLINE_TRACE"]) {
        recorder::uncounted(super::settings::begin_as_asked);
    }
}

pub(crate) fn thread_ended() {
    lane::leave();
}

/// Traces for the program, with so many frames.
pub(crate) fn start(frames: u32) {
    recorder::uncounted(|| {
        let mut users = USERS.lock();
        users.program = true;
        users.begin(frames);
    });
}

/// Ends what [`start`] began; `false` if nothing did.
pub(crate) fn stop() -> bool {
    recorder::uncounted(|| {
        let mut users = USERS.lock();
        let was = users.program;
        users.program = false;
        users.end_if_unwanted();
        was
    })
}

/// Traces for a [`Leak`](super::Leak), until [`leave`]. Returns the mark of the blocks that are
/// allocated from now on.
pub(crate) fn join(frames: u32) -> u32 {
    recorder::uncounted(|| {
        let mut users = USERS.lock();
        users.leaks += 1;
        users.begin(frames);
        MARK.fetch_add(1, Relaxed) + 1
    })
}

pub(crate) fn leave() {
    recorder::uncounted(|| {
        let mut users = USERS.lock();
        users.leaks -= 1;
        users.end_if_unwanted();
    });
}

impl Users {
    fn begin(&mut self, frames: u32) {
        if !self.watching {
            self.watching = true;
            // SAFETY: the functions only take and give locks and store into memory of this process.
            #[expect(unsafe_code)]
            unsafe {
                libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(in_child));
            }
        }
        if is_on() {
            if frames > self.frames {
                self.frames = frames;
                lane::keep(frames);
            }
            return;
        }
        self.frames = frames;
        {
            let mut shared = SHARED.lock();
            shared.look_at_modules();
            shared.read_symbols();
            shared.forget_churn();
        }
        blocks::open(true);
        lane::keep(frames);
        lane::begin();
        ON.store(true, Release);
        record::follow_all();
    }

    fn end_if_unwanted(&self) {
        if self.program || self.leaks > 0 || !ON.swap(false, Relaxed) {
            return;
        }
        record::follow_all();
        lane::tell_lanes();
        blocks::open(false);
    }
}

/// How many of the program's calls are kept of each stack.
pub(crate) fn frames() -> u32 {
    USERS.lock().frames
}

/// Forgets all blocks, as if what is alive had been allocated before.
pub(crate) fn clear() {
    recorder::uncounted(|| {
        blocks::clear();
        lane::begin();
    });
}

/// Bytes that are traced, and the most that were.
pub(crate) fn current_and_peak() -> (u64, u64) {
    let (_, current) = blocks::amount();
    (current, lane::peak().max(current))
}

pub(crate) fn reset_peak() {
    lane::reset_peak();
}

/// Bytes that tracing takes for itself.
pub(crate) fn overhead() -> u64 {
    recorder::uncounted(|| {
        let (bytes, _) = blocks::overhead();
        bytes + SHARED.lock().overhead()
    })
}

/// The calls that allocated the traced block at an address, the oldest first.
pub(crate) fn traceback_of(address: usize) -> Option<Vec<super::Frame>> {
    let block = blocks::get(address as u64)?;
    let stack = SHARED.lock().stack(block.stack);
    Some(Heap::traceback(stack))
}

/// Traces with whole stacks, and adds up what changes from now on, all that lives first.
pub(crate) fn follow() {
    join(MAX_FRAMES);
    blocks::follow(true);
}

/// Ends what [`follow`] began.
pub(crate) fn unfollow() {
    blocks::follow(false);
    leave();
}

/// What has changed since this was called last, while it is [followed](follow).
pub(crate) fn changes() -> changes::Sums {
    blocks::take_changes()
}

/// The stack with this number.
pub(crate) fn stack(number: u32) -> Stack {
    SHARED.lock().stack(number)
}

/// All threads that have allocated something.
pub(crate) fn threads() -> Vec<Thread> {
    SHARED.lock().threads().to_vec()
}

/// Blocks that are missing since the system had no memory for them.
pub(crate) fn lost() -> u64 {
    blocks::overhead().1
}

/// Does not trace what `work` allocates.
pub(crate) fn untraced<T>(work: impl FnOnce() -> T) -> T {
    if is_on() {
        lane::untraced(work)
    } else {
        work()
    }
}

/// Makes what `work` allocates memline's own: it is neither counted, nor recorded, nor traced.
pub(crate) fn apart<T>(work: impl FnOnce() -> T) -> T {
    recorder::uncounted(work)
}

extern "C" fn before_fork() {
    USERS.hold();
    SHARED.hold();
    blocks::hold();
}

extern "C" fn after_fork() {
    blocks::release();
    SHARED.release();
    USERS.release();
}

extern "C" fn in_child() {
    after_fork();
    heap::after_fork();
}
