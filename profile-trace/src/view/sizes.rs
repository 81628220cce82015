//! How large allocations are.

/// Allocations by size, in powers of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// By the number of bits of the size.
    counts: [u64; 65],
}

/// Allocations of about one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// The smallest size, in bytes.
    pub from: u64,
    /// The largest.
    pub to: u64,
    /// How many there were.
    pub count: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { counts: [0; 65] }
    }
}

impl Sizes {
    #[inline]
    pub(super) fn add(&mut self, size: u64, count: u64) {
        let bits = u64::BITS - size.leading_zeros();
        self.counts[bits as usize] += count;
    }

    /// The classes from the smallest that occurs to the largest.
    pub fn classes(&self) -> impl Iterator<Item = Class> {
        let occurs = |count: &u64| *count > 0;
        let first = self.counts.iter().position(occurs).unwrap_or(0);
        let end = self
            .counts
            .iter()
            .rposition(occurs)
            .map_or(0, |last| last + 1);
        (first..end).map(|bits| Class {
            from: if bits == 0 { 0 } else { 1 << (bits - 1) },
            to: u64::MAX.checked_shr(u64::BITS - bits as u32).unwrap_or(0),
            count: self.counts[bits],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_powers_of_two() {
        let mut sizes = Sizes::default();
        assert_eq!(sizes.classes().count(), 0);
        for size in [1, 5, 7, 8, u64::MAX] {
            sizes.add(size, 1);
        }
        let classes: Vec<_> = sizes.classes().collect();
        assert_eq!(classes.len(), 64);
        let first: Vec<_> = classes[..5]
            .iter()
            .map(|c| (c.from, c.to, c.count))
            .collect();
        assert_eq!(
            first,
            [(1, 1, 1), (2, 3, 0), (4, 7, 2), (8, 15, 1), (16, 31, 0)]
        );
        let last = classes[63];
        assert_eq!((last.from, last.to, last.count), (1 << 63, u64::MAX, 1));
        sizes.add(0, 3);
        assert_eq!(
            sizes.classes().next(),
            Some(Class {
                from: 0,
                to: 0,
                count: 3
            })
        );
    }
}
