//! One function at one place of a source file.

use profile_trace::{symbols, types};
use serde::Serialize;

/// A call, or a function that was inlined into one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Frame {
    /// The function's path; the address where nothing is known.
    pub function: String,
    /// The function's own name with its type arguments, where the debug information has it.
    pub instance: Option<String>,
    /// The source file, as short as it stays clear.
    pub file: Option<String>,
    /// The source file, where it can be read.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
}

impl Frame {
    /// `file:line`, or the file, or the function where no file is known.
    #[must_use]
    pub fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            _ => self.function.clone(),
        }
    }

    /// The crate that the function belongs to, or, for a method, that of its type; empty for what
    /// is not Rust.
    #[must_use]
    pub fn krate(&self) -> &str {
        symbols::crate_of(&self.function)
    }

    /// Whether this is the standard library, or the C runtime that calls `main`.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        symbols::is_standard(&self.function, self.file.as_deref())
    }
}

impl<'a> From<&'a Frame> for types::Function<'a> {
    fn from(frame: &'a Frame) -> Self {
        Self {
            path: &frame.function,
            instance: frame.instance.as_deref(),
            file: frame.file.as_deref(),
        }
    }
}
