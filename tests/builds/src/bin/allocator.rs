//! A profiled allocator within memline's.

use std::sync::atomic::Ordering::Relaxed;

use builds::{ALLOCATED, Profiled, keep_on};

#[global_allocator]
static ALLOCATOR: memline::Allocator<Profiled> = memline::Allocator::new(Profiled);

fn main() {
    keep_on(8);
    println!("{}", ALLOCATED.load(Relaxed));
}
