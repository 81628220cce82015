//! Orders of events, and what becomes of the blocks.

use super::*;

const P: u64 = 0x1000;

/// A block of thread 1.
pub(super) fn block(site: u32) -> Block {
    block_of(1, site, at(0, 10))
}

fn block_of(thread: u32, site: u32, began: Moment) -> Block {
    Block {
        site,
        blocks: 1,
        bytes: 8,
        birth: Birth::new(0, 0),
        thread,
        began: Began::new(began),
    }
}

fn end(blocks: &mut Blocks, thread: u32, moment: Moment, address: u64) -> Ended {
    end_of(blocks, thread, moment, address, None)
}

fn end_of(
    blocks: &mut Blocks,
    thread: u32,
    moment: Moment,
    address: u64,
    size: Option<u64>,
) -> Ended {
    let how = How::Freed(1);
    blocks.end(End { thread, how, size }, moment, address)
}

fn at(from: u64, to: u64) -> Moment {
    let begun = from;
    Moment { from, to, begun }
}

/// Thread 2 frees what thread 1 allocated, and thread 1 reuses the address, in runs that
/// overlap: whichever comes first, the second block lives.
#[test]
fn a_reuse_that_overtakes_the_free_is_no_second_free() {
    let mut blocks = Blocks::default();
    assert!(matches!(
        blocks.begin(1, at(0, 10), P, block(1)),
        Begun::Live
    ));
    let begun = blocks.begin(1, at(0, 10), P, block(2));
    assert!(matches!(begun, Begun::Replaced(block) if block.site == 1));
    assert!(matches!(end(&mut blocks, 2, at(5, 15), P), Ended::Before(block) if block.site == 1));
    let ended = end(&mut blocks, 1, at(20, 30), P);
    assert!(matches!(ended, Ended::Live(block) if block.site == 2));
}

#[test]
fn a_free_that_overtakes_the_allocation_ends_it() {
    let mut blocks = Blocks::default();
    assert!(matches!(end(&mut blocks, 2, at(0, 10), P), Ended::Unknown));
    assert!(matches!(
        blocks.begin(1, at(5, 15), P, block(1)),
        Begun::Over(End { thread: 2, .. })
    ));
    assert!(matches!(
        blocks.begin(1, at(5, 15), P, block(2)),
        Begun::Live
    ));
}

/// Thread 2 frees the second of two blocks of thread 1 at an address, and is read first.
#[test]
fn whoever_frees_its_own_takes_it_from_another() {
    let mut blocks = Blocks::default();
    assert!(matches!(end(&mut blocks, 2, at(0, 10), P), Ended::Unknown));
    let begun = blocks.begin(1, at(5, 15), P, block(1));
    assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
    let ended = end(&mut blocks, 1, at(5, 15), P);
    assert!(
        matches!(ended, Ended::Instead { block, of: End { thread: 2, .. } } if block.site == 1)
    );
    let begun = blocks.begin(1, at(5, 15), P, block(2));
    assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
}

/// Thread 1 grows a block in place, and thread 2, which frees it then, is read before that.
#[test]
fn a_block_that_grows_in_place_may_be_freed_by_another() {
    let mut blocks = Blocks::default();
    blocks.begin(1, at(0, 10), P, block(1));
    let freed = end(&mut blocks, 2, at(5, 15), P);
    assert!(matches!(freed, Ended::Live(block) if block.site == 1));
    let grown = end(&mut blocks, 1, at(10, 20), P);
    assert!(
        matches!(grown, Ended::Instead { block, of: End { thread: 2, .. } } if block.site == 1)
    );
    let begun = blocks.begin(1, at(10, 20), P, block(2));
    assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
}

/// Of two blocks of different sizes, each of which another thread frees, each is told by its size.
#[test]
fn an_end_of_another_size_is_another_blocks() {
    let mut blocks = Blocks::default();
    let small = Block {
        bytes: 4,
        ..block(2)
    };
    blocks.begin(1, at(0, 10), P, block(1));
    let freed = end_of(&mut blocks, 2, at(5, 15), P, Some(4));
    assert!(matches!(freed, Ended::Unknown));
    let freed = end_of(&mut blocks, 3, at(5, 15), P, Some(8));
    assert!(matches!(freed, Ended::Live(block) if block.site == 1));
    let begun = blocks.begin(1, at(5, 15), P, small);
    assert!(matches!(begun, Begun::Over(End { thread: 2, .. })));
}

/// Threads 1 and 2 had a block at one address one after the other, in runs that overlap; the second to be
/// read was the first to live.
#[test]
fn a_block_that_is_read_first_may_outlive_the_next() {
    let mut blocks = Blocks::default();
    let others = block_of(2, 2, at(5, 15));
    blocks.begin(1, at(0, 10), P, block(1));
    let begun = blocks.begin(2, at(5, 15), P, others);
    assert!(matches!(begun, Begun::Live));
    assert_eq!(blocks.live().count(), 2);
    let ended = end(&mut blocks, 2, at(5, 15), P);
    assert!(matches!(ended, Ended::Live(block) if block.site == 2));
    assert_eq!(blocks.live().count(), 1);
    let ended = end(&mut blocks, 3, at(100, 110), P);
    assert!(matches!(ended, Ended::Live(block) if block.site == 1));
}

/// Threads 2 and 3 each free a block of thread 1, and thread 1 one of thread 4, which takes the end that was
/// first believed to be another's.
#[test]
fn an_end_that_was_believed_to_be_anothers_is_found_out() {
    let mut blocks = Blocks::default();
    let others = block_of(4, 2, at(7, 20));
    blocks.begin(1, at(0, 1), P, block(1));
    let ended = end(&mut blocks, 2, at(2, 6), P);
    assert!(matches!(ended, Ended::Live(block) if block.site == 1));
    let ended = end(&mut blocks, 1, at(3, 15), P);
    assert!(
        matches!(ended, Ended::Instead { block, of: End { thread: 2, .. } } if block.site == 1)
    );
    let begun = blocks.begin(4, at(7, 20), P, others);
    let Begun::Swapped { by, other, of } = begun else {
        panic!("{begun:?}");
    };
    assert_eq!((by.thread, other.site, of.thread), (1, 1, 2));
}

/// Thread 1, stopped in the middle of a run, frees a block of thread 3 that comes where its own was, which thread 2
/// had freed long before.
#[test]
fn an_end_that_was_believed_to_be_its_own_is_found_out() {
    let mut blocks = Blocks::default();
    let anothers = block_of(3, 2, at(30, 32));
    blocks.begin(1, at(0, 10), P, block(1));
    let ended = end_of(&mut blocks, 1, at(15, 90), P, Some(8));
    assert!(matches!(ended, Ended::Live(block) if block.site == 1));
    let ended = end_of(&mut blocks, 2, at(20, 22), P, Some(8));
    assert!(matches!(ended, Ended::Unknown));
    let begun = blocks.begin(3, at(30, 32), P, anothers);
    let Begun::Swapped { by, other, of } = begun else {
        panic!("{begun:?}");
    };
    assert_eq!((by.thread, other.site, of.thread), (1, 1, 2));
}

/// Two threads seem to begin a block each at one address. Thread 2 ends one while only the first has surely begun;
/// the other, of a thread that was stopped in the middle of a run, comes later, and outlives a third one.
#[test]
fn an_end_is_rather_of_what_surely_began() {
    let mut blocks = Blocks::default();
    blocks.begin(3, at(0, 10), P, block_of(3, 1, at(0, 10)));
    blocks.begin(4, at(5, 90), P, block_of(4, 2, at(5, 90)));
    let ended = end_of(&mut blocks, 2, at(20, 22), P, Some(8));
    assert!(matches!(ended, Ended::Live(block) if block.site == 1));
    blocks.begin(2, at(20, 22), P, block_of(2, 3, at(20, 22)));
    let ended = end_of(&mut blocks, 2, at(22, 24), P, Some(8));
    assert!(matches!(ended, Ended::Live(block) if block.site == 3));
    let ended = end_of(&mut blocks, 3, at(100, 110), P, Some(8));
    assert!(matches!(ended, Ended::Live(block) if block.site == 2));
}

/// A block from before the recording is freed, and its address used again.
#[test]
fn the_free_of_an_unknown_block_is_no_free_of_a_later_one() {
    for (thread, from) in [(1, 5), (2, 11)] {
        let mut blocks = Blocks::default();
        assert!(matches!(end(&mut blocks, 1, at(0, 10), P), Ended::Unknown));
        let begun = blocks.begin(thread, at(from, 20), P, block(1));
        assert!(matches!(begun, Begun::Live), "thread {thread}");
    }
}

/// Where the free of a block is lost, that of the next block is its own.
#[test]
fn a_lost_free_does_not_swallow_another() {
    for (thread, from) in [(1, 5), (2, 11)] {
        let mut blocks = Blocks::default();
        blocks.begin(1, at(0, 10), P, block(1));
        blocks.begin(1, at(0, 10), P, block(2));
        let ended = end(&mut blocks, thread, at(from, 20), P);
        assert!(
            matches!(ended, Ended::Live(block) if block.site == 2),
            "thread {thread}"
        );
    }
}

#[test]
fn frees_of_unknown_blocks_are_forgotten_in_time() {
    let mut blocks = Blocks::default();
    for index in 0..100_000 {
        end(&mut blocks, 1, at(index, index + 1), index * 16);
    }
    assert!(blocks.early.len() <= waiting::PATIENCE);
}

#[test]
fn what_threads_did_long_ago_at_few_addresses_is_forgotten() {
    for size in [None, Some(8)] {
        for thread in [1, 2] {
            let mut blocks = Blocks::default();
            for index in 0..10_000 {
                blocks.begin(1, at(index, index + 1), P, block(1));
                let ended = end_of(&mut blocks, thread, at(index, index + 1), P, size);
                assert!(matches!(ended, Ended::Live(_)));
            }
            assert!(blocks.claimed.len() < 4, "{}", blocks.claimed.len());
        }
    }
}
