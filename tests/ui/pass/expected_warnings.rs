//! A warning that plain code gives is given for annotated code, too: each is expected here.
#![deny(warnings)]
#![allow(dead_code)]

use memline::profile;

#[profile]
#[expect(unused_variables)]
fn variable() {
    let unused = 1;
}

#[profile]
#[expect(unused_variables)]
fn parameter(unused: u32, (_, other): (u32, u32)) {}

#[profile]
#[expect(unused_mut)]
fn mutable(mut count: u32) -> u32 {
    let mut double = 2 * count;
    double
}

#[profile]
#[expect(unused_variables)]
async fn async_parameter(unused: u32, (_, other): (u32, u32)) {}

#[profile]
#[expect(unused_mut)]
async fn async_mutable(mut count: u32) -> u32 {
    std::future::ready(count).await
}

#[profile]
#[expect(unused_assignments)]
fn assignment() -> u32 {
    let mut last = 1;
    last = 2;
    last
}

#[profile]
#[expect(unreachable_code)]
fn after_return() -> u32 {
    return 1;
    let two = 2;
    two
}

#[profile]
#[expect(unreachable_code)]
fn after_loop(n: u32) {
    loop {
        if n > 1 {
            continue;
        }
    }
    println!("never");
}

#[profile]
#[expect(unreachable_code)]
fn after_branches(n: Option<u32>) {
    match n {
        Some(_) => return,
        None => panic!("none"),
    }
    println!("never");
}

#[profile]
#[expect(unused_must_use)]
fn result() {
    std::fs::read("nothing");
    let n = 1;
    n + 1;
}

#[profile]
#[expect(unused_must_use)]
fn future() {
    let n = 1;
    std::future::ready(n);
}

#[profile]
#[expect(unused_labels)]
fn label() {
    'unused: loop {
        let n = 1;
        if n == 1 {
            break;
        }
    }
}

#[profile]
#[expect(unused_parens)]
fn parentheses(n: u32) {
    if (n > 1) {
        println!("1");
    } else if (n > 2) {
        println!("2");
    }
}

#[profile]
#[expect(unused_braces)]
fn braces(n: u32) -> u32 {
    let other = if n > 1 {
        n
    } else {
        { 5 }
    };
    other
}

#[profile]
#[expect(unreachable_patterns)]
fn arm(n: u32) -> u32 {
    match n {
        _ =>
            1,
        3 => {
            let two = 2;
            two
        }
    }
}

#[profile]
#[expect(unconditional_recursion)]
fn recursion(n: u32) -> u32 {
    let m = n;
    recursion(m)
}

#[profile]
#[expect(unused_unsafe)]
fn needless_unsafe() {
    unsafe {
        println!("safe");
    }
}

#[profile]
#[expect(non_snake_case)]
fn name(BadName: u32) -> u32 {
    let Worse = BadName;
    Worse
}

#[profile(warn)]
#[expect(deprecated)]
const fn constant() -> u32 {
    1
}

fn main() {}
