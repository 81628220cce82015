//! With `warn`, each function that cannot be profiled is told of, with the reason: a warning, which this file
//! makes an error. Without it, what stands in an annotated item is passed over in silence.
#![deny(deprecated)]
#![allow(dead_code)]

use memline::profile;

#[profile(warn)]
const fn constant() -> u32 {
    1
}

#[profile(warn)]
#[unsafe(naked)]
extern "C" fn naked() {
    core::arch::naked_asm!("ret")
}

struct Struct;

#[profile(warn)]
impl Struct {
    const fn warned(&self) -> u32 {
        1
    }

    #[allow(deprecated)]
    const fn allowed(&self) -> u32 {
        2
    }

    #[cfg(any())]
    const fn left_out(&self) -> u32 {
        3
    }

    #[profile(warn)]
    pub(crate) const fn has_its_own<T>(&self) -> u32 {
        4
    }

    fn profiled(&self) -> u32 {
        5
    }
}

#[profile(warn)]
mod module {
    pub(crate) const unsafe fn function() {}

    impl super::Struct {
        const fn nested(&self) {}
    }

    #[super::profile]
    impl super::Struct {
        const fn silent(&self) {}
    }
}

#[profile]
impl Struct {
    const fn passed_over(&self) -> u32 {
        1
    }
}

fn main() {
    const CONSTANT: u32 = constant() + Struct.warned() + Struct.passed_over();
    assert_eq!(CONSTANT, 3);
}
