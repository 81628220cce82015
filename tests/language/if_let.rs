//! `if let`: what the scrutinee's temporaries see of `else`, and chains of them.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn temporary(some: bool) -> &'static str {
    if let Some(name) = if some { noisy("held").some() } else { noisy("held").none() } {
        println!("then {name}");
    } else {
        println!("else");
    }
    if let Some(name) = noisy("scrutinee").some().filter(|_| some) {
        let _local = noisy("local");
        name
    } else {
        let _other = noisy("other");
        "none"
    }
}

#[cfg_attr(profiled, memline::profile)]
fn chain(step: u8) -> usize {
    let _around = noisy("around");
    if let Some(name) = noisy("first").none() {
        name.len()
    } else if step == 1 {
        let _one = noisy("one");
        1
    } else if let (Some(name), 2) = (noisy("second").some(), step) {
        let _two = noisy("two");
        println!("two {name}");
        2
    } else if noisy("third").is(step == 3) {
        3
    } else {
        noisy("fourth").name().len()
    }
}

#[cfg_attr(profiled, memline::profile)]
fn as_value(option: Option<Noisy>) -> Noisy {
    let value = if let Some(inner) = option { inner } else { noisy("default") };
    let text = if let Noisy("default") = &value {
        let _inside = noisy("inside");
        noisy("temporary in tail").name()
    } else {
        "given"
    };
    println!("{text}");
    value
}

#[cfg_attr(profiled, memline::profile)]
fn in_statement_position(name: &Noisy) {
    if let Some(text) = noisy("statement").some() {
        println!("{text}");
    }
    println!("after the statement");
    if let Some(_) = name.none() {
    } else if let Some(text) = noisy("tail").some() {
        println!("{text}")
    }
}

fn main() {
    println!("{} {}", temporary(true), temporary(false));
    for step in 1..=4 {
        println!("{}", chain(step));
    }
    println!("{}", as_value(Some(noisy("some"))).0);
    println!("{}", as_value(None).0);
    in_statement_position(&Noisy("name"));
}
