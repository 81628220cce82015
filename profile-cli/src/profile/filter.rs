//! Which part of a profile is looked at.

use regex::Regex;

use super::Frame;

/// What rows must have in common to be looked at; nothing is asked of them by default.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The thread's name or number.
    pub thread: Option<String>,
    /// A crate that the stack passes through.
    pub krate: Option<String>,
    /// What a function of the stack matches.
    pub function: Option<Regex>,
    /// The span of time, in words: what is outside has not been added up.
    pub time: Option<String>,
}

/// What of that which a filter asks for a frame has; all of it where nothing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether it is of the crate.
    pub krate: bool,
    /// Whether its function matches.
    pub function: bool,
}

impl Filter {
    /// What of that which is asked for a frame has.
    #[must_use]
    pub fn find(&self, frame: &Frame) -> Found {
        let is_crate = |krate: &String| frame.krate() == krate;
        let matches = |pattern: &Regex| pattern.is_match(&frame.function);
        Found {
            krate: self.krate.as_ref().is_none_or(is_crate),
            function: self.function.as_ref().is_none_or(matches),
        }
    }

    /// Whether it lets a thread's stack pass, by what its frames have.
    #[must_use]
    pub fn passes(
        &self,
        thread: u32,
        name: &str,
        frames: impl Iterator<Item = Found> + Clone,
    ) -> bool {
        let is_thread = |wanted: &String| thread.to_string() == *wanted || name == wanted;
        self.thread.as_ref().is_none_or(is_thread)
            && (self.krate.is_none() || frames.clone().any(|found| found.krate))
            && (self.function.is_none() || frames.clone().any(|found| found.function))
    }

    /// What is asked for, in words; empty for nothing.
    #[must_use]
    pub fn describe(&self) -> String {
        let thread = self.thread.as_ref().map(|name| format!("thread {name}"));
        let krate = self.krate.as_ref().map(|name| format!("crate {name}"));
        let function = self
            .function
            .as_ref()
            .map(|name| format!("functions that match {name}"));
        let parts: Vec<String> = [thread, krate, function, self.time.clone()]
            .into_iter()
            .flatten()
            .collect();
        parts.join(", ")
    }

    /// Whether it lets every stack pass.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.thread.is_none() && self.krate.is_none() && self.function.is_none()
    }
}
