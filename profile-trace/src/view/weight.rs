//! How much an allocation stands for, where not every one was recorded.

use super::Amount;

/// What the recorder's choice makes of an allocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    /// Bytes per sample; `None` where every allocation was recorded.
    rate: Option<f64>,
}

impl Weight {
    pub(super) fn new(rate: Option<u64>) -> Self {
        Self {
            rate: rate.map(|rate| rate as f64),
        }
    }

    /// The size of a block that ends, where that was told and blocks count for no more than themselves.
    #[inline]
    pub(super) fn told(&self, size: Option<u64>) -> Option<u64> {
        size.filter(|_| self.rate.is_none())
    }

    /// What a block of `size` bytes at `address` stands for: itself, or, divided by the chance
    /// that it was recorded, all those that it was chosen from.
    ///
    /// A share of a block is rounded up or down by chance, so that sums are right on average; the
    /// chance lies in the address, so that a block counts for the same when it ends.
    #[inline]
    pub(super) fn of(&self, address: u64, size: u64) -> Amount {
        let Some(rate) = self.rate else {
            return Amount {
                blocks: 1,
                bytes: size,
            };
        };
        let chance = -(-(size as f64) / rate).exp_m1();
        if chance <= 0.0 {
            return Amount {
                blocks: 1,
                bytes: 0,
            };
        }
        let mixed = address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11;
        let share = mixed as f64 / (1u64 << 53) as f64;
        Amount {
            blocks: (1.0 / chance + share) as u64,
            bytes: (size as f64 / chance) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsampled_blocks_stand_for_themselves() {
        let amount = Weight::new(None).of(0x1000, 40);
        assert_eq!((amount.blocks, amount.bytes), (1, 40));
    }

    #[test]
    fn weights_are_the_inverse_of_the_chance() {
        let weight = Weight::new(Some(4096));
        for size in [16, 1000, 4096, 100_000] {
            let chance = 1.0 - (-(size as f64) / 4096.0).exp();
            let count = 10_000;
            let sum: u64 = (0..count)
                .map(|index| weight.of(0x7000_0000 + index * 48, size).blocks)
                .sum();
            let mean = sum as f64 / count as f64;
            assert!((mean * chance - 1.0).abs() < 0.01, "{size}: {mean}");
            let bytes = weight.of(0, size).bytes as f64;
            assert!((bytes * chance / size as f64 - 1.0).abs() < 0.01);
        }
    }
}
