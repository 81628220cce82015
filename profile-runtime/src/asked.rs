//! What the environment asks for before anything may be allocated.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A question to the environment that is asked once: when the first thread begins to count.
pub(crate) struct Question(AtomicBool);

impl Question {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Whether one of the variables is set, for whoever is first to want to know; all others are told
    /// no. Nothing is allocated.
    pub(crate) fn ask(&self, variables: &[&CStr]) -> bool {
        if self.0.load(Relaxed) || self.0.swap(true, Relaxed) {
            return false;
        }
        // SAFETY: C strings; what is returned is only compared with null.
        #[expect(unsafe_code)]
        variables
            .iter()
            .any(|variable| unsafe { !libc::getenv(variable.as_ptr()).is_null() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told() {
        let question = Question::new();
        assert!(question.ask(&[c"MEMLINE_NO_SUCH_VARIABLE", c"PATH"]));
        assert!(!question.ask(&[c"PATH"]));
    }

    #[test]
    fn what_is_not_set() {
        assert!(!Question::new().ask(&[c"MEMLINE_NO_SUCH_VARIABLE"]));
    }
}
