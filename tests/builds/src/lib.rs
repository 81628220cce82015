//! An allocator whose own functions are profiled.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many blocks [`Profiled`] has handed out.
pub static ALLOCATED: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, each call of which goes through probes.
pub struct Profiled;

// SAFETY: each method hands its arguments to `System` and returns what that returns.
#[memline::profile]
unsafe impl GlobalAlloc for Profiled {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(1, Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(block, layout) };
    }
}

/// Keeps a thousand bytes.
#[memline::profile]
pub fn keep() -> Vec<u8> {
    let kept = vec![1u8; 1000];
    kept
}

/// Has `threads` threads keep a thousand bytes each, and drops what they kept.
///
/// # Panics
///
/// If one of them does.
pub fn keep_on(threads: usize) {
    let threads: Vec<_> = (0..threads).map(|_| std::thread::spawn(keep)).collect();
    for thread in threads {
        assert_eq!(thread.join().expect("it ends").len(), 1000);
    }
}
