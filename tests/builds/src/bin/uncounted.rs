//! A profiled allocator, without memline's around it.

use std::sync::atomic::Ordering::Relaxed;

use builds::{ALLOCATED, Profiled, keep_on};

#[global_allocator]
static ALLOCATOR: Profiled = Profiled;

fn main() {
    keep_on(8);
    println!("{}", ALLOCATED.load(Relaxed));
}
