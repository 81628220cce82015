//! What a function's figures suggest, said only where they leave no doubt.

use super::text::one_line;
use super::units::{Bytes, count, counted};
use super::{Exceeded, Figures, Function};
use crate::config::Unit;
use crate::guard::limits;

/// A table that says more is not read.
const MOST: usize = 5;

/// Below this many executions a pattern may be chance.
const SOME: u64 = 100;

/// Churn below this many allocations is not worth a word.
const MANY: u64 = 1000;

/// The hints for a function, heaviest first, as sentences without a full stop.
///
/// What a budget does not allow stands before them, and is never left out.
pub(crate) fn of(function: &Function) -> Vec<String> {
    let over_budget = function.exceeded.iter().map(|e| over_budget(function, e));
    over_budget.chain(suggestions(function)).collect()
}

/// A budget that was exceeded: which figure, how much was expected and found, how often, and the line.
fn over_budget(function: &Function, exceeded: &Exceeded) -> String {
    let amount = |value: u64| match exceeded.figure.as_str() {
        "allocs" => count(value),
        _ => limits::exact(value),
    };
    let Exceeded {
        figure,
        budget,
        found,
        calls,
        line,
    } = exceeded;
    let mut text = format!(
        "over budget: {}: {figure}: expected at most {}, found {} in {} of {}",
        one_line(&function.name),
        amount(*budget),
        amount(*found),
        count(*calls),
        counted(function.calls, "call"),
    );
    if let Some(line) = line {
        let did = if figure == "retained" {
            "kept"
        } else {
            "allocated"
        };
        text.push_str(&format!("; line {line} {did} most"));
    }
    text
}

fn suggestions(function: &Function) -> Vec<String> {
    let mut hints: Vec<(u64, String)> = Vec::new();
    for line in &function.lines {
        let Some(figures) = &line.figures else {
            continue;
        };
        for hint in [
            regrown(figures),
            accumulated(figures, function),
            churned(figures),
        ] {
            hints.extend(hint.map(|(bytes, said)| (bytes, format!("line {}{said}", line.line))));
        }
    }
    // Stable: of equals, the line that stands first.
    hints.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    hints.into_iter().take(MOST).map(|(_, hint)| hint).collect()
}

/// Buffers grown step by step. Runs of reallocations of one block tell buffers apart; where two
/// grow in turns the runs are short, and nothing is said.
fn regrown(figures: &Figures) -> Option<(u64, String)> {
    let &Figures {
        reallocs, grown, ..
    } = figures;
    let repeated = grown >= 1 && reallocs >= grown.saturating_mul(3);
    repeated.then(|| {
        let said = format!(
            ": {} grew {}; with_capacity would have made {} and none of these",
            counted(reallocs, "reallocation"),
            counted(grown, "buffer"),
            counted(grown, "allocation"),
        );
        (figures.allocated, said)
    })
}

/// The same bytes kept by every execution. A total that happens to be divisible is not enough
/// (one large block kept once, a vector that doubled): so are the blocks, and nothing was resized.
/// Nor is anything sure where another line of the function frees: it may free just this.
fn accumulated(figures: &Figures, function: &Function) -> Option<(u64, String)> {
    let &Figures {
        occurrences: runs,
        increment,
        allocs,
        frees,
        reallocs,
        ..
    } = figures;
    let kept = u64::try_from(increment).ok().filter(|kept| *kept > 0)?;
    let totals = [figures.allocated, figures.freed, allocs, frees];
    let rows = || {
        function
            .lines
            .iter()
            .filter_map(|line| line.figures.as_ref())
    };
    if rows().any(|row| row.increment < 0) {
        return None;
    }
    let even = runs >= SOME && totals.iter().all(|total| total.is_multiple_of(runs));
    (even && reallocs == 0 && allocs > frees).then(|| {
        let each = bytes(kept / runs);
        let said = format!(
            " ran {} times and kept {each} each time, {} in all",
            count(runs),
            bytes(kept)
        );
        (kept, said)
    })
}

/// Blocks made and thrown away by every execution.
fn churned(figures: &Figures) -> Option<(u64, String)> {
    let &Figures {
        occurrences: runs,
        allocs,
        allocated,
        ..
    } = figures;
    let balanced = figures.increment == 0 && allocs == figures.frees;
    let often = runs >= SOME && allocs >= MANY && allocs >= runs;
    (balanced && often).then(|| {
        let said = format!(
            " allocated and freed {} in {} executions and kept nothing; \
             a reused buffer would save nearly all of the {} allocations",
            bytes(allocated),
            count(runs),
            count(allocs),
        );
        (allocated, said)
    })
}

/// Sentences are read, not compared: they always use the unit that fits.
fn bytes(value: u64) -> Bytes {
    Bytes {
        value: value.into(),
        unit: Unit::Auto,
        precision: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Line;
    use expect_test::{Expect, expect};

    fn check(lines: &[Figures], expected: Expect) {
        let line = |(i, figures): (usize, &Figures)| Line {
            line: 10 + i as u32,
            source: String::new(),
            figures: Some(*figures),
        };
        let function = Function {
            lines: lines.iter().enumerate().map(line).collect(),
            ..Function::default()
        };
        expected.assert_eq(&of(&function).join("\n"));
    }

    #[test]
    fn what_is_over_budget_comes_first_and_whole() {
        let exceeded = |figure: &str, line| Exceeded {
            figure: figure.to_owned(),
            budget: 1024,
            found: 2000,
            calls: 3,
            line,
        };
        let function = Function {
            name: "app::parse".to_owned(),
            calls: 10,
            exceeded: vec![
                exceeded("peak", Some(7)),
                exceeded("allocs", None),
                exceeded("retained", Some(9)),
            ],
            ..Function::default()
        };
        expect![[r#"
            over budget: app::parse: peak: expected at most 1.0 KiB (1,024 B), found 2.0 KiB (2,000 B) in 3 of 10 calls; line 7 allocated most
            over budget: app::parse: allocs: expected at most 1,024, found 2,000 in 3 of 10 calls
            over budget: app::parse: retained: expected at most 1.0 KiB (1,024 B), found 2.0 KiB (2,000 B) in 3 of 10 calls; line 9 kept most"#]].assert_eq(&of(&function).join("\n"));
    }

    /// A line that ran `occurrences` times, allocated `allocs` blocks of 48 bytes, freed `frees`.
    fn blocks(occurrences: u64, allocs: u64, frees: u64) -> Figures {
        Figures {
            occurrences,
            allocs,
            frees,
            allocated: allocs * 48,
            freed: frees * 48,
            increment: (allocs as i64 - frees as i64) * 48,
            ..Figures::default()
        }
    }

    fn growth(reallocs: u64, grown: u64) -> Figures {
        let base = blocks(1000, grown, 0);
        Figures {
            reallocs,
            grown,
            allocated: base.allocated + 4096,
            increment: base.increment + 4096,
            ..base
        }
    }

    #[test]
    fn reallocations_of_few_buffers() {
        check(
            &[growth(17, 3)],
            expect![
                "line 10: 17 reallocations grew 3 buffers; with_capacity would have made 3 allocations and none of these"
            ],
        );
        check(
            &[growth(3, 1)],
            expect![
                "line 10: 3 reallocations grew 1 buffer; with_capacity would have made 1 allocation and none of these"
            ],
        );
        // Two buffers growing in turns, and growth that nobody could have foreseen.
        check(
            &[growth(17, 17), growth(8, 3), growth(17, 0)],
            expect![[""]],
        );
    }

    #[test]
    fn the_same_bytes_kept_each_time() {
        check(
            &[blocks(5000, 5000, 0)],
            expect!["line 10 ran 5,000 times and kept 48 B each time, 234.4 KiB in all"],
        );
        check(
            &[blocks(5000, 15_000, 5000)],
            expect!["line 10 ran 5,000 times and kept 96 B each time, 468.8 KiB in all"],
        );
        let once = Figures {
            allocated: 4800,
            increment: 4800,
            ..blocks(100, 1, 0)
        };
        let vector = Figures {
            reallocs: 8,
            ..blocks(1000, 1000, 0)
        };
        check(
            &[
                blocks(99, 99, 0),
                blocks(5000, 5001, 0),
                blocks(5000, 0, 5000),
                once,
                vector,
            ],
            expect![[""]],
        );
    }

    #[test]
    fn blocks_made_and_thrown_away() {
        check(
            &[blocks(10_000, 10_000, 10_000)],
            expect![
                "line 10 allocated and freed 468.8 KiB in 10,000 executions and kept nothing; a reused buffer would save nearly all of the 10,000 allocations"
            ],
        );
        check(
            &[blocks(500, 1000, 1000)],
            expect![
                "line 10 allocated and freed 46.9 KiB in 500 executions and kept nothing; a reused buffer would save nearly all of the 1,000 allocations"
            ],
        );
        let other = Figures {
            frees: 5000,
            ..blocks(10_000, 10_000, 10_000)
        };
        check(
            &[
                blocks(1, 5000, 5000),
                blocks(999, 999, 999),
                blocks(5000, 2000, 2000),
                other,
            ],
            expect![[""]],
        );
    }

    #[test]
    fn the_five_heaviest_in_order() {
        let lines = [1000, 4000, 2000, 7000, 5000, 4000, 6000].map(|runs| blocks(runs, runs, 0));
        check(
            &lines,
            expect![[r#"
            line 13 ran 7,000 times and kept 48 B each time, 328.1 KiB in all
            line 16 ran 6,000 times and kept 48 B each time, 281.2 KiB in all
            line 14 ran 5,000 times and kept 48 B each time, 234.4 KiB in all
            line 11 ran 4,000 times and kept 48 B each time, 187.5 KiB in all
            line 15 ran 4,000 times and kept 48 B each time, 187.5 KiB in all"#]],
        );
    }

    #[test]
    fn extreme_figures_do_not_overflow() {
        let most = Figures {
            occurrences: u64::MAX,
            increment: i64::MIN,
            grown: u64::MAX,
            reallocs: u64::MAX,
            ..Figures::default()
        };
        check(
            &[most],
            expect![
                "line 10: 18,446,744,073,709,551,615 reallocations grew 18,446,744,073,709,551,615 buffers; with_capacity would have made 18,446,744,073,709,551,615 allocations and none of these"
            ],
        );
    }
}
