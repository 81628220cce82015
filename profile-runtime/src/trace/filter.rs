//! Which allocations are looked at.

use super::Frame;

/// What allocations have in common that are looked at, or are left out.
///
/// A snapshot keeps what one of the filters that are made by [`only`](Self::only) matches, if there
/// are any, and none that are made by [`without`](Self::without) does. A filter matches if all that is
/// asked of it holds.
///
/// ```no_run
/// # use profile_runtime as memline;
/// use memline::trace::{Filter, Snapshot};
///
/// let snapshot = Snapshot::take()?;
/// let ours = snapshot.filter([
///     Filter::only().file("src/*"),
///     Filter::without().function("*::tests::*").all_frames(),
/// ]);
/// # let _ = ours;
/// # Ok::<(), memline::trace::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a filter does nothing by itself"]
pub struct Filter {
    inclusive: bool,
    file: Option<String>,
    line: Option<u32>,
    function: Option<String>,
    krate: Option<String>,
    thread: Option<String>,
    all_frames: bool,
}

impl Filter {
    const fn new(inclusive: bool) -> Self {
        Self {
            inclusive,
            file: None,
            line: None,
            function: None,
            krate: None,
            thread: None,
            all_frames: false,
        }
    }

    /// Keeps what matches.
    pub const fn only() -> Self {
        Self::new(true)
    }

    /// Leaves out what matches.
    pub const fn without() -> Self {
        Self::new(false)
    }

    /// The source file matches a pattern, in which `*` stands for anything and `?` for one character.
    pub fn file(mut self, pattern: impl Into<String>) -> Self {
        self.file = Some(pattern.into());
        self
    }

    /// The line has this number.
    pub fn line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// The path of the function matches a pattern; see [`file`](Self::file).
    pub fn function(mut self, pattern: impl Into<String>) -> Self {
        self.function = Some(pattern.into());
        self
    }

    /// The function belongs to this crate.
    pub fn krate(mut self, name: impl Into<String>) -> Self {
        self.krate = Some(name.into());
        self
    }

    /// The thread that allocated has this name, or this number.
    pub fn thread(mut self, name: impl Into<String>) -> Self {
        self.thread = Some(name.into());
        self
    }

    /// Looks at every frame of a stack that is not the standard library's, where otherwise the
    /// innermost of them counts.
    pub fn all_frames(mut self) -> Self {
        self.all_frames = true;
        self
    }

    pub(super) fn looks_at_all_frames(&self) -> bool {
        self.all_frames
    }

    pub(super) fn matches_frame(&self, frame: &Frame) -> bool {
        let file = |pattern: &String| {
            let known = [&frame.file, &frame.path].into_iter().flatten();
            known.into_iter().any(|file| matches(pattern, file))
        };
        self.file.as_ref().is_none_or(file)
            && self.line.is_none_or(|line| frame.line == Some(line))
            && self
                .function
                .as_ref()
                .is_none_or(|pattern| matches(pattern, &frame.function))
            && self
                .krate
                .as_ref()
                .is_none_or(|krate| of_crate(krate, &frame.function))
    }

    pub(super) fn matches_thread(&self, number: u32, name: &str) -> bool {
        let is = |wanted: &String| wanted == name || *wanted == number.to_string();
        self.thread.as_ref().is_none_or(is)
    }

    /// Whether something passes, where `matches` says which filters match.
    pub(super) fn let_pass(
        filters: &[Filter],
        mut matches: impl FnMut(usize, &Filter) -> bool,
    ) -> bool {
        let (mut asked, mut included) = (false, false);
        for (index, filter) in filters.iter().enumerate() {
            let matched = matches(index, filter);
            if filter.inclusive {
                asked = true;
                included |= matched;
            } else if matched {
                return false;
            }
        }
        included || !asked
    }
}

fn of_crate(krate: &str, function: &str) -> bool {
    let path = function.trim_start_matches(['<', '&']);
    path.strip_prefix(krate)
        .is_some_and(|rest| rest.starts_with("::"))
}

/// Whether `text` is as the pattern says.
fn matches(pattern: &str, text: &str) -> bool {
    // Where a star ended last, and what of the text it stood for.
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut of) = (0, 0);
    let mut star = None;
    while of < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(&c) if c == b'?' || c == text[of] => {
                at += 1;
                of += 1;
            }
            _ => {
                let Some((after, stood)) = star else {
                    return false;
                };
                star = Some((after, stood + 1));
                at = after + 1;
                of = stood + 1;
            }
        }
    }
    pattern[at..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(file: &str, line: u32, function: &str) -> Frame {
        Frame {
            function: function.to_owned(),
            file: Some(file.to_owned()),
            path: None,
            line: Some(line),
        }
    }

    #[test]
    fn patterns_have_stars_and_question_marks() {
        let check = |pattern, text, expected| {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}")
        };
        check("src/main.rs", "src/main.rs", true);
        check("src/*", "src/a/b.rs", true);
        check("*.rs", "src/a.rs", true);
        check("*a*b*", "xxaxxbxx", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("", "", true);
        check("*", "", true);
        check("a", "ab", false);
        check("*ab", "aab", true);
    }

    #[test]
    fn all_that_is_asked_must_hold() {
        let frame = frame("src/a.rs", 3, "app::a::f");
        let filter = Filter::only().file("src/*").line(3).krate("app");
        assert!(filter.matches_frame(&frame));
        assert!(!filter.clone().function("app::b::*").matches_frame(&frame));
        assert!(!filter.line(4).matches_frame(&frame));
        let thread = Filter::only().thread("worker");
        assert!(thread.matches_thread(7, "worker") && !thread.matches_thread(7, "main"));
        assert!(Filter::only().thread("7").matches_thread(7, "main"));
    }

    #[test]
    fn one_that_includes_is_enough_and_one_that_excludes_is_too_much() {
        let pass = |filters: &[Filter], matched: &[bool]| {
            Filter::let_pass(filters, |index, _| matched[index])
        };
        let filters = [Filter::only(), Filter::only(), Filter::without()];
        assert!(pass(&filters, &[false, true, false]));
        assert!(!pass(&filters, &[false, false, false]));
        assert!(!pass(&filters, &[true, true, true]));
        assert!(pass(&filters[2..], &[false]));
        assert!(pass(&[], &[]));
    }
}
