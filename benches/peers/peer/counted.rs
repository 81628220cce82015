//! Workloads of a given number of operations, under which somebody else counts instructions.

#![expect(unsafe_code, reason = "an allocator is called directly")]

use std::alloc::{Layout, alloc};
use std::hint::black_box;

use crate::allocator::Installed;
use crate::bodies;
use crate::common::{costs, pairs};

/// Runs the workload `name` so that it does `number` operations, and says how many these were;
/// `None` where there is no such workload.
pub(crate) fn run(name: &str, number: u64) -> Option<f64> {
    match name {
        "count-call" => (0..number).for_each(bodies::one_line),
        "count-lines" => (0..number).for_each(bodies::eleven_lines),
        "count-pass" => bodies::passes(number),
        "count-poll" => costs::drive(bodies::polls(number)),
        "count-alloc" => allocate(number),
        "count-pair" => pairs::run(&Installed, number),
        _ => return None,
    }
    Some(number as f64)
}

/// Allocates `number` blocks of 64 bytes and never frees them.
fn allocate(number: u64) {
    for _ in 0..number {
        // SAFETY: the layout's size is not zero.
        black_box(unsafe { alloc(Layout::new::<[u8; 64]>()) });
    }
}
