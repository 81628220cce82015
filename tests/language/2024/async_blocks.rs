//! `async` blocks: captures, results, in closures, in arguments, and by hand against one another.

#[path = "../common/mod.rs"]
mod common;
use common::*;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

#[cfg_attr(profiled, memline::profile)]
fn captures() {
    let held = noisy("held");
    let by_ref = async {
        println!("{}", held.0);
        pause().await;
        held.0.len()
    };
    println!("{:?}", poll(2, by_ref));
    let moved = async move {
        let held = held;
        pause().await;
        drop(held);
    };
    println!("{:?}", poll(1, moved));
    let never = async move { 1 };
    drop(never);
}

#[cfg_attr(profiled, memline::profile)]
fn question(text: &str) -> Option<Result<u8, std::num::ParseIntError>> {
    poll(4, async {
        let first: u8 = text.parse()?;
        pause().await;
        if first == 9 {
            return Ok(99);
        }
        Ok(first + 1)
    })
}

#[cfg_attr(profiled, memline::profile)]
fn in_closures() -> Vec<usize> {
    let make = |n: usize| async move {
        let _inner = noisy("inner");
        pause().await;
        n * 2
    };
    let nested = |n: usize| {
        let twice = n * 2;
        async move { make(twice).await + 1 }
    };
    (0..2).filter_map(|n| poll(3, nested(n))).collect()
}

struct Either<A, B>(Option<A>, Option<B>);

#[cfg_attr(profiled, memline::profile)]
impl<T, A: Future<Output = T> + Unpin, B: Future<Output = T> + Unpin> Future for Either<A, B> {
    type Output = (T, &'static str);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(left) = &mut this.0
            && let Poll::Ready(value) = Pin::new(left).poll(context)
        {
            return Poll::Ready((value, "left"));
        }
        match this.1.as_mut().map(|right| Pin::new(right).poll(context)) {
            Some(Poll::Ready(value)) => Poll::Ready((value, "right")),
            _ => Poll::Pending,
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
async fn select(steps: (u32, u32)) -> (u32, &'static str) {
    let side = |name, steps: u32| async move {
        let side = noisy(name);
        for step in 0..steps {
            println!("{} {step}", side.0);
            pause().await;
        }
        steps
    };
    let left = pin!(side("l", steps.0));
    let right = pin!(side("r", steps.1));
    Either(Some(left), Some(right)).await
}

fn main() {
    captures();
    println!("{:?} {:?} {:?}", question("1"), question("9"), question("x"));
    println!("{:?}", in_closures());
    println!("{:?} {:?}", poll(9, select((3, 2))), poll(9, select((1, 2))));
    println!("{:?}", poll(2, select((4, 4))));
}
