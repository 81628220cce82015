//! Places where the attribute cannot stand: one error, on the token that says what it is.
#![allow(dead_code)]
use memline::profile;

#[profile]
struct Struct;

#[profile]
enum Enum {}

#[profile]
union Union {
    a: u32,
}

#[profile]
static STATIC: u32 = 1;

#[profile]
const CONST: u32 = 1;

#[profile]
type Alias = u32;

#[profile]
use std::fs as files;

#[profile]
macro_rules! rules {
    () => {};
}

#[profile]
const fn constant() -> u32 {
    1
}

#[profile]
unsafe extern "C" {
    fn abs(n: i32) -> i32;
}

trait Trait {
    #[profile]
    fn declared(&self);

    #[profile(name = "given")]
    fn given(&self) -> u32 {
        1
    }
}

#[profile(name = "all")]
impl Trait for Struct {
    fn declared(&self) {}
}

#[profile(name = "all")]
mod module {
    pub(crate) fn function() {}
}

fn main() {
    const ONE: u32 = constant();
    rules!();
    module::function();
    Struct.declared();
    let _: (Alias, u32) = (ONE, Struct.given() + STATIC + CONST);
}
