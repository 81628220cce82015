//! The report as JSON: one object, whose keys are the names of the columns.

use super::Report;

/// The object, without a line ending. Bytes and nanoseconds are integers, lines that never ran
/// have no figures, and what was not measured is null.
pub(crate) fn render(report: &Report) -> String {
    serde_json::to_string(report).expect("string keys and plain numbers always serialize")
}
