//! Block expressions: plain, labeled, `unsafe`, `const`, empty, and in every place.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn scopes() -> u32 {
    let a = {
        let _inner = noisy("inner");
        1
    };
    {
        let _statement = noisy("statement");
    }
    {
        println!("no locals");
    };
    let b = { { { a + 1 } } };
    let () = {};
    { b }
}

#[cfg_attr(profiled, memline::profile)]
fn labeled(n: u8) -> &'static str {
    let _around = noisy("around");
    let text = 'found: {
        let _local = noisy("local");
        if n == 0 {
            break 'found "zero";
        }
        for i in 1..5 {
            let _pass = noisy("pass");
            if i == n {
                break 'found "small";
            }
        }
        'inner: {
            if n > 100 {
                break 'inner;
            }
            break 'found noisy("temporary").name();
        }
        "large"
    };
    println!("{text}");
    'tail: {
        if n == 7 {
            break 'tail "seven";
        }
        text
    }
}

#[cfg_attr(profiled, memline::profile)]
fn unsafe_blocks(numbers: &[u32]) -> u32 {
    let first = unsafe { *numbers.get_unchecked(0) };
    let second = unsafe {
        let _local = noisy("local");
        let pointer = numbers.as_ptr().add(1);
        *pointer
    };
    unsafe {
        println!("{}", *numbers.as_ptr());
    }
    first + unsafe { numbers.as_ptr().add(2).read() } + second
}

#[cfg_attr(profiled, memline::profile)]
fn const_blocks() -> [Option<String>; 3] {
    let size = const { 2 + 3 };
    println!("{size} {}", const { size_of::<[u16; 4]>() });
    [const { None }; 3]
}

#[cfg_attr(profiled, memline::profile)]
fn places() -> usize {
    let mut text = String::from("abc");
    { &mut text }.push({ let c = 'd'; c });
    let pair = ({ text.len() }, { see(2) });
    *{ &mut text } = { let _t = noisy("t"); String::new() };
    pair.0 + { pair }.1 + text.len()
}

#[cfg_attr(profiled, memline::profile)]
fn empty() {}

#[cfg_attr(profiled, memline::profile)]
fn only_items() {
    fn _inner() {}
    struct _Unit;
}

#[cfg_attr(profiled, memline::profile)]
#[rustfmt::skip]
fn semicolons() -> u8 { ;;; let x = 1;; { }; ; x }

fn main() {
    println!("{}", scopes());
    for n in [0, 3, 7, 200] {
        println!("{}", labeled(n));
    }
    println!("{}", unsafe_blocks(&[1, 2, 3]));
    println!("{:?}", const_blocks());
    println!("{}", places());
    empty();
    only_items();
    println!("{}", semicolons());
}
