//! Which calls are the program's own, so that a walk ends once it has as many of them as are kept.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::recorder::walk::Extent;

/// Calls that are remembered: 64 KiB. Of others nothing is known, and walks go on.
const PLACES: usize = 8192;

/// Places that are looked at for one call.
const PROBES: usize = 4;

/// The address, twice, plus 1 where the call is the program's own; 0 where there is nothing.
static KNOWN: [AtomicU64; PLACES] = [const { AtomicU64::new(0) }; PLACES];

#[inline(always)]
fn places(address: u64) -> impl Iterator<Item = &'static AtomicU64> {
    let first = address.wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> (64 - PLACES.ilog2());
    (0..PROBES).map(move |step| &KNOWN[(first + step) % PLACES])
}

/// Whether a call is the program's own; `None` where that is not known.
#[inline(always)]
pub(super) fn is_own(address: u64) -> Option<bool> {
    for place in places(address) {
        let known = place.load(Relaxed);
        if known >> 1 == address {
            return Some(known & 1 == 1);
        }
        if known == 0 {
            break;
        }
    }
    None
}

/// Remembers it, if there is room. One thread at a time calls this.
pub(super) fn remember(address: u64, own: bool) {
    let free = places(address).find(|place| place.load(Relaxed) == 0);
    if let Some(place) = free {
        place.store(address << 1 | u64::from(own), Relaxed);
    }
}

/// Forgets all: the same addresses have come to mean other code.
pub(super) fn forget() {
    KNOWN.iter().for_each(|place| place.store(0, Relaxed));
}

/// Until so many of the program's own calls are found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own(pub(super) u32);

impl Extent for Own {
    #[inline(always)]
    fn ends(&mut self, address: u64) -> bool {
        if is_own(address) == Some(true) {
            self.0 -= 1;
        }
        self.0 == 0
    }
}
