//! What the programs share: values that tell when they die, places, panics and futures told on stdout.

#![allow(dead_code, let_underscore_drop, unused_results, unreachable_pub)]

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Tells when it dies.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Noisy(pub &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        println!("drop {}", self.0);
    }
}

impl Noisy {
    pub fn name(&self) -> &'static str {
        println!("name {}", self.0);
        self.0
    }

    pub fn some(&self) -> Option<&'static str> {
        println!("some {}", self.0);
        Some(self.0)
    }

    pub fn none(&self) -> Option<&'static str> {
        println!("none {}", self.0);
        None
    }

    pub fn borrow(&self) -> &Self {
        println!("borrow {}", self.0);
        self
    }

    pub fn is(&self, answer: bool) -> bool {
        println!("is {} {answer}", self.0);
        answer
    }

    pub fn pass(self) -> Self {
        println!("pass {}", self.0);
        self
    }
}

/// Makes a noisy value, and tells so.
pub fn noisy(name: &'static str) -> Noisy {
    println!("make {name}");
    Noisy(name)
}

/// Tells a value on its way.
pub fn see<T: std::fmt::Debug>(value: T) -> T {
    println!("see {value:?}");
    value
}

/// Tells from where it is called.
#[track_caller]
pub fn here(what: &str) {
    let place = Location::caller();
    println!("{what} at {}:{}", place.line(), place.column());
}

/// Runs `work`, and tells of its panic, and where it was.
pub fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    set_hook(Box::new(|panic| {
        let place = panic.location().expect("panics have a place");
        let what = panic.payload_as_str().unwrap_or("?");
        println!("panic at {}:{}: {what}", place.line(), place.column());
    }));
    let caught = catch_unwind(AssertUnwindSafe(work));
    println!("{}", if caught.is_ok() { "returned" } else { "unwound" });
    caught.ok()
}

/// Polls a future up to `times`, then drops it.
pub fn poll<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for time in 1..=times {
        println!("poll {time}");
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
    }
    println!("given up");
    None
}

/// A future that is pending once.
pub async fn pause() {
    let mut polled = false;
    poll_fn(move |_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await
}
