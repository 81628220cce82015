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

impl Filter {
    /// Whether it lets a thread's stack pass.
    #[must_use]
    pub fn passes(&self, thread: u32, name: &str, frames: &[Frame]) -> bool {
        let is_thread = |wanted: &String| thread.to_string() == *wanted || name == wanted;
        let is_crate = |krate: &String| frames.iter().any(|frame| frame.krate() == krate);
        let matches = |pattern: &Regex| {
            let mut frames = frames.iter();
            frames.any(|frame| pattern.is_match(&frame.function))
        };
        self.thread.as_ref().is_none_or(is_thread)
            && self.krate.as_ref().is_none_or(is_crate)
            && self.function.as_ref().is_none_or(matches)
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
