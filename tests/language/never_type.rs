//! Never: diverging expressions in every place, and what they coerce to.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn stops(n: u32) -> ! {
    let _held = noisy("held");
    if n == 0 { panic!("zero") }
    loop {
        let n = n - 1;
        stops(n)
    }
}

#[cfg_attr(profiled, memline::profile)]
fn only_call() -> ! { stops(1) }

#[cfg_attr(profiled, memline::profile)]
fn coerced(n: u32) -> Result<Vec<u8>, String> {
    let value: u64 = if n == 0 { return Ok(vec![]) } else { 3 };
    let function: fn(u32) -> ! = stops;
    let text: String = match n {
        1 => return Err("one".into()),
        2 => function(0),
        3 => loop {
            let _pass = noisy("pass");
            break "three".to_owned();
        },
        4 => {
            std::panic::panic_any("four")
        }
        _ => only_call(),
    };
    Ok(text.into_bytes().into_iter().take(value as usize).collect())
}

#[cfg_attr(profiled, memline::profile)]
fn no_value(n: u32) -> u32 {
    loop {
        match n {
            0 => return 1,
            1 => break,
            _ => panic!("{n}"),
        };
    }
    2
}

#[cfg_attr(profiled, memline::profile)]
fn opaque(n: u32) -> impl Iterator<Item = u32> {
    if n > 9 {
        panic!("large");
    }
    let list = vec![n; 2];
    list.into_iter()
}

#[cfg_attr(profiled, memline::profile)]
fn unit_with_return(n: u32) {
    let _around = noisy("around");
    if n == 0 {
        return;
    }
    match n {
        1 => return println!("one"),
        2 => return,
        _ => {}
    }
    return drop(noisy("last"));
}

#[cfg_attr(profiled, memline::profile)]
fn loop_forever(mut n: u32) -> u32 {
    loop {
        n += 1;
        if n > 4 { return n }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn endless(items: &mut dyn Iterator<Item = u8>) -> u8 {
    loop {
        let Some(item) = items.next() else { panic!("no more") };
        let item = match item.checked_mul(100) {
            Some(item) => item,
            None => return item,
        };
        println!("{item}");
    }
}

fn main() {
    for n in 0..6 {
        println!("{:?}", caught(|| coerced(n)));
        println!("{:?}", caught(|| no_value(n)));
        unit_with_return(n);
    }
    println!("{:?} {:?}", opaque(2).sum::<u32>(), caught(|| opaque(10).count()));
    println!("{} {:?}", loop_forever(1), caught(|| endless(&mut [1, 2, 3].into_iter())));
    println!("{:?}", caught(|| endless(&mut [1].into_iter())));
}
