//! Where memory went, function by function, every byte of it.

use std::io::{self, Write};

use super::top::grid;
use super::{Input, Reporter, heading, json};
use crate::profile::{Grouping, groups};
use crate::units;

/// All functions that hold memory, with what they called. What is not shown is added up.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// The most rows.
    pub limit: usize,
    /// Whether a program is to read it.
    pub json: bool,
}

impl Reporter for Summary {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut groups = groups(input.profile, input.view, Grouping::Function);
        groups.sort_by(|a, b| {
            let rank = |bytes: u64| std::cmp::Reverse(bytes);
            (rank(a.total_bytes), &a.label).cmp(&(rank(b.total_bytes), &b.label))
        });
        if self.json {
            return json(&groups, out);
        }
        heading(input, out)?;
        writeln!(out)?;
        let sum = input.profile.sum(input.view);
        let rest = groups.split_off(groups.len().min(self.limit));
        grid(&groups, sum.bytes, Grouping::Function, input.paint).write(out)?;
        if !rest.is_empty() {
            let bytes: u64 = rest.iter().map(|group| group.own_bytes).sum();
            let (count, bytes) = (units::count(rest.len() as u64), units::bytes(bytes));
            writeln!(
                out,
                "… {count} more functions, with {bytes} of their own; --limit N shows more"
            )?;
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
    fn callers_come_first_and_the_rest_is_told() {
        check(
            &Summary {
                limit: 2,
                json: false,
            },
            View::Total,
            expect![[r#"
                app folder
                Memory allocated in total: 14.0 MiB in 544 blocks

                    Own       %  Blocks     Total       %  Function
                -------- ------- ------- --------- ------- ------------------
                9.0 MiB  64.3 %     300  13.0 MiB  92.9 %  app::Index::build
                    0 B   0.0 %       0  13.0 MiB  92.9 %  app::main
                … 2 more functions, with 5.0 MiB of their own; --limit N shows more
            "#]],
        );
    }
}
