//! The heap that a value holds, found out by cloning or dropping it.

use std::hint::black_box;

use crate::record;

/// Heap memory that a value holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HeapSize {
    /// Bytes, as they were asked for from the allocator.
    pub bytes: usize,
    /// Blocks.
    pub blocks: usize,
}

/// The heap memory that a clone of `value` holds: all that cloning allocated and has not freed
/// again, at any depth, with no derive.
///
/// It is exact, to the byte, and counts this thread alone. What a clone shares with `value`, such as
/// the contents of an [`Arc`](std::sync::Arc), is not allocated anew and so does not count; spare
/// capacity, which a clone has none of, does not either. [`size_of_dropped`] sees both. All is zero
/// where memline's [`Allocator`](crate::Allocator) is not installed.
///
/// ```
/// # use profile_runtime as memline;
/// # #[global_allocator]
/// # static ALLOCATOR: memline::Allocator = memline::Allocator::system();
/// let words = vec!["one".to_owned(), "three".to_owned()];
/// let size = memline::size_of_clone(&words);
/// assert_eq!(size.blocks, 3);
/// assert_eq!(size.bytes, 2 * size_of::<String>() + 3 + 5);
/// ```
///
/// # Panics
///
/// Only if cloning or dropping `T` does.
pub fn size_of_clone<T: Clone>(value: &T) -> HeapSize {
    let before = held();
    let copy = black_box(value.clone());
    let after = held();
    drop(copy);
    between(before, after)
}

/// The heap memory that dropping `value` frees, less what doing so allocates and keeps.
///
/// It is exact, to the byte, and counts this thread alone. What others share, such as the contents of an
/// [`Arc`](std::sync::Arc) of which there is another one, is not freed and does not count. All is zero
/// where memline's [`Allocator`](crate::Allocator) is not installed.
///
/// ```
/// # use profile_runtime as memline;
/// # #[global_allocator]
/// # static ALLOCATOR: memline::Allocator = memline::Allocator::system();
/// let buffer: Vec<u8> = Vec::with_capacity(1000);
/// let size = memline::size_of_dropped(buffer);
/// assert_eq!((size.bytes, size.blocks), (1000, 1));
/// ```
///
/// # Panics
///
/// Only if dropping `T` does.
pub fn size_of_dropped<T>(value: T) -> HeapSize {
    let value = black_box(value);
    let before = held();
    drop(value);
    let after = held();
    between(after, before)
}

/// Bytes and blocks that the thread has allocated and not freed.
fn held() -> (i64, i64) {
    let counters = &record::current().counters;
    let blocks = counters.allocs().wrapping_sub(counters.frees.get()) as i64;
    (counters.balance(), blocks)
}

fn between((bytes, blocks): (i64, i64), (more_bytes, more_blocks): (i64, i64)) -> HeapSize {
    let more = |less: i64, more: i64| usize::try_from(more.wrapping_sub(less)).unwrap_or(0);
    HeapSize {
        bytes: more(bytes, more_bytes),
        blocks: more(blocks, more_blocks),
    }
}
