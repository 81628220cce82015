//! Forms of the 2021 edition: `gen` as a name, opaque types that capture less, unsafe attributes and calls.

#[path = "../common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn gen(gen: u32) -> u32 {
    let gen = gen + 1;
    gen
}

#[cfg_attr(profiled, memline::profile)]
fn captures_nothing<T: std::fmt::Debug>(text: &str, value: T) -> impl Iterator<Item = usize> {
    println!("{text} {value:?}");
    let length = text.len();
    (0..length).filter(move |n| {
        let half = length / 2;
        *n < half
    })
}

#[cfg_attr(profiled, memline::profile)]
unsafe fn calls_unsafe(list: &[u32]) -> u32 {
    let first = *list.get_unchecked(0);
    first + *list.as_ptr().add(1)
}

#[no_mangle]
#[cfg_attr(profiled, memline::profile)]
pub extern "C" fn memline_language_exported(n: i32) -> i32 {
    let twice = n * 2;
    twice
}

extern "C" {
    fn abs(n: i32) -> i32;
}

#[cfg_attr(profiled, memline::profile)]
fn into_iter() -> Vec<u32> {
    let boxed: Box<[u32]> = vec![1, 2].into_boxed_slice();
    let mut out = vec![];
    for &n in boxed.into_iter() {
        out.push(n);
    }
    out
}

#[cfg_attr(profiled, memline::profile)]
fn patterns(pair: &(u32, Option<Noisy>)) -> u32 {
    match pair {
        &(n, ref option) => {
            if let &Some(ref held) = option {
                held.name();
            }
            n
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn never_fallback() -> Result<(), std::num::ParseIntError> {
    let text = "5";
    text.parse::<u8>()?;
    Ok(())
}

#[cfg_attr(profiled, memline::profile)]
fn expr_macro() -> u32 {
    macro_rules! eval {
        ($e:expr) => { $e };
    }
    eval!({
        let _t = noisy("t");
        3
    })
}

fn main() {
    let numbers = {
        let text = String::from("text");
        captures_nothing(&text, 'v')
    };
    println!("{} {:?}", gen(1), numbers.collect::<Vec<_>>());
    println!("{} {}", unsafe { calls_unsafe(&[1, 2]) }, memline_language_exported(unsafe { abs(-4) }));
    println!("{:?} {} {:?} {}", into_iter(), patterns(&(1, Some(noisy("p")))), never_fallback(), expr_macro());
}
