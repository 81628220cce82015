//! Panics: their places, what unwinding drops, and what catches them.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn unwinding(depth: u8) -> u8 {
    let _level = noisy("level");
    let _fill = vec![noisy("in vec"), noisy("in vec too")];
    if depth == 0 {
        let _last = noisy("last");
        panic!("bottom at {depth}");
    }
    let below = unwinding(depth - 1);
    below + 1
}

#[cfg_attr(profiled, memline::profile)]
fn overflow(a: u8, b: u8) -> u8 {
    let sum =
        a + b;
    sum * 2
}

#[cfg_attr(profiled, memline::profile)]
fn places(how: u8, list: &[u32]) -> u32 {
    match how {
        0 => list[7],
        1 => {
            let zero = list.len() as u32 - 1;
            10 / zero
        }
        2 => None::<u32>.expect("a value"),
        3 => Err::<u32, _>("bad").unwrap(),
        4 => unreachable!("how {}", how),
        5 => todo!(),
        6 => {
            assert_eq!(list[0], 2, "first of {list:?}");
            0
        }
        7 => { let mut i = -128_i8; i -= list[0] as i8; i as u32 }
        8 => *Box::new(std::cell::RefCell::new(1)).try_borrow_mut().map(|mut v| {
            *v += 1;
            v
        }).unwrap(),
        _ => list.iter().map(|n| n.checked_sub(2).unwrap_or_else(|| {
            panic!("in closure {n}")
        })).sum(),
    }
}

#[cfg_attr(profiled, memline::profile)]
#[track_caller]
fn blames_caller(answer: bool) {
    here("inside");
    if !answer {
        panic!("blamed");
    }
    assert!(!answer, "also here");
}

#[cfg_attr(profiled, memline::profile)]
fn callers() {
    here("plain");
    let _ = caught(|| blames_caller(true)); blames_caller(
        false,
    );
}

struct Bomb(Noisy);

#[cfg_attr(profiled, memline::profile)]
impl Drop for Bomb {
    fn drop(&mut self) {
        let _local = noisy("in drop");
        if std::thread::panicking() {
            println!("dropped while panicking {}", self.0.0);
        } else {
            panic!("bomb")
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn bombs(first: bool) {
    let _bomb = Bomb(noisy("held by bomb"));
    let _after = noisy("after");
    if first {
        let _ = std::panic::catch_unwind(|| {
            let _inner = noisy("inner");
            resume()
        });
        panic!("first");
    }
}

#[cfg_attr(profiled, memline::profile)]
fn resume() -> ! {
    let payload = Box::new("payload");
    std::panic::resume_unwind(payload)
}

fn main() {
    println!("{:?}", caught(|| unwinding(2)));
    println!("{:?} {:?}", caught(|| overflow(200, 100)), caught(|| overflow(100, 100)));
    for how in 0..=9 {
        println!("{:?}", caught(|| places(how, &[1])));
    }
    let _ = caught(callers);
    let _ = caught(|| bombs(true));
    let _ = caught(|| bombs(false));
}
