//! Comma-separated values, a row per thread and stack.

use std::io::{self, Write};

use super::table::entries;
use super::{Input, Reporter};

/// A row per thread and stack; the stack's calls lie in one cell, the innermost first, with `;`
/// between them.
#[derive(Clone, Copy, Debug)]
pub struct Csv;

impl Reporter for Csv {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(["thread", "bytes", "blocks", "location", "function", "stack"])?;
        for row in entries(input.profile, input.view) {
            writer.write_record([
                row.thread,
                row.bytes.to_string(),
                row.blocks.to_string(),
                row.place,
                row.function,
                row.stack.join(";"),
            ])?;
        }
        writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use profile_trace::view::View;

    use super::super::sample::check;
    use super::*;

    #[test]
    fn a_row_per_stack() {
        check(
            &Csv,
            View::Leaks,
            expect![[r#"
            thread,bytes,blocks,location,function,stack
            worker,4096,2,worker-1.0.0/src/lib.rs:7,worker::run,"alloc::raw_vec::RawVec<T,A>::grow_one (std::alloc/raw_vec.rs:340);worker::run (worker-1.0.0/src/lib.rs:7)"
            main,64,1,src/index.rs:12,app::Index::build,"alloc::raw_vec::RawVec<T,A>::grow_one (std::alloc/raw_vec.rs:340);app::Index::build (src/index.rs:12);app::main (src/main.rs:40);std::rt::lang_start (std::std/rt.rs:206)"
        "#]],
        );
    }
}
