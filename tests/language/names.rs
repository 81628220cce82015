//! Names that the attribute's own code could meet: locals, labels, modules, raw identifiers.

#[path = "common/mod.rs"]
mod common;
use common::*;

mod memline_like {
    #[cfg_attr(profiled, ::memline::profile)]
    pub(crate) fn run() -> u32 {
        mod core {}
        mod std {}
        mod memline {
            pub(super) fn task() -> u32 { 4 }
        }
        let _frame = 1;
        memline::task()
    }
}

mod shadowed {
    use super::{Noisy, noisy};

    mod core {}
    mod memline {}

    #[allow(dead_code)]
    struct Site;
    #[allow(dead_code)]
    struct Frame;
    #[allow(dead_code)]
    enum Option {
        Some,
        None,
    }

    #[allow(dead_code)]
    fn enter(_: &Site) -> Frame {
        Frame
    }

    #[cfg_attr(profiled, ::memline::profile)]
    pub(crate) fn run() -> Noisy {
        let _site = (Site, Option::None, Option::Some, enter(&Site));
        for _ in 0..2 {
            let _pass = noisy("pass");
        }
        noisy("result")
    }
}

#[cfg_attr(profiled, memline::profile)]
fn locals(line: u32) -> u32 {
    let frame = noisy("frame");
    let brace = 1;
    let reopen = 2;
    let pass0 = 3;
    let mut total = frame.0.len() as u32;
    for pass1 in 0..3 {
        let pass0 = pass0 + pass1;
        if pass0 == 4 { continue }
        for task in 0..2 {
            let frame = task;
            total += frame + pass0 + brace + reopen;
        }
    }
    let line = line + total;
    #[allow(non_snake_case, unused_variables)]
    let __SITE = "user";
    if let Some(brace) = frame.some() {
        let reopen = brace.len();
        total += reopen as u32
    }
    line + total
}

#[cfg_attr(profiled, memline::profile)]
fn r#fn(r#match: u32, r#loop: &str) -> u32 {
    let r#let = r#match + 1;
    'r#while: loop {
        if r#loop.is_empty() {
            break 'r#while;
        }
        return r#let * 2;
    }
    r#let
}

#[cfg_attr(profiled, memline::profile)]
async fn r#await(r#ref: Noisy, __arg1: u8, (r#mut, _): (u8, u8)) -> u8 {
    let frame = r#mut;
    pause().await;
    r#ref.name();
    frame + __arg1
}

#[cfg_attr(profiled, memline::profile)]
fn labels() -> u8 {
    'frame: for pass0 in 0_u8.. {
        'pass0: loop {
            if pass0 == 2 { break 'frame }
            break 'pass0;
        }
        println!("{pass0}");
    }
    let größe = 1;
    größe + 名前(2)
}

#[cfg_attr(profiled, memline::profile)]
fn 名前(n: u8) -> u8 {
    let 値 = "文字".len() as u8; /* 説明 */ let summe = 値 + n;
    summe
}

fn main() {
    println!("{} {}", memline_like::run(), shadowed::run().0);
    println!("{} {} {}", locals(5), r#fn(1, ""), r#fn(1, "x"));
    println!("{:?} {}", poll(2, r#await(noisy("ref"), 2, (3, 4))), labels());
}
