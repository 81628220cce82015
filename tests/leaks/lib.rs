//! What the program of known leaks leaks.

use std::alloc::{Layout, alloc};

/// Forty bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Particle(pub [u64; 5]);

/// A particle.
#[must_use]
pub fn particle() -> Particle {
    Particle([1; 5])
}

/// What a box is made for, where nobody can see it any more.
pub trait Shape {
    /// Its area.
    fn area(&self) -> f64;
}

/// Sixteen bytes.
#[derive(Debug)]
pub struct Circle(pub f64, pub u64);

impl Shape for Circle {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

/// Memory that no container has asked for.
#[inline(never)]
pub fn raw(size: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size, 8).expect("it is small");
    // SAFETY: the layout is not empty.
    let block = unsafe { alloc(layout) };
    // What is allocated last of all would be jumped to, and leave no call on the stack.
    std::hint::black_box(block)
}
