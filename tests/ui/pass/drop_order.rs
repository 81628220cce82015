//! Values die in the same order, and come out the same, with probes and without.
#![deny(warnings)]
#![forbid(unsafe_code)]

#[path = "../support/fake.rs"]
#[allow(dead_code)]
mod fake;

use std::cell::RefCell;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

thread_local! {
    static TRACE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn trace(what: impl Into<String>) {
    TRACE.with_borrow_mut(|trace| trace.push(what.into()));
}

/// Tells when it dies.
struct D(&'static str);

impl D {
    fn get(&self) -> Option<&'static str> {
        trace(format!("get {}", self.0));
        Some(self.0)
    }

    fn has(&self, c: char) -> bool {
        self.0.contains(c)
    }
}

impl Drop for D {
    fn drop(&mut self) {
        trace(format!("drop {}", self.0));
    }
}

/// Polls a future up to `polls` times, then drops it.
fn run<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return Some(value);
        }
    }
    None
}

async fn pause() {
    let mut polled = false;
    let poll = |_: &mut Context<'_>| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    };
    std::future::poll_fn(poll).await
}

/// The same functions twice.
macro_rules! twice {
    ($($functions:tt)*) => {
        mod plain {
            use super::*;
            $($functions)*
        }

        #[memline::profile(crate = crate::fake)]
        mod profiled {
            use super::*;
            $($functions)*
        }

        /// Runs `call` on either copy and compares the traces.
        macro_rules! same {
            ($call:expr) => {
                let plain = {
                    use plain::*;
                    traced(|| $call)
                };
                let profiled = {
                    use profiled::*;
                    traced(|| $call)
                };
                assert!(!plain.is_empty());
                assert_eq!(profiled, plain, "{}", stringify!($call));
            };
        }
    };
}

fn traced<T>(call: impl FnOnce() -> T) -> Vec<String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let caught = catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(hook);
    trace(if caught.is_ok() { "returned" } else { "panicked" });
    drop(caught);
    TRACE.take()
}

twice! {
    pub(crate) fn locals(_: D, _a: D, (_b, _): (D, D), n: usize) -> Option<usize> {
        let _c = D("c");
        let len = {
            let d = D("d");
            let _e = D("e");
            D("f").get().map(|f| f.len() + d.0.len())?
        };
        if n == 0 {
            let _g = D("g");
            return None;
        } else if let Some(h) = D("h").get() {
            let _i = D("i");
            trace(h);
        } else {
            trace("never")
        }
        D("tail").get().map(|t| t.len() + len)
    }

    pub(crate) fn tails(n: usize) -> usize {
        let _a = D("a");
        match D("b").get() {
            Some("b") if n == 0 => D("c").get().map_or(0, str::len),
            Some("b") =>
                D("d").get().map_or(1, |d| {
                    let _e = D("e");
                    d.len()
                }),
            _ => {
                let _f = D("f");
                D("g").get().map_or(2, str::len)
            }
        }
    }

    pub(crate) fn loops(n: usize) -> usize {
        let mut passes = 0;
        'outer: for i in [D("x0"), D("x1"), D("x2"), D("x3")] {
            let _a = D("a");
            if n == 1 && i.0 == "x1" { continue; }
            while let Some(name) = D("w").get() {
                let _b = D("b");
                passes += 1;
                match D("m").get() {
                    Some(_) if passes > 5 => break 'outer,
                    Some(_) if n == 2 => continue 'outer,
                    Some(_) if n == 3 => return passes,
                    Some(_) if n == 4 => panic!("{name}"),
                    _ => break,
                }
            }
            let _c = D("c");
            if let Some("t") = D("t").get() { trace("tail") } else { trace("never") }
        }
        loop {
            let _d = D("d");
            D("u").get().into_iter().for_each(trace);
            if D("v").has('v') { break D("value").get().map_or(7, str::len) }
        }
    }

    pub(crate) fn values(n: usize) -> Option<D> {
        let extended = &D("extended");
        let chosen: &D = if n == 0 { &D("one") } else if n == 1 { &D("two") } else { &D("three") };
        let arm: &D = match n {
            0 => &D("arm 0"),
            1 =>
                &D("arm 1"),
            _ => {
                &D("arm 2")
            }
        };
        trace(format!("{} {} {}", extended.0, chosen.0, arm.0));
        let found = 'found: {
            let _a = D("a");
            if n == 1 { break 'found D("b"); }
            let Some(_) = D("c").get().filter(|_| n == 0) else {
                let _e = D("e");
                return Some(D("early"));
            };
            D("d")
        };
        let together = [D("f"), if n == 0 {
            let _g = D("g");
            D("h")
        } else {
            D("i")
        }, D("j")];
        drop(together);
        Some(found)
    }

    pub(crate) fn closures(n: usize) -> usize {
        let a = D("a");
        let call = move |_: D, (_b, _): (D, D)| {
            let _c = D("c");
            if n == 0 { return 0; }
            match a.get() {
                Some(a) => a.len(),
                None => 0,
            }
        };
        call(D("x"), (D("y"), D("z")))
    }

    pub(crate) async fn future(_: D, mut _a: D, (_b, _): (D, D), ref _c: D, n: usize) -> Option<usize> {
        let _d = D("d");
        pause().await;
        if n == 1 { return D("early").get().map(str::len); }
        for i in 0..2 {
            let _e = D("e");
            pause().await;
            if i == n { continue; }
            match D("m").get() {
                Some(m) if n == 3 => panic!("{m}"),
                Some(_) => pause().await,
                None => break,
            }
        }
        let block = async {
            let _f = D("f");
            pause().await;
            D("g").get().map_or(0, str::len)
        };
        _a = D("replaced");
        Some(block.await + D("tail").get()?.len())
    }

    pub(crate) struct S(pub(crate) D, pub(crate) D);

    impl S {
        pub(crate) async fn whole(self, _a: D, n: usize) -> &'static str {
            pause().await;
            let _b = D("b");
            if n == 0 { "none" } else { self.0.0 }
        }

        pub(crate) async fn replaced(mut self, _: D) {
            self = S(D("other 0"), D("other 1"));
            pause().await;
            trace(self.1.0);
        }

        pub(crate) async fn ignored(self: Box<Self>, _: D) {
            trace("ran");
        }
    }
}

fn main() {
    let d = D;
    for n in 0..5 {
        same!(locals(d("1"), d("2"), (d("3"), d("4")), n));
        same!(tails(n));
        same!(loops(n));
        same!(values(n));
        same!(closures(n));
        for polls in 0..9 {
            same!(run(future(d("1"), d("2"), (d("3"), d("4")), d("5"), n), polls));
            same!(run(S(d("s"), d("t")).whole(d("1"), n), polls));
            same!(run(S(d("s"), d("t")).replaced(d("1")), polls));
            same!(run(Box::new(S(d("s"), d("t"))).ignored(d("1")), polls));
        }
    }
}
