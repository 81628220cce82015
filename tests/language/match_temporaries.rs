//! `match`: a scrutinee's temporaries live through the arms, also where an arm leaves.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn statement() {
    match noisy("scrutinee").name() {
        "scrutinee" => println!("in the arm"),
        _ => unreachable!(),
    }
    println!("after");
    match noisy("moved") {
        inner => {
            println!("arm has {}", inner.0);
        }
    }
    println!("after moved");
}

#[cfg_attr(profiled, memline::profile)]
fn tail(n: u8) -> usize {
    let _local = noisy("local");
    match noisy("scrutinee").borrow().name().len() + usize::from(n) {
        9 => noisy("arm").name().len(),
        10 => {
            let _inner = noisy("inner");
            noisy("tail of arm").name().len()
        }
        _ => return noisy("returned").name().len(),
    }
}

#[cfg_attr(profiled, memline::profile)]
fn guards(n: u8) -> &'static str {
    let value = match (noisy("left"), n) {
        (_, 0) => "zero",
        (ref left, 1) if left.is(false) => "never",
        (Noisy(name), k) if noisy("guard").is(k == 1) => name,
        (left, _) => {
            let moved = left;
            moved.0
        }
    };
    println!("after guards");
    value
}

#[cfg_attr(profiled, memline::profile)]
fn nested(a: Option<Option<u8>>) -> u8 {
    match a {
        Some(inner) => match noisy("inner").is(true) {
            true => match inner {
                Some(n) => n,
                None =>
                    match noisy("deepest").name().len() {
                        7 => 70,
                        _ => 71,
                    },
            },
            false => 2,
        },
        None => 1,
    }
}

#[cfg_attr(profiled, memline::profile)]
fn leaves_loop() -> usize {
    let mut count = 0;
    loop {
        let _pass = noisy("pass");
        match noisy("scrutinee").name().len() + count {
            9 => count += 1,
            10 => {
                count += 1;
                continue;
            }
            _ => break match noisy("value").some() {
                Some(text) => text.len(),
                None => 0,
            },
        }
        println!("end of pass");
    }
}

fn main() {
    statement();
    println!("{} {} {}", tail(0), tail(1), tail(2));
    println!("{} {} {}", guards(0), guards(1), guards(2));
    println!("{} {} {}", nested(None), nested(Some(None)), nested(Some(Some(5))));
    println!("{}", leaves_loop());
}
