//! What a program says of itself.

use std::fmt::{self, Write};

use crate::{recorder, timeline};

/// Says what the program is about to do: a line with these words in
/// [`memline plot`](https://docs.rs/memline).
///
/// Takes what [`format!`] takes. The words, at most 255 bytes of them, go into the timeline
/// (`MEMLINE_TIMELINE=FILE`) and into the recording, if there is one; otherwise nothing is done, and
/// nothing is formatted. Nothing is allocated.
///
/// ```
/// # use profile_runtime as memline;
/// memline::mark!("load");
/// for round in 0..3 {
///     memline::mark!("round {round}");
/// }
/// ```
#[macro_export]
macro_rules! mark {
    ($($words:tt)+) => {
        $crate::__private::mark(::core::format_args!($($words)+))
    };
}

/// What [`mark!`](crate::mark) calls.
pub fn mark(words: fmt::Arguments<'_>) {
    timeline::mark(words);
    recorder::mark(words);
}

/// A short text, formatted without allocating. What does not fit is cut off.
pub(crate) struct Text {
    bytes: [u8; 255],
    length: usize,
}

#[cfg_attr(
    not(all(feature = "record", target_os = "linux", target_arch = "x86_64")),
    expect(dead_code, reason = "nothing is recorded")
)]
impl Text {
    pub(crate) fn of(words: fmt::Arguments<'_>) -> Self {
        let mut text = Self {
            bytes: [0; 255],
            length: 0,
        };
        // It fails where a type of the program's does not format; what came before stays.
        let _ = text.write_fmt(words);
        text
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let mut fits = part.len().min(self.bytes.len() - self.length);
        while !part.is_char_boundary(fits) {
            fits -= 1;
        }
        self.bytes[self.length..][..fits].copy_from_slice(&part.as_bytes()[..fits]);
        self.length += fits;
        if fits < part.len() {
            return Err(fmt::Error); // there is no room for more
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "record", target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use super::Text;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(Text::of(format_args!("round {}", 7)).as_str(), "round 7");
        let long = "ä".repeat(200);
        assert_eq!(Text::of(format_args!("{long}!")).as_str(), "ä".repeat(127));
    }
}
