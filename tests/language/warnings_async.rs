//! Warnings about futures and `async fn`: unused arguments, futures that nobody awaits, dead code.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::cell::RefCell;
use std::sync::Mutex;

#[cfg_attr(profiled, memline::profile)]
async fn unused(a: u32, mut b: u32, (c, _d): (u32, u32), _: u32, _e: Noisy) -> u32 {
    let x = 1;
    let mut y = 2;
    pause().await;
    y
}

#[cfg_attr(profiled, memline::profile)]
async fn forgets() {
    unused(1, 2, (3, 4), 5, noisy("forgotten"));
    async {
        pause().await;
    };
    let later = pause();
    must().await;
    "1".parse::<u8>();
}

#[cfg_attr(profiled, memline::profile)]
#[must_use]
async fn must() -> u32 {
    pause().await;
    return 3;
    4
}

#[cfg_attr(profiled, memline::profile)]
async fn never(n: u32) -> ! {
    let _held = noisy("held");
    if n > 1 {
        panic!("more than one");
        pause().await;
    }
    loop {
        pause().await
    }
}

#[cfg_attr(profiled, memline::profile)]
async fn after_never() -> u32 {
    never(2).await;
    println!("unreachable"); // lost with probes
    1
}

#[cfg_attr(profiled, memline::profile)]
async fn dead(mut list: Vec<u32>) {
    list.push(1);
    let mut list = list;
}

#[cfg_attr(profiled, memline::profile)]
async fn assigned(mut n: u32, #[allow(unused)] quiet: u32) {
    println!("{n}");
    n = 4;
    let block = async move {
        let mut m = n;
        m = 5;
    };
    block.await
}

struct Thing(RefCell<u8>, Mutex<u8>);

#[cfg_attr(profiled, memline::profile)]
impl Thing {
    async fn method(&self, unused: u8) -> u8 {
        let value = *self.0.borrow();
        value
    }

    async fn dead_method(self) {}

    async fn holds(mut self) -> u8 {
        let guard = self.1.lock();
        guard.map_or(0, |value| *value)
    }
}

fn main() {
    println!("{:?}", poll(3, unused(1, 2, (3, 4), 5, noisy("e"))));
    println!("{:?}", poll(3, forgets()));
    println!("{:?}", caught(|| poll(3, after_never())));
    println!("{:?}", poll(3, assigned(1, 2)));
    let thing = Thing(RefCell::new(1), Mutex::new(2));
    println!("{:?} {:?}", poll(1, thing.method(1)), poll(1, thing.holds()));
}
