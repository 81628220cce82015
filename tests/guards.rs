//! What a test, a function or a block may take: figures against hand counts, and what is said where it
//! takes more.

#[path = "guards/asserts.rs"]
mod asserts;
#[path = "guards/budgets.rs"]
mod budgets;
#[path = "guards/harness.rs"]
mod harness;
#[path = "guards/measured.rs"]
mod measured;
#[path = "guards/sizes.rs"]
mod sizes;

use std::future::poll_fn;
use std::panic::{self, UnwindSafe};
use std::task::Poll;

/// A buffer of `size` bytes.
fn bytes(size: usize) -> Vec<u8> {
    Vec::with_capacity(size)
}

/// The message that `work` panics with.
fn message<T>(work: impl FnOnce() -> T + UnwindSafe) -> String {
    let Err(payload) = panic::catch_unwind(|| drop(work())) else {
        panic!("it was to panic");
    };
    *payload.downcast::<String>().expect("the message is text")
}

/// Lets others run once. Tokio's own `yield_now` allocates the list of those that do.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
