//! Which part of a profile is looked at.

use regex::Regex;

use super::{Frame, Profile};

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

impl Filter {
    /// Leaves only the rows that pass.
    pub fn apply(&self, profile: &mut Profile) {
        let mut rows = std::mem::take(&mut profile.rows);
        rows.retain(|row| {
            let is_thread = |wanted: &String| {
                row.thread.to_string() == *wanted || profile.thread_name(row.thread) == *wanted
            };
            let passes = |test: &dyn Fn(&Frame) -> bool| profile.frames_of(row.call).any(test);
            self.thread.as_ref().is_none_or(is_thread)
                && self
                    .krate
                    .as_ref()
                    .is_none_or(|krate| passes(&|frame| frame.krate() == krate))
                && self
                    .function
                    .as_ref()
                    .is_none_or(|function| passes(&|frame| function.is_match(&frame.function)))
        });
        profile.rows = rows;
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

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.describe().is_empty()
    }
}
