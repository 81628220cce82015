//! What generated programs call. None of it is profiled: it counts for the line that called.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::dice::Dice;

/// What `?` passes on, and what panics carry.
#[derive(Debug)]
pub struct Stop;

pub type Out = Result<Vec<u8>, Stop>;

/// The state that a program's functions share.
pub struct Context {
    dice: Dice,
    /// Never grows beyond what is reserved at first.
    kept: Vec<Vec<u8>>,
}

impl Context {
    pub fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            kept: Vec::with_capacity(1 << 14),
        }
    }

    pub fn flip(&mut self, salt: u32) -> bool {
        self.dice.flip(salt)
    }

    pub fn pick(&mut self, arms: u32, salt: u32) -> u32 {
        self.dice.pick(arms, salt)
    }

    pub fn go(&mut self, depth: u32) -> bool {
        self.dice.go(depth)
    }

    pub fn fail(&mut self, salt: u32) -> Result<(), Stop> {
        if self.dice.rare(salt) {
            Err(Stop)
        } else {
            Ok(())
        }
    }

    /// Panics now and then, without the message.
    pub fn trip(&mut self, salt: u32) {
        if self.dice.rare(salt) {
            resume_unwind(Box::new(Stop));
        }
    }

    pub fn keep(&mut self, value: Vec<u8>) {
        assert!(self.kept.len() < self.kept.capacity());
        self.kept.push(value);
    }

    pub fn pop(&mut self) -> Option<Vec<u8>> {
        self.kept.pop()
    }

    pub fn several(&mut self, count: usize, size: usize) -> std::vec::IntoIter<Vec<u8>> {
        let mut all = Vec::with_capacity(count);
        all.extend((0..count).map(|_| Vec::with_capacity(size)));
        all.into_iter()
    }
}

/// Calls `f` in place; panics pass through.
pub fn with(out: &mut Context, f: impl FnOnce(&mut Context) -> Out) -> Out {
    f(out)
}

/// Calls `f` in place and catches its panic.
pub fn attempt(out: &mut Context, f: impl FnOnce(&mut Context) -> Out) {
    let _ = catch_unwind(AssertUnwindSafe(|| f(out)));
}

/// Net heap bytes of this thread.
fn net() -> i64 {
    let stats = memline::stats();
    stats.bytes_allocated as i64 - stats.bytes_deallocated as i64
}

/// What a panic itself allocates, as `exception ALLOCATIONS BYTES`.
pub fn calibrate() {
    let before = memline::stats();
    attempt(
        &mut Context {
            dice: Dice::new(0),
            kept: Vec::new(),
        },
        |_| resume_unwind(Box::new(Stop)),
    );
    let spent = memline::stats() - before;
    assert_eq!(spent.bytes_allocated, spent.bytes_deallocated);
    println!("exception {} {}", spent.allocations, spent.bytes_allocated);
}

/// Runs a program and prints `net PROGRAM SEED BYTES OUTCOME`: what the heap grew by until it returned or panicked.
pub fn run(program: usize, seed: u64, f: impl FnOnce(&mut Context) -> Out) {
    let mut context = Context::new(seed);
    let before = net();
    let result = catch_unwind(AssertUnwindSafe(|| f(&mut context)));
    let after = net();
    println!(
        "net {program} {seed} {} {}",
        after - before,
        if result.is_ok() {
            "returned"
        } else {
            "panicked"
        }
    );
}
