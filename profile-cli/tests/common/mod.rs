//! What the tests' recordings are made of.

use profile_trace::events::Event;

/// An allocation at a call.
pub(crate) fn alloc(address: u64, size: u64, stack: u32) -> Event {
    Event::Alloc {
        zeroed: false,
        address,
        size,
        stack,
    }
}
