//! Folded stacks: a line per stack, as flame graph tools read them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Input, Reporter};

/// `outermost;…;innermost BYTES`, a line per stack.
#[derive(Clone, Copy, Debug)]
pub struct Folded;

impl Reporter for Folded {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut lines = BTreeMap::<String, u64>::new();
        for row in &input.profile.rows {
            let bytes = row.amount(input.view).bytes;
            if bytes == 0 {
                continue;
            }
            let frames = input.profile.frames_of(row.call);
            // A semicolon separates frames.
            let mut names: Vec<String> = frames
                .map(|frame| frame.function.replace([';', '\n'], ":"))
                .collect();
            names.push(
                input
                    .profile
                    .thread_name(row.thread)
                    .replace([';', '\n'], ":"),
            );
            names.reverse();
            *lines.entry(names.join(";")).or_default() += bytes;
        }
        for (stack, bytes) in lines {
            writeln!(out, "{stack} {bytes}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use profile_trace::view::View;

    use super::super::sample::check;
    use super::*;

    #[test]
    fn a_line_per_stack() {
        check(
            &Folded,
            View::Peak,
            expect![[r#"
            main;std::rt::lang_start;app::main;app::Index::build;alloc::raw_vec::RawVec<T,A>::grow_one 5242880
            main;std::rt::lang_start;app::main;app::Index::build;app::read;std::fs::read_to_string 2048
            worker;worker::run;alloc::raw_vec::RawVec<T,A>::grow_one 1048576
        "#]],
        );
    }
}
