//! Warnings about deprecated items, naming, qualified paths and casts, and attributes that quiet them.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::fmt;

#[deprecated(note = "use `new`")]
#[cfg_attr(profiled, memline::profile)]
fn old(n: u32) -> u32 {
    let value = n;
    value
}

#[cfg_attr(profiled, memline::profile)]
fn uses_old() -> u32 {
    let first = old(1);
    #[allow(deprecated)]
    let second = old(2);
    first
        + second
        + old(3)
}

#[allow(unused_variables, non_snake_case)]
#[cfg_attr(profiled, memline::profile)]
fn Quiet(Arg: u32) -> u8 {
    let Unused = 1;
    #[expect(unused_mut)]
    let mut fine = 2;
    fine
}

#[expect(unused_variables)]
#[cfg_attr(profiled, memline::profile)]
fn expected(n: u32) {
    let m = 1;
}

#[expect(unused_variables, reason = "there are none")]
#[cfg_attr(profiled, memline::profile)]
fn unfulfilled() {
    println!("unfulfilled");
}

#[cfg_attr(profiled, memline::profile)]
fn qualified(text: &str) -> std::fmt::Result {
    let error: Result<(), fmt::Error> = std::result::Result::Ok(());
    let n = 5_u32 as u32;
    let reference = &n as &dyn fmt::Debug;
    println!("{reference:?} {text}");
    let unit = println!("unit");
    let _ = noisy("dropped at once");
    error
}

#[cfg_attr(profiled, memline::profile)]
fn elided(f: &mut fmt::Formatter) -> fmt::Result {
    f.pad("elided")
}

struct Shown;

#[cfg_attr(profiled, memline::profile)]
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        #![allow(unused_variables)]
        let quiet = 1;
        elided(f)
    }
}

#[cfg_attr(profiled, memline::profile)]
fn lifetimes<'a, 'b>(text: &'a str) -> &'a str {
    text
}

#[cfg_attr(profiled, memline::profile)]
unsafe fn implied(pointer: *const u8) -> u8 {
    let value = *pointer;
    value
}

#[cfg_attr(profiled, memline::profile)]
fn more(n: i32) -> bool {
    let big = 255_u8 as i8;
    let compare = n >= i32::MIN;
    let zero = [1, 2, 3].len() >= 0;
    let text = "a" == "a";
    #[warn(unused_parens)]
    if (n == 1) { println!("one") }
    unsafe { println!("no need") }
    let same = n == n;
    drop(&n);
    std::mem::forget(1);
    compare && zero && text && same && big < 0
}

fn main() {
    println!("{} {}", uses_old(), Quiet(1));
    expected(1);
    unfulfilled();
    let _ = qualified("text");
    // SAFETY: it points to a byte.
    println!("{Shown} {} {}", lifetimes("l"), unsafe { implied(&1) });
    println!("{}", more(1));
}
