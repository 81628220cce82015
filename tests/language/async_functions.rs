//! `async fn`: arguments, their drops, results, recursion, `?`, and futures that are dropped.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;

#[cfg_attr(profiled, memline::profile)]
async fn arguments(_: Noisy, a: Noisy, (b, _): (Noisy, Noisy), _unused: Noisy, mut n: u32) -> u32 {
    let _local = noisy("local");
    pause().await;
    n += a.0.len() as u32;
    let b = b;
    println!("{}", b.0);
    n
}

#[cfg_attr(profiled, memline::profile)]
async fn unpolled(_a: Noisy, _: Noisy) {
    let _local = noisy("never made");
}

#[cfg_attr(profiled, memline::profile)]
async fn question(text: &str) -> Result<u32, std::num::ParseIntError> {
    let _around = noisy("around");
    let mut sum = 0;
    for part in text.split(' ') {
        let _part = noisy("part");
        sum += part.parse::<u32>()?;
        pause().await;
    }
    Ok(sum)
}

#[cfg_attr(profiled, memline::profile)]
fn recursive(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move {
        if n == 0 {
            return 0;
        }
        let _level = noisy("level");
        n + recursive(n - 1).await
    })
}

#[cfg_attr(profiled, memline::profile)]
async fn boxed(n: u32) -> u32 {
    if n == 0 { 1 } else { n * Box::pin(boxed(n - 1)).await }
}

#[cfg_attr(profiled, memline::profile)]
async fn borrows<'a>(list: &'a mut Vec<u32>, more: &[u32]) -> &'a mut u32 {
    for &n in more {
        let slot = &mut *list;
        slot.push(n);
        pause().await;
        slot.push(n + 1);
    }
    list.last_mut().expect("it is not empty")
}

#[cfg_attr(profiled, memline::profile)]
async fn opaque(n: u8) -> impl Iterator<Item = u8> {
    pause().await;
    (0..n).rev()
}

#[cfg_attr(profiled, memline::profile)]
async fn never() -> ! {
    loop {
        let _pass = noisy("pass");
        pause().await;
    }
}

#[cfg_attr(profiled, memline::profile)]
async fn never_by_its_tail() -> ! {
    std::future::pending().await
}

#[cfg_attr(profiled, memline::profile)]
async fn loops(mut n: u32) -> u32 {
    for i in 0..3 {
        if i == 1 {
            continue;
        }
        pause().await;
        while n < 2 {
            pause().await;
            n += 1;
        }
        n += i
    }
    n
}

#[cfg_attr(profiled, memline::profile)]
async fn panics(_held: Noisy) -> u8 {
    let _local = noisy("local");
    pause().await;
    panic!("after a pause")
}

#[cfg_attr(profiled, memline::profile)]
async fn tail_temporary(held: Noisy) -> usize {
    let _local = noisy("local");
    noisy("tail").borrow().name().len() + held.borrow().0.len()
}

fn sent<T: Send>(value: T) -> T {
    value
}

fn shared<T: Sync + Send + UnwindSafe + RefUnwindSafe>(value: T) -> T {
    value
}

fn main() {
    let call = arguments(noisy("_"), noisy("a"), (noisy("b"), noisy("b2")), noisy("unused"), 1);
    println!("called");
    println!("{:?}", poll(5, sent(call)));
    let call = arguments(noisy("_"), noisy("a"), (noisy("b"), noisy("b2")), noisy("unused"), 1);
    println!("{:?}", poll(1, call));
    drop(unpolled(noisy("x"), noisy("y")));
    println!("{:?} {:?}", poll(9, question("1 2")), poll(9, question("1 x 2")));
    println!("{:?}", poll(2, question("1 2 3")));
    println!("{:?} {:?}", poll(1, recursive(3)), poll(1, boxed(5)));
    let mut list = vec![];
    println!("{:?}", poll(9, sent(borrows(&mut list, &[1, 5]))));
    println!("{list:?}");
    println!("{:?}", poll(2, opaque(3)).map(Iterator::collect::<Vec<_>>));
    println!("{:?}", poll(3, async { never().await }).map(|()| 0));
    println!("{:?}", poll(3, async { never_by_its_tail().await }).map(|()| 0));
    println!("{:?}", poll(9, shared(loops(0))));
    println!("{:?}", caught(|| poll(3, panics(noisy("held")))));
    println!("{:?}", poll(1, tail_temporary(noisy("held"))));
}
