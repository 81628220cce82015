//! `let … else`: where the temporaries of the initializer die, and how the `else` block leaves.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn returns(value: Option<Noisy>) -> &'static str {
    let _before = noisy("before");
    let Some(inner) = value else {
        let _inside = noisy("inside");
        return "nothing";
    };
    let _after = noisy("after");
    inner.0
}

#[cfg_attr(profiled, memline::profile)]
fn temporaries(some: bool) -> usize {
    let (Some(name), _) = (
        if some { noisy("temporary").some() } else { noisy("temporary").none() },
        noisy("ignored").name(),
    ) else {
        println!("else");
        return 0;
    };
    println!("bound {name}");
    name.len()
}

#[cfg_attr(profiled, memline::profile)]
fn extended() -> usize {
    let Noisy(text) = &noisy("extended");
    let Some(first) = text.chars().next() else { unreachable!("it is not empty") };
    println!("{text} lives, from {first}");
    text.len()
}

#[cfg_attr(profiled, memline::profile)]
fn in_loops() -> u32 {
    let mut sum = 0;
    for text in ["1", "x", "2", "", "3", "end", "4"] {
        let _pass = Noisy("pass");
        let Some(_) = text.chars().next() else { continue };
        let Ok(number) = text.parse::<u32>() else {
            if text == "end" {
                break;
            }
            println!("no number: {text}");
            continue;
        };
        sum += number;
    }
    sum
}

#[cfg_attr(profiled, memline::profile)]
fn panics(value: Result<u8, Noisy>) -> u8 {
    let _held = noisy("held");
    let Ok(byte) = value else {
        panic!("not a byte")
    };
    byte
}

fn main() {
    println!("{}", returns(Some(noisy("value"))));
    println!("{}", returns(None));
    println!("{} {}", temporaries(true), temporaries(false));
    println!("{}", extended());
    println!("{}", in_loops());
    println!("{:?} {:?}", caught(|| panics(Ok(1))), caught(|| panics(Err(noisy("error")))));
}
