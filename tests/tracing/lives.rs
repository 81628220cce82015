//! What is reported alive is what is alive.

use std::alloc::{Layout, alloc, dealloc, realloc};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, Mutex};
use std::thread;

use memline::Key;
use memline::trace::{self, Filter, Snapshot};

use crate::common::{Child, Outcome, Program, Test};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![lives, lives_while_others_work, lives_in_a_child];

pub(crate) const TESTS: &[Test] = named![
    what_lives_is_what_the_model_says,
    what_stays_is_in_every_snapshot_once,
    a_forked_child_goes_on_by_itself,
];

const THREADS: usize = 4;
const ROUNDS: usize = 25;
const STEPS: usize = 2_000;

/// A block, which any of the threads may resize or free.
struct Block {
    address: usize,
    layout: Layout,
}

/// A xorshift generator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[inline(never)]
fn made(size: usize) -> Block {
    let layout = Layout::from_size_align(size, 8).expect("it is small");
    // SAFETY: the size is not zero.
    #[expect(unsafe_code)]
    let block = unsafe { alloc(layout) };
    let address = std::hint::black_box(block).expose_provenance();
    Block { address, layout }
}

#[inline(never)]
fn resized(block: &Block, size: usize) -> Block {
    let layout = Layout::from_size_align(size, 8).expect("it is small");
    let address = std::ptr::with_exposed_provenance_mut(block.address);
    // SAFETY: a block that lives, with its layout; the size is not zero.
    #[expect(unsafe_code)]
    let block = unsafe { realloc(address, block.layout, size) };
    let address = std::hint::black_box(block).expose_provenance();
    Block { address, layout }
}

fn freed(block: &Block) {
    let address = std::ptr::with_exposed_provenance_mut(block.address);
    // SAFETY: a block that lives, with its layout.
    #[expect(unsafe_code)]
    unsafe {
        dealloc(address, block.layout);
    }
}

/// A random schedule on one thread. Blocks go to whichever thread takes them.
fn work(dice: &mut Dice, pool: &Mutex<Vec<Block>>) {
    let take = |dice: &mut Dice| {
        let mut pool = pool.lock().expect("nobody panics");
        let length = pool.len();
        (length > 0).then(|| pool.swap_remove(dice.below(length)))
    };
    for _ in 0..STEPS {
        let most = if dice.below(50) == 0 { 300_000 } else { 500 };
        let size = 1 + dice.below(most);
        let block = match dice.below(8) {
            0..4 => Some(made(size)),
            4 | 5 => take(dice).map(|block| resized(&block, size)),
            _ => {
                if let Some(block) = take(dice) {
                    freed(&block);
                }
                None
            }
        };
        if let Some(block) = block {
            pool.lock().expect("nobody panics").push(block);
        }
    }
}

/// Compares what a snapshot says with what the pool holds.
fn check(pool: &[Block]) {
    let snapshot = Snapshot::take().expect("it is traced");
    let ours = snapshot.filter([
        Filter::only().function("*lives::made"),
        Filter::only().function("*lives::resized"),
    ]);
    let bytes: usize = pool.iter().map(|block| block.layout.size()).sum();
    assert_eq!(
        (ours.blocks(), ours.bytes()),
        (pool.len() as u64, bytes as u64)
    );
    for block in pool.iter().step_by(97) {
        let address = std::ptr::without_provenance::<u8>(block.address);
        let frames = trace::traceback_of(address).expect("it lives");
        let innermost = &frames.last().expect("it has calls").function;
        assert!(innermost.contains("lives::"), "{innermost}");
    }
    let (current, peak) = trace::current_and_peak();
    assert!(current >= bytes as u64 && peak >= current);
}

fn lives() -> Outcome {
    trace::start(2)?;
    let pool = Mutex::new(Vec::with_capacity(THREADS * ROUNDS * STEPS));
    let barrier = Barrier::new(THREADS + 1);
    thread::scope(|scope| {
        for seed in 1..=THREADS as u64 {
            let (pool, barrier) = (&pool, &barrier);
            scope.spawn(move || {
                let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                for _ in 0..ROUNDS {
                    work(&mut dice, pool);
                    barrier.wait();
                    barrier.wait();
                }
            });
        }
        for _ in 0..ROUNDS {
            barrier.wait();
            check(&pool.lock().expect("nobody panics"));
            barrier.wait();
        }
    });
    let mut pool = pool.into_inner()?;
    pool.iter().for_each(freed);
    pool.clear();
    check(&pool);
    // Blocks that were allocated before are unknown, and so are their frees.
    pool.push(made(100));
    trace::clear();
    pool.pop().iter().for_each(freed);
    check(&pool);
    let none = Snapshot::take()?.filter([Filter::only().function("*lives::made")]);
    assert!(none.statistics(Key::Line, false).is_empty());
    trace::stop()?;
    assert_eq!(trace::current_and_peak().0, 0);
    println!("as the model says");
    Ok(())
}

fn what_lives_is_what_the_model_says() {
    let ended = Child::new("lives").run();
    assert_eq!(
        (ended.code(), &*ended.stdout, &*ended.stderr),
        (Some(0), "as the model says\n", "")
    );
}

/// Allocates a block that stays.
#[inline(never)]
fn kept(size: usize) -> Vec<u8> {
    std::hint::black_box(Vec::with_capacity(size))
}

/// Snapshots while other threads allocate, resize and free: what lives all the while is in each of them, once,
/// though others move it about in the table.
fn lives_while_others_work() -> Outcome {
    trace::start(2)?;
    let pool = Mutex::new(Vec::new());
    let done = AtomicBool::new(false);
    let stay = AtomicUsize::new(0);
    thread::scope(|scope| {
        for seed in 1..=THREADS as u64 {
            let (pool, done, stay) = (&pool, &done, &stay);
            scope.spawn(move || {
                let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                // Among what comes and goes, so that it shares its places with that.
                let mut blocks = Vec::new();
                for _ in 0..1_000 {
                    blocks.push(kept(1 + dice.below(200)));
                    drop(vec![1u8; 1 + dice.below(200)]);
                }
                stay.fetch_add(blocks.len(), Relaxed);
                while !done.load(Relaxed) {
                    work(&mut dice, pool);
                    let blocks = std::mem::take(&mut *pool.lock().expect("nobody panics"));
                    blocks.iter().for_each(freed);
                }
                drop(blocks);
            });
        }
        while stay.load(Relaxed) < 1_000 * THREADS {
            thread::yield_now();
        }
        let mut bytes = None;
        for _ in 0..30 {
            let snapshot = Snapshot::take().expect("it is traced");
            let ours = snapshot.filter([Filter::only().function("*lives::kept")]);
            let expected = *bytes.get_or_insert(ours.bytes());
            assert_eq!(
                (ours.blocks(), ours.bytes()),
                (1_000 * THREADS as u64, expected)
            );
        }
        done.store(true, Relaxed);
    });
    let pool = pool.into_inner()?;
    pool.iter().for_each(freed);
    let left = Snapshot::take()?.filter([
        Filter::only().function("*lives::kept"),
        Filter::only().function("*lives::made"),
        Filter::only().function("*lives::resized"),
    ]);
    assert_eq!((left.blocks(), left.bytes()), (0, 0));
    println!("each of them once");
    Ok(())
}

fn what_stays_is_in_every_snapshot_once() {
    let ended = Child::new("lives_while_others_work").run();
    assert_eq!(
        (ended.code(), &*ended.stdout, &*ended.stderr),
        (Some(0), "each of them once\n", "")
    );
}

fn lives_in_a_child() -> Outcome {
    trace::start(2)?;
    let mut pool = vec![made(100)];
    // Other threads allocate meanwhile, and may be within a lock.
    let busy = || {
        (0..20_000).for_each(|size| drop(vec![1u8; 1 + size % 5000]));
    };
    let others: Vec<_> = (0..2).map(|_| thread::spawn(busy)).collect();
    for round in 0..20 {
        // SAFETY: the child leaves by `_exit`.
        #[expect(unsafe_code)]
        let child = unsafe { libc::fork() };
        if child == 0 {
            pool.push(made(50 + round));
            let ours = Snapshot::take()?.filter([Filter::only().function("*lives::made")]);
            let as_expected = ours.blocks() == 2 && ours.bytes() == 150 + round as u64;
            // SAFETY: ends the child.
            #[expect(unsafe_code)]
            unsafe {
                libc::_exit(if as_expected { 0 } else { 1 });
            }
        }
        let mut status = 1;
        // SAFETY: `status` is a place for the status.
        #[expect(unsafe_code)]
        unsafe {
            libc::waitpid(child, &raw mut status, 0);
        }
        assert_eq!(status, 0);
    }
    for other in others {
        other.join().expect("it ends well");
    }
    check(&pool);
    Ok(())
}

fn a_forked_child_goes_on_by_itself() {
    let ended = Child::new("lives_in_a_child").run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
}
