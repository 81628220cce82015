//! Warnings about what is unused: the same ones at the same places, with probes and without.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::collections::HashMap;

#[cfg_attr(profiled, memline::profile)]
fn unused(a: u32, mut b: u32, (c, d): (u32, u32), _e: u32) -> u32 {
    let x = 1;
    let mut y = 2;
    let mut z;
    z = 3;
    let (p, mut q) = (4, 5);
    for i in 0..2 {
        let inner = noisy("inner");
    }
    match Some(1) {
        Some(n) => {}
        None => {}
    }
    if let Some(m) = Some(2) {}
    while let Some(k) = None::<u32> {}
    let closure = |s: u32, t: u32| {
        let u = t;
        0
    };
    y
}

#[cfg_attr(profiled, memline::profile)]
fn assignments(mut given: u32) -> u32 {
    let mut value = 1;
    value = 2;
    given = 3;
    let mut later = 4;
    later += 1;
    let mut seen = value;
    println!("{seen}");
    seen = 5;
    value
}

#[cfg_attr(profiled, memline::profile)]
fn results() {
    "7".parse::<u32>();
    Some(1).map(|n| n + 1);
    vec![1].iter().map(|n| n + 1);
    must();
    1 + 2;
    noisy("statement") == noisy("other");
    &must;
    if true { must(); }
    (must(),);
    Err::<(), _>(1)
        .or(Err(2));
}

#[cfg_attr(profiled, memline::profile)]
#[must_use = "it is wanted"]
fn must() -> u32 {
    let value = 1;
    value
}

#[cfg_attr(profiled, memline::profile)]
fn dead() -> u32 {
    fn inner_dead() {}
    const UNUSED: u32 = 1;
    struct Unused;
    use std::fmt::Debug;
    2
}

struct Fields {
    used: u32,
    dead: u32,
}

#[cfg_attr(profiled, memline::profile)]
impl Fields {
    fn dead_method(&self) {}
    fn read(self) -> u32 {
        let Self { used, dead: ref d } = self;
        used
    }
}

#[cfg_attr(profiled, memline::profile)]
#[rustfmt::skip]
fn style(n: u32) -> u32 {
    let CamelCase = n;
    let parens = (n);
    if (n > 1) { return (2); };
    while (parens > 9) { break; }
    match (n) { 1 => (), _ => { } }
    let braces = { n };
    let mut v = Vec::<u32>::new(); v.push({ 1 });
    println!("{}", { CamelCase });
    loop { break }
    return n + braces;
}

enum Never {}

#[cfg_attr(profiled, memline::profile)]
fn labels(mut n: u32) {
    'unused: loop {
        'shadow: for _ in 0..1 {
            'shadow: loop {
                break 'shadow;
            }
        }
        while true {
            n += 1;
            if n > 3 { break; }
        }
        break;
    }
    let Some(x) = Some(1) else { return };
    let _: Option<Never> = None;
}

fn copy(n: u32) -> u32 {
    n
}

#[cfg_attr(profiled, memline::profile)]
fn drops(n: u32, text: &str) {
    match n {
        0 => drop(copy(n)),
        1 => drop(n),
        2 => drop(Some(1)),
        3 => drop([copy(n)].len() == 1),
        4 => std::mem::forget(copy(n)),
        5 => std::mem::forget(text),
        6 => drop(text.trim()),
        7 => drop(&n.to_string()),
        8 => { drop(copy(n)) }
        9 => drop((n, -(copy(n) as i32))),
        _ => drop(copy(n)),
    }
    match Some(copy(n)) {
        Some(n) if n > 5 =>
            drop::<u32>(copy(n)),
        Some(n) => core::mem::drop({ n }),
        None => {}
    }
    let mut sum = 0;
    let mut drop = |text: &str| sum += text.len();
    for _ in 0..2 {
        match n {
            0 => drop(text),
            _ => drop(String::from(text).trim()),
        }
    }
    println!("{sum}");
}

fn main() {
    for n in 0..12 {
        drops(n, "text");
    }
    println!("{}", unused(1, 2, (3, 4), 5));
    println!("{}", assignments(1));
    results();
    println!("{} {}", Fields { used: 1, dead: 2 }.read(), style(1));
    labels(0);
}
