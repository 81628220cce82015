//! The costs that the functions of [`bodies!`] stand for, in nanoseconds.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::timing::per_operation;

/// One call of `function`.
pub(crate) fn call(function: impl Fn(u64)) -> f64 {
    per_operation(|n| {
        for i in 0..n {
            function(i);
        }
    })
}

/// One line: what each of the ten lines costs that `eleven_lines` has more than `one_line`.
pub(crate) fn line(one_line: impl Fn(u64), eleven_lines: impl Fn(u64)) -> f64 {
    (call(eleven_lines) - call(one_line)) / 10.0
}

/// One poll of the future that `future` makes, which is polled as often as it is told.
pub(crate) fn poll<F: Future<Output = ()>>(future: impl Fn(u64) -> F) -> f64 {
    per_operation(|n| drive(future(n)))
}

/// Polls `future` until it is ready.
pub(crate) fn drive(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    while black_box(future.as_mut().poll(&mut context)).is_pending() {}
}

/// A future that is pending the first time it is polled.
pub(crate) struct Pending(bool);

impl Pending {
    pub(crate) fn once() -> Self {
        Pending(true)
    }
}

impl Future for Pending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::take(&mut self.0) {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}
