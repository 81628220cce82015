//! What was freed again, by the stack that had allocated it: figures of one thread, or the sum of
//! those of threads that ended.

use std::alloc::Layout;
use std::ptr;
use std::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release},
};

use crate::arena;
use crate::tally::Tally;

/// Figures in the first chunk, half a page; each further chunk holds twice as many.
const FIRST: u32 = 256;

/// Chunks for any number of stacks.
const CHUNKS: usize = (u32::BITS - FIRST.ilog2()) as usize + 1;

/// A growing array of figures with one writer, which anyone may read.
pub(super) struct Churn {
    /// Never freed: handed on instead, as records are.
    chunks: [AtomicPtr<Tally>; CHUNKS],
}

impl Churn {
    pub(super) const fn new() -> Self {
        Self {
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
        }
    }

    /// Counts bytes for a stack. Only the owner calls this.
    #[inline(always)]
    pub(super) fn add(&self, stack: u32, bytes: u64) {
        let (chunk, index) = place(stack);
        let mut figures = self.chunks[chunk].load(Acquire);
        if figures.is_null() {
            figures = self.grow(chunk);
            if figures.is_null() {
                return;
            }
        }
        // SAFETY: the chunk has more than `index` figures, zeroed at first, and is never freed.
        #[expect(unsafe_code)]
        unsafe {
            (*figures.add(index)).add(bytes);
        }
    }

    /// The figures of the stacks below `count`, added to `sums`.
    pub(super) fn add_to(&self, sums: &mut [u64]) {
        for (stack, sum) in (0..).zip(sums) {
            let (chunk, index) = place(stack);
            let figures = self.chunks[chunk].load(Acquire);
            if !figures.is_null() {
                // SAFETY: as above.
                #[expect(unsafe_code)]
                let figure = unsafe { &*figures.add(index) };
                *sum += figure.get();
            }
        }
    }

    /// Starts over. Only the owner calls this, or whoever knows that it does not count.
    pub(super) fn clear(&self) {
        for (chunk, figures) in self.chunks.iter().enumerate() {
            let figures = figures.load(Acquire);
            if !figures.is_null() {
                for index in 0..length(chunk) {
                    // SAFETY: as above.
                    #[expect(unsafe_code)]
                    unsafe {
                        (*figures.add(index)).set(0);
                    }
                }
            }
        }
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> u64 {
        let chunks = self.chunks.iter().enumerate();
        let there = chunks.filter(|(_, figures)| !figures.load(Acquire).is_null());
        there
            .map(|(chunk, _)| (length(chunk) * size_of::<Tally>()) as u64)
            .sum()
    }

    #[cold]
    #[inline(never)]
    fn grow(&self, chunk: usize) -> *mut Tally {
        let Ok(layout) = Layout::array::<Tally>(length(chunk)) else {
            return ptr::null_mut();
        };
        let figures = arena::alloc_zeroed(layout).cast();
        self.chunks[chunk].store(figures, Release);
        figures
    }
}

/// The chunk of a stack, and its place in it.
#[inline(always)]
fn place(stack: u32) -> (usize, usize) {
    let number = u64::from(stack) + u64::from(FIRST);
    let chunk = number.ilog2() - FIRST.ilog2();
    (
        chunk as usize,
        (number - (u64::from(FIRST) << chunk)) as usize,
    )
}

fn length(chunk: usize) -> usize {
    (FIRST as usize) << chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stack_has_a_figure_of_its_own() {
        let churn = Churn::new();
        for stack in 0..5000 {
            churn.add(stack, u64::from(stack));
        }
        churn.add(4999, 1);
        let mut sums = vec![1; 6000];
        churn.add_to(&mut sums);
        assert!((0..4999).all(|stack| sums[stack] == stack as u64 + 1));
        assert_eq!((sums[4999], sums[5000]), (5001, 1));
        churn.clear();
        let mut sums = vec![0; 5000];
        churn.add_to(&mut sums);
        assert!(sums.iter().all(|sum| *sum == 0));
        assert_eq!(place(u32::MAX).0, CHUNKS - 1);
    }
}
