//! Counting, following, publishing, spans.

use super::*;

/// Address of a block; the counters only compare it.
fn block(address: usize) -> *mut u8 {
    std::ptr::without_provenance_mut(address)
}

fn alloc(counters: &Counters, size: usize) {
    if counters.alloc(size) {
        counters.after_alloc(false, block(16), size);
    }
}

fn free(counters: &Counters, size: usize) {
    if counters.free(size) {
        counters.after_free(block(16), size);
    }
}

fn realloc(counters: &Counters, (old, old_size): (usize, usize), (new, size): (usize, usize)) {
    let (old, new) = ((block(old), old_size), (block(new), size));
    if counters.realloc(old, new) {
        counters.after_realloc(old, new);
    }
}

#[test]
fn counts_every_operation() {
    let counters = Counters::new();
    alloc(&counters, 100);
    alloc(&counters, 50);
    realloc(&counters, (8, 50), (16, 80));
    realloc(&counters, (16, 80), (16, 20));
    free(&counters, 100);
    assert_eq!(counters.operations(), 5);
    assert_eq!(
        (
            counters.allocs(),
            counters.frees.get(),
            counters.reallocs.get()
        ),
        (2, 1, 2)
    );
    assert_eq!((counters.allocated.get(), counters.freed()), (180, 160));
    assert_eq!(counters.reallocated.get(), -30);
    assert_eq!(counters.balance(), 20);
}

#[test]
fn growth_of_one_block_is_one_buffer() {
    let counters = Counters::new();
    realloc(&counters, (8, 4), (16, 8));
    realloc(&counters, (16, 8), (16, 16));
    realloc(&counters, (16, 16), (64, 32));
    realloc(&counters, (128, 4), (128, 8));
    assert_eq!(counters.grown.get(), 2);
}

#[test]
fn a_buffer_that_the_runtime_grows_in_between_is_nobodys() {
    let counters = Counters::new();
    realloc(&counters, (8, 4), (16, 8));
    counters.uncounted(|| realloc(&counters, (128, 4), (128, 8)));
    realloc(&counters, (16, 8), (16, 16));
    assert_eq!(counters.grown.get(), 1);
}

#[test]
fn whoever_is_followed_stops_at_each_operation() {
    let counters = Counters::new();
    let stops =
        || counters.alloc(8) && counters.free(8) && counters.realloc((block(8), 4), (block(8), 4));
    assert!(!stops());
    counters.follow(|| true);
    assert!(stops());
    counters.publish();
    assert!(stops());
    counters.follow(|| false);
    assert!(stops(), "only the thread itself sets bounds");
    counters.after_free(block(8), 8);
    assert!(!stops());
}

#[test]
fn what_begins_to_be_wanted_meanwhile_is_not_overheard() {
    let counters = Counters::new();
    let asked = std::cell::Cell::new(0);
    counters.follow(|| asked.replace(asked.get() + 1) > 0);
    assert!(counters.follows());
}

#[test]
fn what_is_just_being_allocated_was_not_freed() {
    let counters = Counters::new();
    alloc(&counters, 100);
    free(&counters, 60);
    counters.balance.add(1000); // the first half of an allocation, on another thread
    assert_eq!(counters.freed(), 0);
    counters.allocated.add_after(1000);
    assert_eq!(counters.freed(), 60);
    counters.balance.add(1000);
    assert_eq!(counters.freed(), 60, "it was never less");
}

#[test]
fn spans_nest() {
    let counters = Counters::new();
    let outer = counters.span();
    alloc(&counters, 1000);
    free(&counters, 1000);
    let inner = counters.span();
    alloc(&counters, 5);
    assert_eq!(inner.peak(), 5);
    drop(inner);
    assert_eq!(outer.peak(), 1000);
}

#[test]
fn a_publication_keeps_the_peak_of_the_span() {
    let counters = Counters::new();
    let span = counters.span();
    alloc(&counters, BATCH as usize + 1);
    free(&counters, BATCH as usize + 1);
    counters.publish();
    assert_eq!(span.peak(), BATCH as usize + 1);
}

#[test]
fn the_runtimes_own_work_counts_for_nobody() {
    let counters = Counters::new();
    let span = counters.span();
    alloc(&counters, 10);
    counters.uncounted(|| alloc(&counters, 1 << 20));
    assert_eq!(
        (counters.balance(), counters.operations(), span.peak()),
        (10, 1, 10)
    );
    assert_eq!(counters.process_live(), {
        counters.publish();
        published_live()
    });
}
