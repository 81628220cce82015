//! Temporaries: when they die in statements, tails, conditions and operands, which editions settle differently.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn statements() -> usize {
    let length = noisy("in let").name().len();
    println!("after let");
    noisy("in statement").name();
    let sum = noisy("left").name().len() + noisy("right").name().len();
    println!("after sum");
    let _text = format!("{}{}", noisy("a").name(), noisy("b").name());
    let both = noisy("yes").is(true) && noisy("no").is(false) || noisy("else").is(true);
    println!("{both}");
    length + sum
}

#[cfg_attr(profiled, memline::profile)]
fn tail() -> usize {
    let _local = noisy("local");
    noisy("tail").borrow().name().len()
}

#[cfg_attr(profiled, memline::profile)]
fn tail_of_block() -> usize {
    let length = {
        let _inner = noisy("inner");
        noisy("tail of block").borrow().name().len()
    };
    println!("after block");
    let length = length + {
        let _inner = noisy("inner 2");
        noisy("second").name().len()
    };
    println!("after second");
    length
}

#[cfg_attr(profiled, memline::profile)]
fn tail_reference(held: &Noisy) -> &'static str {
    let _local = noisy("local");
    match noisy("scrutinee").borrow() {
        Noisy(_) => held.borrow().name(),
    }
}

#[cfg_attr(profiled, memline::profile)]
fn condition(answer: bool) -> u8 {
    if noisy("condition").is(answer) {
        println!("then");
        1
    } else {
        println!("else");
        2
    }
}

#[cfg_attr(profiled, memline::profile)]
fn arguments() -> (usize, usize) {
    fn both(left: &Noisy, right: Noisy) -> usize {
        left.name().len() + right.name().len()
    }
    let first = both(&noisy("borrowed"), noisy("given"));
    println!("after call");
    (
        both(&noisy("x"), noisy("y")),
        {
            let _between = noisy("between");
            first
        },
    )
}

#[cfg_attr(profiled, memline::profile)]
fn tail_macro() -> String {
    let _local = noisy("local");
    format!("{}", noisy("macro").borrow().name())
}

fn main() {
    println!("{}", statements());
    println!("{}", tail());
    println!("{}", tail_of_block());
    println!("{}", tail_reference(&noisy("held")));
    println!("{} {}", condition(true), condition(false));
    println!("{:?}", arguments());
    println!("{}", tail_macro());
}
