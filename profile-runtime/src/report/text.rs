//! Source lines and sentences made fit for a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Distance between tab stops.
const TAB: usize = 4;

/// `source` with its tabs expanded and without a character that moves the cursor, changes colours
/// or turns the direction of writing.
pub(crate) fn one_line(source: &str) -> String {
    let mut line = String::with_capacity(source.len());
    let mut column = 0;
    for c in source.chars() {
        if c == '\t' {
            let spaces = TAB - column % TAB;
            line.extend(std::iter::repeat_n(' ', spaces));
            column += spaces;
        } else {
            let c = harmless(c);
            line.push(c);
            column += c.width().unwrap_or(0);
        }
    }
    line
}

/// `c`, or a picture of it where printing it would do something.
pub(crate) fn harmless(c: char) -> char {
    match c {
        // The block of control pictures mirrors ASCII: U+241B shows an escape.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'                                      // C1 controls
        | '\u{61c}' | '\u{200e}' | '\u{200f}'                    // marks of direction
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'      // embeddings, overrides, isolates
        | '\u{2028}' | '\u{2029}' => char::REPLACEMENT_CHARACTER, // line and paragraph separators
        _ => c,
    }
}

/// The columns that `text` takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in lines of at most `limit` columns, broken between words.
pub(crate) fn wrapped(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut column = 0;
    for word in text.split_whitespace() {
        let needed = width(word);
        if column > 0 && column + 1 + needed > limit {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += needed;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(sources: &[&str], expected: Expect) {
        let lines: Vec<String> = sources
            .iter()
            .map(|s| format!("[{}]", one_line(s)))
            .collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn tabs_stop_at_every_fourth_column() {
        check(
            &["\tx", "  \tx", "1234\tx", "語\tx", "語言\tx", "e\u{301}\tx"],
            expect![[r#"
            [    x]
            [    x]
            [1234    x]
            [語  x]
            [語言    x]
            [é   x]"#]],
        );
    }

    #[test]
    fn nothing_is_left_that_a_terminal_would_obey() {
        check(
            &[
                "\x1b[31mred\x1b[0m",
                "back\x08\x08\rover",
                "c1 \u{9b}31m \u{7f}",
                "rtl \u{202e}txet\u{202c}",
                "sep\u{2028}\u{2029}\0",
            ],
            expect![[r#"
                [␛[31mred␛[0m]
                [back␈␈␍over]
                [c1 �31m ␡]
                [rtl �txet�]
                [sep��␀]"#]],
        );
    }

    #[test]
    fn lines_break_between_words() {
        expect![[r#"
            one two
            three
            four
            overlongword
            x"#]]
        .assert_eq(&wrapped("one two three four overlongword x", 9));
    }
}
