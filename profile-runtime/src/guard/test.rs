//! `#[memline::test]`: what it may take is checked when the test's body has returned.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::limits::Limits;
use super::lines::Lines;
use super::usage::{Stretch, Usage};
use super::{judge, unchecked};
use crate::report::json;
use crate::{exit, record};

/// The variable that names the file to which each test adds a line with its figures.
const FIGURES: &str = "MEMLINE_TEST_FIGURES";

/// A test that runs.
pub struct Test {
    /// The crate, the modules and the function.
    name: &'static str,
    /// The package, where Cargo builds it.
    package: Option<&'static str>,
    limits: Limits,
    before: Lines,
    stretch: Stretch,
}

impl Test {
    /// Begins to measure this thread.
    pub fn begin(name: &'static str, package: Option<&'static str>, limits: Limits) -> Self {
        Self {
            name,
            package,
            limits,
            before: Lines::now(),
            stretch: Stretch::begin(),
        }
    }

    /// Tells the test's figures where that is asked for, and panics if they are beyond its limits. A test
    /// that has `failed` has its own reason for that, which is not hidden by another one.
    ///
    /// # Panics
    ///
    /// If more was done than is allowed, or nothing can be counted.
    #[track_caller]
    pub fn end(self, failed: bool) {
        let usage = self.stretch.usage();
        if failed {
            return;
        }
        let name = self.name;
        let Some(usage) = usage else {
            panic!(
                "memline: {name} cannot be measured: it ended on another thread than it began; \
                 run its future with `block_on`"
            );
        };
        if let Some(reason) = unchecked(&usage) {
            panic!("memline: {name}: {reason}");
        }
        record::current().counters.uncounted(|| self.tell(&usage));
        if let Some(message) = judge(name, &self.limits, &usage, &self.before) {
            panic!("{message}");
        }
    }

    /// Adds a line to the file that is to hold the figures, if there is to be one. It is one write at the
    /// file's end, so that test programs which run at the same time do not mix theirs.
    fn tell(&self, usage: &Usage) {
        let Some(path) = env::var_os(FIGURES).filter(|path| !path.is_empty()) else {
            return;
        };
        let path = Path::new(&path);
        let file = OpenOptions::new().append(true).create(true).open(path);
        let line = self.line(usage);
        if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
            let path = path.display();
            exit::complain(&format!(
                "{path} ({FIGURES}) cannot be written: {error}; the figures of {} are lost",
                self.name
            ));
        }
    }

    fn line(&self, usage: &Usage) -> String {
        let mut line = r#"{"package":"#.to_owned();
        json::push_text(&mut line, self.package.unwrap_or_default());
        line.push_str(r#","test":"#);
        json::push_text(&mut line, self.name);
        json::push_number(&mut line, "peak", Some(usage.peak));
        json::push_number(&mut line, "allocs", Some(usage.allocs));
        json::push_number(&mut line, "leaked", Some(usage.kept.max(0)));
        line.push_str("}\n");
        line
    }
}

/// What a test returned, to be asked whether it is an `Err`. Tests return many types; of those,
/// [`Result`] has a method of its own, which comes before that of [`NoResult`].
pub struct Returned<'a, T>(pub &'a T);

impl<T, E> Returned<'_, Result<T, E>> {
    /// Whether it is an `Err`.
    pub fn failed(&self) -> bool {
        self.0.is_err()
    }
}

/// Whatever is not a [`Result`] is no failure.
pub trait NoResult {
    /// Never.
    fn failed(&self) -> bool {
        false
    }
}

impl<T> NoResult for Returned<'_, T> {}
