//! The stacks that a thread has seen lately, by their hashes.

use profile_trace::events::Stack;

/// How large a cache begins, and how large it may become, in stacks: 4 KiB and 128 KiB.
const SMALLEST: usize = 256;
const LARGEST: usize = 8192;

#[derive(Clone, Copy, Default)]
struct Entry {
    /// 0 where there is none.
    hash: u64,
    stack: Stack,
}

/// A two-way cache, which grows while it is too small for its thread.
pub(crate) struct Cache {
    entries: Box<[[Entry; 2]]>,
    /// What brings a hash down to the index of a pair.
    shift: u32,
    misses: usize,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self::of_size(SMALLEST)
    }

    fn of_size(size: usize) -> Self {
        let pairs = size / 2;
        Self {
            entries: vec![[Entry::default(); 2]; pairs].into(),
            shift: u64::BITS - pairs.ilog2(),
            misses: 0,
        }
    }

    /// The stack with this hash, if it was seen lately.
    #[inline(always)]
    pub(crate) fn get(&self, hash: u64) -> Option<Stack> {
        let [first, second] = self.entries.get(self.index(hash))?;
        if first.hash == hash {
            Some(first.stack)
        } else if second.hash == hash {
            Some(second.stack)
        } else {
            None
        }
    }

    /// Puts a stack in, in the place of the older one of its pair.
    pub(crate) fn insert(&mut self, hash: u64, stack: Stack) {
        self.misses += 1;
        let size = 2 * self.entries.len();
        if self.misses > 2 * size && size < LARGEST {
            *self = Self::of_size(2 * size);
        }
        let index = self.index(hash);
        if let Some(pair) = self.entries.get_mut(index) {
            *pair = [Entry { hash, stack }, pair[0]];
        }
    }

    /// Forgets all: the same addresses have come to mean other code.
    pub(crate) fn clear(&mut self) {
        self.entries.fill([Entry::default(); 2]);
    }

    #[inline(always)]
    fn index(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes that fall into the same pair.
    const A: u64 = 1 << 60 | 1;
    const B: u64 = 1 << 60 | 2;
    const C: u64 = 1 << 60 | 3;

    #[test]
    fn the_older_of_a_pair_gives_way() {
        let mut cache = Cache::new();
        cache.insert(A, 1);
        cache.insert(B, 2);
        assert_eq!((cache.get(A), cache.get(B)), (Some(1), Some(2)));
        cache.insert(C, 3);
        assert_eq!(
            (cache.get(A), cache.get(B), cache.get(C)),
            (None, Some(2), Some(3))
        );
        cache.clear();
        assert_eq!(cache.get(C), None);
    }

    #[test]
    fn it_grows_for_a_thread_of_many_stacks_and_no_further() {
        let mut cache = Cache::new();
        for round in 0..200_000u64 {
            let hash = (round % 20_000 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            if cache.get(hash).is_none() {
                cache.insert(hash, round as Stack);
            }
        }
        assert_eq!(2 * cache.entries.len(), LARGEST);
    }
}
