//! What the columns mean and what a table covers, in a few lines below it.

use super::Threads;
use super::columns::Column;
use super::text::one_line;
use super::units::counted;

/// Legends and notes are wrapped to this many columns.
pub(crate) const WIDTH: usize = 100;

/// Said where both the resident set and the heap are shown, since the two need not agree.
const TWO_QUESTIONS: &str = "Memory that was asked for counts in Increment at once; it becomes \
                             resident, and counts in Mem usage, when it is first written to.";

/// One sentence for each of `columns`, and one about what may surprise.
pub(crate) fn text(columns: &[Column]) -> String {
    let mut sentences: Vec<String> = columns
        .iter()
        .map(|column| format!("{}: {}.", column.title(), column.meaning()))
        .collect();
    if [Column::MemUsage, Column::Increment]
        .iter()
        .all(|c| columns.contains(c))
    {
        sentences.push(TWO_QUESTIONS.to_owned());
    }
    sentences.join(" ")
}

/// Which threads a function's figures cover; `None` where that was not recorded.
pub(crate) fn threads(threads: &Threads) -> Option<String> {
    if threads.count == 0 {
        return None;
    }
    let name = threads.name.as_deref().filter(|_| threads.count == 1);
    let name = name.map_or_else(String::new, |name| format!(" ({})", one_line(name)));
    Some(format!(
        "Ran on {}{name}.",
        counted(threads.count, "thread")
    ))
}
