//! The heap that a value holds.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use memline::{HeapSize, size_of_clone, size_of_dropped};

use crate::bytes;

fn size(bytes: usize, blocks: usize) -> HeapSize {
    HeapSize { bytes, blocks }
}

#[test]
fn a_value_without_heap_holds_nothing() {
    assert_eq!(size_of_clone(&[1u8; 100]), size(0, 0));
    assert_eq!(size_of_dropped([1u8; 100]), size(0, 0));
    assert_eq!(size_of_dropped(Vec::<u8>::new()), size(0, 0));
}

#[test]
fn nested_values_are_counted_at_any_depth() {
    let lists: Vec<Vec<String>> = vec![vec!["a".repeat(7), "b".repeat(9)], vec![]];
    let expected = size(
        2 * size_of::<Vec<String>>() + 2 * size_of::<String>() + 7 + 9,
        4,
    );
    assert_eq!(size_of_clone(&lists), expected);
    assert_eq!(size_of_dropped(lists), expected);
}

#[test]
fn spare_capacity_is_dropped_but_not_cloned() {
    let mut buffer = bytes(1000);
    buffer.extend([0; 10]);
    assert_eq!(size_of_clone(&buffer), size(10, 1));
    assert_eq!(size_of_dropped(buffer), size(1000, 1));
}

#[test]
fn what_is_shared_is_counted_where_it_is_freed() {
    let shared = Rc::new(bytes(500));
    assert_eq!(size_of_clone(&shared), size(0, 0));
    assert_eq!(size_of_dropped(Rc::clone(&shared)), size(0, 0));
    // Two counts, the vector, and its buffer.
    assert_eq!(size_of_dropped(shared), size(16 + 24 + 500, 2));
}

#[test]
fn trees_free_what_they_cloned() {
    let tree: BTreeMap<u32, String> = (0..1000).map(|key| (key, "x".repeat(3))).collect();
    let cloned = size_of_clone(&tree);
    assert!(cloned.blocks > 1000 && cloned.bytes > 3000, "{cloned:?}");
    let copy = tree.clone();
    assert_eq!(size_of_dropped(copy), cloned);
}

#[test]
fn what_a_clone_needs_only_meanwhile_does_not_count() {
    struct Busy(Vec<u8>);
    impl Clone for Busy {
        fn clone(&self) -> Self {
            drop(std::hint::black_box(bytes(4000)));
            Self(self.0.clone())
        }
    }
    assert_eq!(size_of_clone(&Busy(vec![0; 30])), size(30, 1));
}

#[test]
fn a_drop_that_keeps_more_than_it_frees_counts_nothing() {
    thread_local!(static KEPT: Cell<Option<Vec<u8>>> = const { Cell::new(None) });
    struct Keeps;
    impl Drop for Keeps {
        fn drop(&mut self) {
            KEPT.set(Some(bytes(100)));
        }
    }
    KEPT.set(None);
    assert_eq!(size_of_dropped(Keeps), size(0, 0));
    KEPT.set(None);
}

#[test]
fn other_threads_are_not_counted() {
    let (send, receive) = std::sync::mpsc::sync_channel::<()>(0);
    let other = std::thread::spawn(move || {
        while receive
            .recv_timeout(std::time::Duration::from_micros(1))
            .is_err()
        {
            drop(std::hint::black_box(bytes(12_345)));
        }
    });
    let value = vec![bytes(1), bytes(2)];
    for _ in 0..1000 {
        assert_eq!(size_of_clone(&value), size(48, 1));
    }
    assert_eq!(size_of_dropped(value), size(48 + 3, 3));
    send.send(()).expect("the other thread waits");
    other.join().expect("it ends well");
}
