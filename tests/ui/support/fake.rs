//! A stand-in for the runtime: it knows at any time which line is open, and counts how often each was.

use std::cell::RefCell;
use std::collections::BTreeMap;

#[derive(Default)]
struct State {
    /// The open line of each frame, innermost last.
    frames: Vec<u32>,
    /// Occurrences by line.
    counts: BTreeMap<u32, u32>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with<T>(f: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(f)
}

/// The line that is open in the innermost frame; 0 without one.
pub fn open() -> u32 {
    with(|state| state.frames.last().copied().unwrap_or(0))
}

/// Runs `f` and gives the occurrences of each line, first lines included.
pub fn counted<T>(f: impl FnOnce() -> T) -> (T, BTreeMap<u32, u32>) {
    with(|state| *state = State::default());
    let value = f();
    with(|state| {
        assert!(state.frames.is_empty(), "a frame was left open");
        (value, std::mem::take(&mut state.counts))
    })
}

/// Checks that the line being run is the one that is open.
#[macro_export]
macro_rules! here {
    () => {
        assert_eq!(
            crate::fake::open(),
            line!(),
            "open line (left) at line (right)"
        )
    };
}

pub mod __private {
    use super::with;
    use std::cell::Cell;
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::OnceLock;
    use std::task::{Context, Poll};

    pub struct Site {
        about: OnceLock<(fn() -> &'static str, &'static str)>,
    }

    #[allow(clippy::declare_interior_mutable_const)]
    pub const NEW_SITE: Site = Site {
        about: OnceLock::new(),
    };

    impl Site {
        fn describe(&self, name: fn() -> &'static str, place: &'static str) {
            self.about.get_or_init(|| (name, place));
            let [_, file, source] = self.place();
            assert!(!name().is_empty() && file.ends_with(".rs"));
            let first = self.line(0);
            let count = source.lines().count() as u32;
            let mut lines = self.lines().into_iter().filter(|&line| line != u32::MAX);
            assert!(count == 0 || lines.all(|line| line - first < count));
        }

        /// The lines of the slots, the file and the source.
        fn place(&self) -> [&'static str; 3] {
            let (_, place) = self.about.get().expect("the function has begun");
            let parts: Vec<&str> = place.split('\0').collect();
            parts.try_into().expect("three parts")
        }

        fn lines(&self) -> Vec<u32> {
            let [lines, ..] = self.place();
            lines
                .split(',')
                .map(|line| line.parse().expect("a number"))
                .collect()
        }

        fn line(&self, slot: u32) -> u32 {
            self.lines()[slot as usize]
        }

        fn open(&self, slot: u32, times: u32) {
            let line = self.line(slot);
            with(|state| {
                *state.frames.last_mut().expect("a frame") = line;
                *state.counts.entry(line).or_default() += times;
            });
        }
    }

    #[derive(Clone, Copy)]
    pub struct Task(&'static Site);

    pub struct Guard {
        site: &'static Site,
        slot: u32,
        times: Cell<u32>,
    }

    impl Task {
        pub fn line(&self, slot: u32) {
            self.0.open(slot, 1);
        }

        fn guard(&self, slot: u32, times: u32) -> Guard {
            Guard {
                site: self.0,
                slot,
                times: Cell::new(times),
            }
        }

        pub fn brace(&self, slot: u32) -> Guard {
            self.guard(slot, 1)
        }

        pub fn reopen(&self, slot: u32) -> Guard {
            self.guard(slot, 0)
        }

        pub fn pass(&self, slot: u32) -> Guard {
            self.guard(slot, 0)
        }
    }

    impl Guard {
        pub fn finished(&self) {
            assert_eq!(self.times.replace(1), 0, "finished twice");
        }

        pub fn unfinished(&self) {
            assert_eq!(
                self.times.replace(0),
                1,
                "unfinished before it was finished"
            );
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            self.site.open(self.slot, self.times.get());
        }
    }

    pub struct Frame(Task);

    impl std::ops::Deref for Frame {
        type Target = Task;

        fn deref(&self) -> &Task {
            &self.0
        }
    }

    impl Drop for Frame {
        fn drop(&mut self) {
            with(|state| state.frames.pop()).expect("a frame");
        }
    }

    pub fn enter(
        site: &'static Site,
        name: fn() -> &'static str,
        place: &'static str,
        slot: u32,
        slots: u32,
    ) -> Frame {
        site.describe(name, place);
        let frame = enter_closure(site, 0, slots);
        if slot != 0 {
            frame.line(slot);
        }
        frame
    }

    pub fn enter_closure(site: &'static Site, slot: u32, slots: u32) -> Frame {
        assert!(slot < slots && slots as usize <= site.lines().len());
        with(|state| state.frames.push(0));
        site.open(slot, 1);
        Frame(Task(site))
    }

    pub fn task(site: &'static Site) -> Task {
        Task(site)
    }

    pub struct InFuture<F> {
        site: &'static Site,
        line: u32,
        begun: bool,
        future: Option<Pin<Box<F>>>,
    }

    pub fn in_future<F: Future>(
        site: &'static Site,
        name: fn() -> &'static str,
        place: &'static str,
        future: F,
    ) -> InFuture<F> {
        site.describe(name, place);
        in_async_block(site, 0, future)
    }

    pub fn in_future_like<T, F: Future<Output = T>>(
        site: &'static Site,
        name: fn() -> &'static str,
        place: &'static str,
        _like: fn() -> T,
        future: F,
    ) -> InFuture<F> {
        in_future(site, name, place, future)
    }

    pub fn in_async_block<F: Future>(site: &'static Site, slot: u32, future: F) -> InFuture<F> {
        InFuture {
            site,
            line: site.line(slot),
            begun: false,
            future: Some(Box::pin(future)),
        }
    }

    impl<F> Drop for InFuture<F> {
        fn drop(&mut self) {
            with(|state| state.frames.push(self.line));
            self.future = None;
            with(|state| state.frames.pop()).expect("a frame");
        }
    }

    impl<F: Future> Future for InFuture<F> {
        type Output = F::Output;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
            let line = self.line;
            with(|state| {
                state.frames.push(line);
                if !self.begun {
                    *state.counts.entry(line).or_default() += 1;
                }
            });
            self.begun = true;
            let result = self.future.as_mut().expect("a future").as_mut().poll(cx);
            self.line = with(|state| state.frames.pop()).expect("a frame");
            result
        }
    }
}
