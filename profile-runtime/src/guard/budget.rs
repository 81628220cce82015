//! The budgets of `#[profile(peak = …, allocs = …, retained = …)]`.
//!
//! Each call is measured on its thread, and a future while it is polled. A call that takes more is noted
//! for the report; in a test program it panics, so that the test fails.

use std::env;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::path::Path;
use std::pin::pin;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::thread;

use super::describe;
use super::limits::{Excess, Figure, Limits};
use super::lines::Lines;
use super::usage::{Stretch, Usage};
use crate::record;
use crate::report::Exceeded;
use crate::site::Site;

/// What each call of a function may take. A node in the list of those that were exceeded.
pub struct Budget {
    site: &'static Site,
    limits: Limits,
    /// Whether a panic can leave the function.
    unwinds: bool,
    noted: [Noted; 3],
    listed: AtomicBool,
    next: AtomicPtr<Budget>,
}

/// The calls that exceeded one limit.
struct Noted {
    calls: AtomicU64,
    most: AtomicU64,
    /// The line that allocated most in the call that took most; 0 where it is not known.
    line: AtomicU32,
}

static BUDGETS: AtomicPtr<Budget> = AtomicPtr::new(ptr::null_mut());

impl Budget {
    /// The budget of a site's function; `unwinds` tells whether a panic can leave it.
    pub const fn new(site: &'static Site, limits: Limits, unwinds: bool) -> Self {
        Self {
            site,
            limits,
            unwinds,
            noted: [const { Noted::new() }; 3],
            listed: AtomicBool::new(false),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Begins to measure a call, which ends where this is dropped.
    pub fn call(&'static self) -> Call {
        Call {
            budget: self,
            before: Lines::of_site(self.site),
            stretch: Stretch::begin(),
            _not_send: PhantomData,
        }
    }

    /// Measures a future while it is polled.
    pub async fn future<F: Future>(&'static self, future: F) -> F::Output {
        let mut future = pin!(future);
        let (mut usage, mut lines) = (Usage::default(), Lines::default());
        let value = poll_fn(|context| {
            let before = Lines::of_site(self.site);
            let stretch = Stretch::begin();
            let poll = future.as_mut().poll(context);
            if let Some(more) = stretch.usage() {
                usage.then(&more);
                let now = Lines::of_site(self.site);
                uncounted(|| lines.then(&now.since(&before)));
            }
            poll
        })
        .await;
        // The parameters of an async function die within it; but they are its caller's.
        usage.kept -= lines.kept_outside();
        self.check(&usage, || (Lines::default(), lines));
        value
    }

    /// Notes what is beyond the limits; in a test, panics.
    fn check(&'static self, usage: &Usage, lines: impl FnOnce() -> (Lines, Lines)) {
        if self.limits.exceeded_by(usage, "retained").next().is_none() {
            return;
        }
        let (before, now) = lines();
        let message = uncounted(|| {
            let excesses: Vec<_> = self.limits.exceeded_by(usage, "retained").collect();
            let done = now.since(&before);
            for excess in &excesses {
                self.note(excess, done.heaviest_line(excess.figure));
            }
            (self.unwinds && is_test_program()).then(|| {
                let name = self
                    .site
                    .about()
                    .map(|about| crate::collect::function_path((about.name)()));
                describe(&name.unwrap_or_default(), &excesses, &done)
            })
        });
        if let Some(message) = message {
            panic!("{message}");
        }
    }

    fn note(&'static self, excess: &Excess, line: Option<u32>) {
        let noted = self.noted(excess.figure);
        noted.calls.fetch_add(1, Relaxed);
        if noted.most.fetch_max(excess.found, Relaxed) < excess.found {
            noted.line.store(line.unwrap_or(0), Relaxed);
        }
        if !self.listed.swap(true, AcqRel) {
            let mut head = BUDGETS.load(Relaxed);
            loop {
                self.next.store(head, Relaxed);
                let new = ptr::from_ref(self).cast_mut();
                match BUDGETS.compare_exchange_weak(head, new, AcqRel, Relaxed) {
                    Ok(_) => break,
                    Err(other) => head = other,
                }
            }
        }
    }

    fn noted(&self, figure: Figure) -> &Noted {
        let [peak, allocs, kept] = &self.noted;
        match figure {
            Figure::Peak => peak,
            Figure::Allocs => allocs,
            Figure::Kept => kept,
        }
    }

    fn exceeded(&self) -> impl Iterator<Item = Exceeded> {
        Figure::ALL.into_iter().filter_map(|figure| {
            let noted = self.noted(figure);
            let calls = noted.calls.load(Relaxed);
            let line = noted.line.load(Relaxed);
            (calls > 0).then(|| Exceeded {
                figure: Self::name(figure).to_owned(),
                budget: self.limits.of(figure).unwrap_or_default(),
                found: noted.most.load(Relaxed),
                calls,
                line: (line > 0).then_some(line),
            })
        })
    }

    fn name(figure: Figure) -> &'static str {
        match figure {
            Figure::Peak => "peak",
            Figure::Allocs => "allocs",
            Figure::Kept => "retained",
        }
    }

    fn forget(&self) {
        for Noted { calls, most, line } in &self.noted {
            calls.store(0, Relaxed);
            most.store(0, Relaxed);
            line.store(0, Relaxed);
        }
    }
}

impl Noted {
    const fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
            most: AtomicU64::new(0),
            line: AtomicU32::new(0),
        }
    }
}

/// A call that is being measured.
pub struct Call {
    budget: &'static Budget,
    before: Lines,
    stretch: Stretch,
    /// A call stays on its thread.
    _not_send: PhantomData<*const ()>,
}

impl Drop for Call {
    fn drop(&mut self) {
        // A call that panicked has not done its work, and panicking allocates.
        if thread::panicking() {
            return;
        }
        let Some(usage) = self.stretch.usage() else {
            return;
        };
        let budget = self.budget;
        budget.check(&usage, || {
            let now = Lines::of_site(budget.site);
            (std::mem::take(&mut self.before), now)
        });
    }
}

/// What a site's function took beyond its budget, over all calls.
pub(crate) fn exceeded(site: &'static Site) -> Vec<Exceeded> {
    let budgets = all().filter(|budget| ptr::eq(budget.site, site));
    budgets.flat_map(Budget::exceeded).collect()
}

/// Forgets what was exceeded.
pub(crate) fn reset() {
    all().for_each(Budget::forget);
}

fn all() -> impl Iterator<Item = &'static Budget> {
    // SAFETY: only `&'static Budget`s are linked.
    #[expect(unsafe_code)]
    let follow = |link: &AtomicPtr<Budget>| unsafe { link.load(Acquire).as_ref::<'static>() };
    std::iter::successors(follow(&BUDGETS), move |budget| follow(&budget.next))
}

fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    record::current().counters.uncounted(work)
}

/// Whether this is a program that Cargo has built to test something. No other one is ever made to panic.
fn is_test_program() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let path = env::current_exe().unwrap_or_default();
        is_of_tests(&path) && !env::args_os().any(|word| word == "--bench")
    })
}

/// Cargo puts test programs into a folder `deps`, with 16 digits behind their names, and the others beside
/// that folder.
fn is_of_tests(program: &Path) -> bool {
    let folder = program.parent().and_then(Path::file_name);
    let stem = program.file_stem().and_then(|stem| stem.to_str());
    let digits = stem.and_then(|stem| stem.rsplit_once('-'));
    folder.is_some_and(|folder| folder == "deps")
        && digits.is_some_and(|(_, digits)| {
            digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_tests_are_told_by_where_they_stand() {
        let check = |path: &str, expected: bool| {
            assert_eq!(is_of_tests(Path::new(path)), expected, "{path}");
        };
        check("/app/target/debug/deps/app-0123456789abcdef", true);
        check("/app/target/release/deps/my-test-0123456789abcdef", true);
        check("/app/target/debug/app", false);
        check("/app/target/debug/examples/app-0123456789abcdef", false);
        check("/app/deps/app", false);
        check("/usr/deps/app-1", false);
        check("", false);
        assert!(is_test_program());
    }
}
