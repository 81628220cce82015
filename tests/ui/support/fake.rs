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
    use std::task::{Context, Poll};

    pub struct Place {
        pub module: &'static str,
        pub name: Name,
        pub file: &'static str,
        pub first_line: u32,
        pub source: &'static str,
        pub lines: &'static [u32],
    }

    pub enum Name {
        Given(&'static str),
        Of(fn() -> &'static str),
    }

    pub struct Site {
        place: &'static Place,
    }

    impl Site {
        pub const fn new(place: &'static Place) -> Self {
            Self { place }
        }

        pub fn path<T>(_: &T) -> &'static str {
            std::any::type_name::<T>()
        }

        fn line(&self, slot: u32) -> u32 {
            self.place.lines[slot as usize]
        }

        fn check(&self) {
            let place = self.place;
            let name = match place.name {
                Name::Given(name) => name,
                Name::Of(path) => path(),
            };
            assert!(!name.is_empty() && !place.module.is_empty() && place.file.ends_with(".rs"));
            assert_eq!(place.lines[0], place.first_line);
            let lines = place.source.lines().count() as u32;
            assert!(
                lines == 0
                    || place
                        .lines
                        .iter()
                        .filter(|&&line| line != u32::MAX)
                        .all(|line| line - place.first_line < lines)
            );
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

    pub fn enter(site: &'static Site, slots: u32) -> Frame {
        site.check();
        enter_closure(site, 0, slots)
    }

    pub fn enter_closure(site: &'static Site, slot: u32, slots: u32) -> Frame {
        assert!(slot < slots && slots as usize <= site.place.lines.len());
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

    pub fn in_future<F: Future>(site: &'static Site, future: F) -> InFuture<F> {
        in_async_block(site, 0, future)
    }

    pub fn in_future_like<T, F: Future<Output = T>>(
        site: &'static Site,
        _like: fn() -> T,
        future: F,
    ) -> InFuture<F> {
        in_future(site, future)
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
            let (line, site) = (self.line, self.site);
            with(|state| {
                state.frames.push(line);
                if !self.begun {
                    *state.counts.entry(line).or_default() += 1;
                }
            });
            site.check();
            self.begun = true;
            let result = self.future.as_mut().expect("a future").as_mut().poll(cx);
            self.line = with(|state| state.frames.pop()).expect("a frame");
            result
        }
    }
}
