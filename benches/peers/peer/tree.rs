//! A workload that allocates as programs do: a large map of strings to bytes.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

/// Nanoseconds per entry to build a map of `entries` entries and to drop it.
///
/// Each entry is a key of its own, and a value that grows once: 2.1 allocations and one
/// reallocation, in an order in which neighbours of the map are not neighbours in memory.
pub(crate) fn build_and_drop(entries: u64) -> f64 {
    let start = Instant::now();
    let mut map = BTreeMap::new();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..entries {
        // xorshift64: the same keys in every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut value: Vec<u8> = Vec::with_capacity(16);
        value.extend_from_slice(&[1; 16]);
        value.extend_from_slice(&[2; 16]);
        map.insert(format!("{state:016x}"), value);
    }
    black_box(&map);
    drop(map);
    start.elapsed().as_nanos() as f64 / entries as f64
}
