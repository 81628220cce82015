//! Recording one allocation in so many bytes.
//!
//! Each byte allocated is picked with the same chance, independently of all others, and an
//! allocation is recorded if one of its bytes is: with a chance of `1 - exp(-size / rate)`. So
//! that figures weighted with its inverse are right on average, whatever the sizes are.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

/// Places for the addresses of live blocks that are recorded: 512 KiB.
const PLACES: usize = 1 << 16;

/// Places that are looked at for one address.
const PROBES: usize = 16;

/// The blocks that are recorded and live, so that their frees are.
pub(super) struct Recorded {
    places: Box<[AtomicU64]>,
    lost: AtomicU64,
}

impl Recorded {
    pub(super) fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            lost: AtomicU64::new(0),
        }
    }

    /// Adds a block; `false` if there is no room for it.
    pub(super) fn add(&self, address: u64) -> bool {
        let place = |place: &&AtomicU64| {
            place.load(Relaxed) == 0 && place.compare_exchange(0, address, SeqCst, Relaxed).is_ok()
        };
        let found = self.probe(address).any(|slot| place(&slot));
        if !found {
            self.lost.fetch_add(1, Relaxed);
        }
        found
    }

    /// Takes a block out; `false` if it is not among them.
    #[inline]
    pub(super) fn remove(&self, address: u64) -> bool {
        let place = self
            .probe(address)
            .find(|place| place.load(Relaxed) == address);
        place.is_some_and(|place| place.swap(0, SeqCst) == address)
    }

    /// Blocks for which there was no room.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    #[inline]
    fn probe(&self, address: u64) -> impl Iterator<Item = &AtomicU64> {
        let hash = address.wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 40;
        (0..PROBES).filter_map(move |step| self.places.get((hash + step) % PLACES))
    }
}

/// One thread's choice of what to record.
#[derive(Debug)]
pub(super) struct Chooser {
    rate: f64,
    /// Bytes until the next one that is picked.
    left: i64,
    random: u64,
}

impl Chooser {
    pub(super) fn new(rate: u64, seed: u64) -> Self {
        let mut chooser = Self {
            rate: rate as f64,
            left: 0,
            random: seed | 1,
        };
        chooser.left = chooser.distance();
        chooser
    }

    /// Whether an allocation of `size` bytes is recorded.
    #[inline]
    pub(super) fn picks(&mut self, size: usize) -> bool {
        self.left = self.left.saturating_sub(size as i64);
        if self.left > 0 {
            return false;
        }
        self.left = self.distance();
        true
    }

    /// Bytes from one that is picked to the next: exponentially distributed, and at least one.
    fn distance(&mut self) -> i64 {
        // splitmix64
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.random;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        // In (0, 1], in steps that a float tells apart.
        let uniform = ((bits >> 11) + 1) as f64 / (1u64 << 53) as f64;
        (-uniform.ln() * self.rate).ceil().max(1.0) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weighted with the inverse of their chance, samples add up to what was allocated.
    #[test]
    fn samples_are_unbiased_for_every_size() {
        const RATE: u64 = 4096;
        for size in [16usize, 1000, 4096, 50_000] {
            let chance = 1.0 - (-(size as f64) / RATE as f64).exp();
            let mut chooser = Chooser::new(RATE, size as u64);
            let count = 400_000;
            let picked = (0..count).filter(|_| chooser.picks(size)).count();
            let estimate = picked as f64 / chance / f64::from(count);
            assert!((estimate - 1.0).abs() < 0.05, "{size}: {estimate}");
        }
    }

    #[test]
    fn recorded_blocks_are_known_until_they_are_freed() {
        let recorded = Recorded::new();
        let address = |index: u64| 0x7F00_0000_0000 + index * 48;
        for index in 0..20_000 {
            assert!(recorded.add(address(index)));
        }
        assert!(!recorded.remove(address(20_000)));
        for index in 0..20_000 {
            assert!(recorded.remove(address(index)) && !recorded.remove(address(index)));
        }
        assert_eq!(recorded.lost(), 0);
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let recorded = Recorded::new();
        let added = (1..=100_000)
            .filter(|index| recorded.add(index * 16))
            .count();
        assert!(added <= PLACES);
        assert_eq!(recorded.lost(), 100_000 - added as u64);
    }
}
