//! `let`: patterns, annotations, shadowing, late initialization, and when a name keeps a value alive.

#[path = "common/mod.rs"]
mod common;
use common::*;

struct Pair {
    left: Noisy,
    right: Noisy,
}

#[cfg_attr(profiled, memline::profile)]
fn names() {
    let _named = noisy("named");
    let _ = noisy("unnamed");
    let (_first, _) = (noisy("first"), noisy("second"));
    let Pair { left, right: _ } = Pair { left: noisy("left"), right: noisy("right") };
    println!("{}", left.name());
    let left = noisy("shadow");
    println!("both live: {}", left.0);
}

#[cfg_attr(profiled, memline::profile)]
fn bindings() -> usize {
    let mut pair = Pair { left: noisy("a"), right: noisy("b") };
    let Pair { ref left, ref mut right } = pair;
    *right = noisy("c");
    println!("{} {}", left.0, right.0);
    let [a, .., z]: [u8; 4] = [1, 2, 3, 4];
    let ((b, c), d): ((u8, _), _) = ((5, 6_u16), "text");
    let &x = &7_i64;
    let whole @ (_, inner) = (8, 9);
    println!("{a} {z} {b} {c} {d} {x} {whole:?} {inner}");
    pair.left.0.len() + pair.right.0.len()
}

#[cfg_attr(profiled, memline::profile)]
fn late(flag: bool) -> String {
    let text;
    let number: i32;
    if flag {
        number = 1;
        text = noisy("yes");
    } else {
        number = 2;
        text = noisy("no");
    }
    format!("{} {number}", text.0)
}

#[cfg_attr(profiled, memline::profile)]
fn moved() -> Noisy {
    let first = noisy("moved");
    let second = first;
    let _third = noisy("third");
    let first = second;
    first
}

#[cfg_attr(profiled, memline::profile)]
fn assigned() {
    let mut slot = noisy("one");
    println!("{}", slot.0);
    slot = noisy("two");
    println!("{}", slot.0);
    let (left, right);
    (left, right) = (noisy("l"), noisy("r"));
    _ = noisy("thrown away");
    [slot, ..] = [noisy("three"), noisy("four")];
    println!("{} {} {}", slot.0, left.0, right.0);
}

fn main() {
    names();
    println!("{}", bindings());
    println!("{} {}", late(true), late(false));
    println!("{}", moved().0);
    assigned();
}
