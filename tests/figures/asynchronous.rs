//! Async functions and blocks, polled by hand.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;

use expect_test::expect;
use memline::profile;

use crate::{bytes, check};

/// Suspends once.
fn pause() -> impl Future<Output = ()> {
    let mut paused = false;
    std::future::poll_fn(move |_| {
        if std::mem::replace(&mut paused, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[profile]
async fn first(size: usize) -> Vec<u8> {
    let temporary = bytes(size);
    pause().await;
    let kept = bytes(size * 10);
    pause().await;
    drop(temporary);
    kept
}

#[profile]
async fn second() -> Vec<u8> {
    pause().await;
    bytes(5)
}

#[test]
fn tasks_that_take_turns() {
    let mut a = pin!(first(1));
    let mut b = pin!(first(2));
    let mut c = pin!(second());
    assert!(poll(a.as_mut()).is_none());
    assert!(poll(b.as_mut()).is_none());
    assert!(poll(c.as_mut()).is_none());
    let foreign = bytes(1_000_000);
    assert!(poll(b.as_mut()).is_none());
    assert!(poll(a.as_mut()).is_none());
    drop(foreign);
    let done = (poll(b.as_mut()), poll(c.as_mut()), poll(a.as_mut()));
    assert!(done.0.is_some() && done.1.is_some() && done.2.is_some());
    check(
        "asynchronous::first",
        expect![[r#"
            0  #[profile] | 2, 0
            2  let temporary = bytes(size); | 2, 3
            3  pause().await; | 2, 0
            4  let kept = bytes(size * 10); | 2, 30
            5  pause().await; | 2, 0
            6  drop(temporary); | 2, -3
            7  kept | 2, 0
            8  } | 2, 0
        "#]],
    );
    check(
        "asynchronous::second",
        expect![[r#"
            0  #[profile] | 1, 0
            2  pause().await; | 1, 0
            3  bytes(5) | 1, 5
        "#]],
    );
}

#[profile]
async fn travels() -> usize {
    let mut all = Vec::with_capacity(4);
    for size in 1..=3 {
        all.push(bytes(size));
        pause().await;
    }
    all.len()
}

#[test]
fn a_task_moves_across_threads() {
    let mut task = Box::pin(travels());
    for _ in 0..3 {
        task = thread::spawn(move || {
            assert!(poll(task.as_mut()).is_none());
            task
        })
        .join()
        .expect("it is not ready");
    }
    assert_eq!(poll(task.as_mut()), Some(3));
    check(
        "asynchronous::travels",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let mut all = Vec::with_capacity(4); | 1, 96
            3  for size in 1..=3 { | 4, 0
            4  all.push(bytes(size)); | 3, 6
            5  pause().await; | 3, 0
            7  all.len() | 1, 0
            8  } | 1, -102
        "#]],
    );
}

#[profile]
async fn cancelled() {
    let held = bytes(64);
    pause().await;
    drop(held);
}

#[test]
fn a_dropped_future_frees_at_the_line_where_it_was_suspended() {
    let mut future = Box::pin(cancelled());
    assert!(poll(future.as_mut()).is_none());
    drop(future);
    // One that was never polled was never called.
    drop(cancelled());
    check(
        "asynchronous::cancelled",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let held = bytes(64); | 1, 64
            3  pause().await; | 1, -64
        "#]],
    );
}

#[profile]
fn blocks() -> impl Future<Output = Vec<u8>> {
    let size = 3;
    async move {
        pause().await;
        let own = bytes(size);
        own
    }
}

#[test]
fn async_blocks_run_later() {
    let mut future = pin!(blocks());
    assert!(poll(future.as_mut()).is_none());
    drop(poll(future.as_mut()));
    check(
        "asynchronous::blocks",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let size = 3; | 1, 0
            3  async move { | 1, 0
            4  pause().await; | 1, 0
            5  let own = bytes(size); | 1, 3
            6  own | 1, 0
            7  } | 1, 0
            8  } | 1, 0
        "#]],
    );
}

#[profile]
async fn recursive(depth: usize) -> usize {
    let held = bytes(depth + 1);
    if depth > 0 {
        Box::pin(recursive(depth - 1)).await;
    }
    pause().await;
    held.capacity()
}

#[test]
fn a_task_within_a_task_of_the_same_function() {
    let mut future = pin!(recursive(2));
    let polls = std::iter::from_fn(|| poll(future.as_mut()).is_none().then_some(())).count();
    assert_eq!(polls, 3);
    check(
        "asynchronous::recursive",
        expect![[r#"
            0  #[profile] | 3, 0
            2  let held = bytes(depth + 1); | 3, 6
            3  if depth > 0 { | 3, 0
            4  Box::pin(recursive(depth - 1)).await; | 2, 0
            6  pause().await; | 3, 0
            7  held.capacity() | 3, 0
            8  } | 3, -6
        "#]],
    );
}

struct Counter(Cell<usize>);

impl Counter {
    #[profile]
    async fn add(&self, argument: Vec<u8>) -> usize {
        pause().await;
        self.0.set(self.0.get() + argument.capacity());
        self.0.get()
    }
}

#[test]
fn arguments_of_async_methods() {
    let counter = Counter(Cell::new(1));
    let mut future = pin!(counter.add(bytes(10)));
    assert!(poll(future.as_mut()).is_none());
    assert_eq!(poll(future.as_mut()), Some(11));
    check(
        "Counter::add",
        expect![[r#"
            0  #[profile] | 1, 0
            2  pause().await; | 1, 0
            3  self.0.set(self.0.get() + argument.capacity()); | 1, 0
            4  self.0.get() | 1, 0
        "#]],
    );
}

#[profile]
async fn takes(all: Vec<Vec<u8>>, fail: bool) -> Option<usize> {
    pause().await;
    let kept = bytes(all.len());
    (!fail).then_some(())?;
    Some(kept.len())
}

#[profile]
async fn gives() {
    takes(vec![bytes(100)], false).await;
    takes(vec![bytes(1000)], true).await;
}

#[test]
fn arguments_are_the_callers() {
    let mut task = pin!(gives());
    while poll(task.as_mut()).is_none() {}
    check(
        "asynchronous::takes",
        expect![[r#"
            0  #[profile] | 2, 0
            2  pause().await; | 2, 0
            3  let kept = bytes(all.len()); | 2, 2
            4  (!fail).then_some(())?; | 2, -1
            5  Some(kept.len()) | 1, 0
            6  } | 1, -1
        "#]],
    );
    check(
        "asynchronous::gives",
        expect![[r#"
            0  #[profile] | 1, 0
            2  takes(vec![bytes(100)], false).await; | 1, 0
            3  takes(vec![bytes(1000)], true).await; | 1, 0
        "#]],
    );
}
