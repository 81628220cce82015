//! Temporaries that `let` keeps alive: by reference, through braces, blocks, tuples and casts.

#[path = "common/mod.rs"]
mod common;
use common::*;

struct Holder<'a> {
    inner: &'a Noisy,
}

#[cfg_attr(profiled, memline::profile)]
fn plainly() {
    let kept = &noisy("kept");
    let Noisy(by_pattern) = &noisy("by pattern");
    let ref by_ref = noisy("by ref");
    let lost = noisy("lost").borrow().0;
    println!("{} {by_pattern} {} {lost}", kept.0, by_ref.0);
}

#[cfg_attr(profiled, memline::profile)]
fn through_braces() {
    let holder = Holder { inner: &noisy("in struct") };
    let (left, right) = (&noisy("in tuple"), noisy("by value"));
    let array = [&noisy("in array"), &noisy("in array too")];
    let cast = &noisy("in cast") as *const Noisy;
    println!("{} {} {} {}", holder.inner.0, left.0, right.0, array[1].0);
    println!("{}", cast.is_null());
}

#[cfg_attr(profiled, memline::profile)]
fn through_blocks() {
    let in_block = {
        println!("in the block");
        &noisy("in block")
    };
    let nested = &{
        let _inner = noisy("inner");
        noisy("result")
    };
    println!("{} {}", in_block.0, nested.0);
}

#[cfg_attr(profiled, memline::profile)]
fn of_fields() -> usize {
    struct Two(Noisy, Noisy);
    let field = &Two(noisy("first"), noisy("second")).1;
    println!("field {}", field.0);
    let mut counter = 0;
    let slot = &mut { counter += 1; [noisy("slot")] }[0];
    slot.0.len() + counter
}

fn main() {
    plainly();
    through_braces();
    through_blocks();
    println!("{}", of_fields());
}
