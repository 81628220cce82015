//! What memory is added up by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config::{ParseError, listed};

/// What memory is added up by.
///
/// Its name is what [`Display`](fmt::Display) writes and [`FromStr`] reads.
///
/// ```
/// # use profile_runtime as memline;
/// use memline::Key;
///
/// assert_eq!("stack".parse(), Ok(Key::Stack));
/// assert_eq!(Key::Type.to_string(), "type");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Key {
    /// The line that allocated: the innermost outside of the standard library.
    #[default]
    Line,
    /// The whole call stack.
    Stack,
    /// The type that was allocated for, such as `Vec<app::Particle>`; for what no function tells the
    /// type of, the function.
    Type,
    /// The function that allocated: the innermost outside of the standard library.
    Function,
    /// The crate of that function.
    Crate,
}

impl Key {
    /// All keys.
    pub const ALL: [Key; 5] = [Key::Line, Key::Stack, Key::Type, Key::Function, Key::Crate];

    /// The key's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Key::Line => "line",
            Key::Stack => "stack",
            Key::Type => "type",
            Key::Function => "function",
            Key::Crate => "crate",
        }
    }

    /// The name of several.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Key::Line => "lines",
            Key::Stack => "stacks",
            Key::Type => "types",
            Key::Function => "functions",
            Key::Crate => "crates",
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Key {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let is = |key: &Key| key.name().eq_ignore_ascii_case(text);
        Key::ALL
            .into_iter()
            .find(is)
            .ok_or_else(|| ParseError::new(text, "a key", &listed(&Key::ALL.map(Key::name))))
    }
}
