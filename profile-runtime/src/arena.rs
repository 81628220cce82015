//! Memory of the runtime's own: records, tables, what grows with them, and the last report of a process
//! that a signal ends. It is never given back.
//!
//! It comes from the system in pieces, not from the program's allocator, so that it counts for nobody,
//! and so that a signal handler may need some while the allocator is at work.

use std::alloc::Layout;
use std::ptr;
use std::sync::atomic::{
    AtomicPtr, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};

/// What is asked of the system at a time, in bytes.
const PIECE: usize = 256 * 1024;

/// A piece of memory. It begins with this.
#[repr(C)]
struct Piece {
    size: usize,
    /// Offset of the part that is not given away yet.
    free: AtomicUsize,
}

impl Piece {
    /// Takes a part for `layout`; returns its offset, or `None` where too little is left.
    fn take(&self, layout: Layout) -> Option<usize> {
        let base = ptr::from_ref(self).addr();
        let part = |free: usize| {
            let start = base
                .checked_add(free)?
                .checked_next_multiple_of(layout.align())?
                - base;
            let end = start.checked_add(layout.size())?;
            (end <= self.size).then_some((start, end))
        };
        let end = |free| part(free).map(|(_, end)| end);
        let before = self.free.fetch_update(Relaxed, Relaxed, end).ok()?;
        part(before).map(|(start, _)| start)
    }
}

/// The piece that is given away now. What is left of an earlier one stays unused.
static CURRENT: AtomicPtr<Piece> = AtomicPtr::new(ptr::null_mut());

/// Zeroed memory for `layout`, or null where the system has none.
pub(crate) fn alloc_zeroed(layout: Layout) -> *mut u8 {
    loop {
        let piece = CURRENT.load(Acquire);
        // SAFETY: null, or a piece, of which none is ever unmapped.
        #[expect(unsafe_code)]
        if let Some(at) = unsafe { piece.as_ref() }.and_then(|piece| piece.take(layout)) {
            // SAFETY: these bytes of the piece were given to nobody else.
            return unsafe { piece.cast::<u8>().add(at) };
        }
        let Some(needed) = (size_of::<Piece>() + layout.align()).checked_add(layout.size()) else {
            return ptr::null_mut();
        };
        let whole = PIECE.max(needed);
        let new = system::map(whole).cast::<Piece>();
        if new.is_null() {
            return ptr::null_mut();
        }
        // SAFETY: a new mapping, larger than a `Piece`, and aligned to a page.
        #[expect(unsafe_code)]
        unsafe {
            new.write(Piece {
                size: whole,
                free: AtomicUsize::new(size_of::<Piece>()),
            });
        }
        if CURRENT
            .compare_exchange(piece, new, AcqRel, Relaxed)
            .is_err()
        {
            system::unmap(new.cast(), whole); // another thread was quicker
        }
    }
}

/// Zeroed memory for something large of which little is used, or null where the system has none: what is
/// not touched of it takes none.
pub(crate) fn reserve<T>() -> *mut T {
    const { assert!(align_of::<T>() <= 4096) };
    let block = system::map(size_of::<T>());
    #[cfg(target_os = "linux")]
    if !block.is_null() {
        // Or a touch might take two megabytes. Where the system knows of no such pages it says so, which is
        // not for the program.
        // SAFETY: a mapping of that size, and the thread's own `errno`.
        #[expect(unsafe_code)]
        unsafe {
            let errno = libc::__errno_location();
            let before = *errno;
            libc::madvise(block.cast(), size_of::<T>(), libc::MADV_NOHUGEPAGE);
            *errno = before;
        }
    }
    block.cast()
}

#[cfg(unix)]
pub(crate) mod system {
    use std::ptr;

    pub(crate) fn map(size: usize) -> *mut u8 {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: an anonymous mapping at an address of the system's choice.
        #[expect(unsafe_code)]
        let piece = unsafe { libc::mmap(ptr::null_mut(), size, access, flags, -1, 0) };
        if piece == libc::MAP_FAILED {
            ptr::null_mut()
        } else {
            piece.cast()
        }
    }

    pub(crate) fn unmap(piece: *mut u8, size: usize) {
        // SAFETY: a mapping of that size, which nobody has seen.
        #[expect(unsafe_code)]
        unsafe {
            libc::munmap(piece.cast(), size);
        }
    }
}

#[cfg(not(unix))]
pub(crate) mod system {
    use std::alloc::{GlobalAlloc, Layout, System};

    fn layout(size: usize) -> Option<Layout> {
        Layout::from_size_align(size, 4096).ok()
    }

    pub(crate) fn map(size: usize) -> *mut u8 {
        // SAFETY: the layout is not empty.
        #[expect(unsafe_code)]
        layout(size).map_or(std::ptr::null_mut(), |layout| unsafe {
            System.alloc_zeroed(layout)
        })
    }

    pub(crate) fn unmap(piece: *mut u8, size: usize) {
        if let Some(layout) = layout(size) {
            // SAFETY: from `map`, and nobody has seen it.
            #[expect(unsafe_code)]
            unsafe {
                System.dealloc(piece, layout);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_is_zeroed() {
        let block = reserve::<[u64; 1 << 16]>();
        // SAFETY: a block of that type, for which all zeroes are a value, and nobody else's.
        #[expect(unsafe_code)]
        let words = unsafe { block.as_mut() }.expect("there is memory");
        assert!(words.iter().all(|&word| word == 0));
        words.fill(1);
    }

    #[test]
    fn blocks_are_zeroed_aligned_and_apart() {
        let layouts = [(1, 1), (128, 128), (200, 8), (PIECE * 2, 64), (100, 4096)]
            .map(|(size, align)| Layout::from_size_align(size, align).expect("a layout"));
        let mut blocks: Vec<(usize, usize)> = Vec::new();
        for layout in layouts.repeat(50) {
            let block = alloc_zeroed(layout);
            assert!(block.is_aligned_to_layout(layout));
            // SAFETY: a block of that layout.
            #[expect(unsafe_code)]
            let bytes = unsafe { std::slice::from_raw_parts_mut(block, layout.size()) };
            assert!(bytes.iter().all(|&byte| byte == 0));
            bytes.fill(0xff);
            blocks.push((block.addr(), layout.size()));
        }
        blocks.sort_unstable();
        assert!(
            blocks
                .windows(2)
                .all(|pair| pair[0].0 + pair[0].1 <= pair[1].0)
        );
    }

    trait Aligned {
        fn is_aligned_to_layout(&self, layout: Layout) -> bool;
    }

    impl Aligned for *mut u8 {
        fn is_aligned_to_layout(&self, layout: Layout) -> bool {
            !self.is_null() && self.addr().is_multiple_of(layout.align())
        }
    }
}
