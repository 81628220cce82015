//! The report as CSV (RFC 4180): one row per line of source.

use csv::{Terminator, WriterBuilder};

use super::columns::Column;
use super::{Function, Line, Report};

/// Titles and rows. Figures are integers; those of lines that never ran, and what was not
/// measured, are empty.
pub(crate) fn render(report: &Report) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let mut push = |fields: Vec<String>| {
        writer
            .write_record(fields)
            .expect("rows of one length, written to memory");
    };
    push(titles());
    for function in &report.functions {
        for line in &function.lines {
            push(row(function, line));
        }
    }
    let bytes = writer
        .into_inner()
        .expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("fields of strings make a string")
}

fn titles() -> Vec<String> {
    let names = Column::ALL.map(Column::name);
    let titles = ["file", "function", "line"]
        .into_iter()
        .chain(names)
        .chain(["source"]);
    titles.map(str::to_owned).collect()
}

fn row(function: &Function, line: &Line) -> Vec<String> {
    let figure = |column: Column| {
        let integer = line
            .figures
            .as_ref()
            .and_then(|f| column.value(f).integer());
        integer.map_or_else(String::new, |integer| integer.to_string())
    };
    let mut fields = vec![
        function.file.clone(),
        function.name.clone(),
        line.line.to_string(),
    ];
    fields.extend(Column::ALL.map(figure));
    fields.push(line.source.clone());
    fields
}
