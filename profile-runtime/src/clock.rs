//! Time in nanoseconds since the first reading, for the time column and for tuning.

use std::sync::OnceLock;
use std::time::Instant;

/// Nanoseconds since this function was first called.
pub(crate) fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}
