//! Colours in text, for a terminal.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

use crate::units::Part;

/// Paints, or leaves text as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paint {
    /// Whether it paints.
    pub on: bool,
}

impl Paint {
    /// What columns are called, and what a report is about.
    pub(super) fn heading(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// A figure, by its share in the whole: half of it is red, a tenth yellow.
    pub(super) fn share(self, part: u64, whole: u64, text: String) -> String {
        match Part::of(part, whole) {
            Part::Half => self.with(AnsiColor::Red.on_default(), &text),
            Part::Tenth => self.with(AnsiColor::Yellow.on_default(), &text),
            Part::Little => text,
        }
    }

    /// A change: what grew is red, what shrank green.
    pub(super) fn change(self, change: i128, text: String) -> String {
        match change {
            1.. => self.with(AnsiColor::Red.on_default(), &text),
            0 => text,
            _ => self.with(AnsiColor::Green.on_default(), &text),
        }
    }

    fn with(self, style: Style, text: &str) -> String {
        match self.on {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

/// A text without its colours.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains('\x1b') {
        return text.into();
    }
    let parts = text.split('\x1b').map(|part| match part.strip_prefix('[') {
        Some(code) => code.split_once('m').map_or("", |(_, text)| text),
        None => part,
    });
    parts.collect::<String>().into()
}
