//! `if`, `else if` and `else`, as statements and as values.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn grade(points: u32) -> &'static str {
    if points > 90 {
        "very good"
    } else if points > 75 { "good" }
    else if points > 50 {
        let _fair = noisy("fair");
        "fair"
    }
    else {
        "poor"
    }
}

#[cfg_attr(profiled, memline::profile)]
#[rustfmt::skip]
fn on_one_line(flag: bool) -> i32 {
    let a = if flag { 1 } else { 2 }; let b = if !flag { 10 } else if a == 1 { 20 } else { 30 };
    if flag { println!("one"); } else { println!("other"); }
    if a > b { return -1 }
    a + if flag { let _n = noisy("n"); b } else { -b }
}

#[cfg_attr(profiled, memline::profile)]
fn nested(a: bool, b: bool) -> Vec<u8> {
    let mut out = vec![];
    if a {
        if b {
            out.push(1);
        }
        out.push(2);
    } else if { let _c = noisy("c"); b } {
        out.push(3)
    } else {
        out.push(4);
    };
    out.push(if a { if b { 5 } else { 6 } } else { 7 });
    out
}

#[cfg_attr(profiled, memline::profile)]
fn in_operands(n: i32) -> i32 {
    let x = (if n > 0 { n } else { -n }) * if n % 2 == 0 {
        2
    } else {
        see(3)
    } + [1, 2][if n > 1 { 1 } else { 0 }];
    -if x > 10 { x } else { see(x) }
}

#[cfg_attr(profiled, memline::profile)]
fn never(flag: bool) -> u8 {
    let value = if flag { 7 } else { return 0 };
    let other: u8 = if value == 7 { value } else { panic!("never") };
    other
}

fn main() {
    for points in [95, 80, 60, 10] {
        println!("{}", grade(points));
    }
    println!("{} {}", on_one_line(true), on_one_line(false));
    for (a, b) in [(true, true), (true, false), (false, true), (false, false)] {
        println!("{:?}", nested(a, b));
    }
    println!("{} {} {}", in_operands(4), in_operands(-3), in_operands(1));
    println!("{} {}", never(true), never(false));
}
