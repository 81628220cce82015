//! One section as a table of text.

use prettytable::{Cell, Row, Table, format};

use crate::cases::{Case, Compare, Section};
use crate::rounds::Rounds;

pub(crate) fn of(section: &Section, rounds: &Rounds) -> Table {
    let mut table = Table::new();
    table.set_format(*format::consts::FORMAT_NO_BORDER_LINE_SEPARATOR);
    let titles = [
        "what",
        "tool",
        "beside",
        "with it",
        "compared",
        "quartiles",
        "bound",
        "",
    ];
    table.set_titles(Row::new(titles.map(Cell::new).to_vec()));
    let mut last = "";
    for case in &section.cases {
        let mut cells = cells(case, rounds);
        if case.what == last {
            cells[0].clear();
        }
        last = case.what;
        table.add_row(
            cells
                .iter()
                .enumerate()
                .map(|(column, cell)| {
                    Cell::new(cell).style_spec(if (2..7).contains(&column) { "r" } else { "l" })
                })
                .collect(),
        );
    }
    table
}

fn cells(case: &Case, rounds: &Rounds) -> [String; 8] {
    let compared = rounds.compared(case.run, case.beside, case.compare);
    let value = |value: f64| format!("{} {}", number(value), case.unit);
    let compare = |value: f64| match case.compare {
        Compare::Ratio => format!("{value:.2} ×"),
        Compare::Figure => number(value),
        Compare::Difference => format!("{}{}", if value < 0.0 { "" } else { "+" }, number(value)),
    };
    let verdict = |bound| {
        if compared.median <= bound {
            "ok"
        } else {
            "OVER"
        }
    };
    [
        case.what.to_owned(),
        case.tool.to_owned(),
        match case.compare {
            Compare::Figure => String::new(),
            _ => value(rounds.figure(case.beside).median),
        },
        value(rounds.figure(case.run).median),
        compare(compared.median),
        format!("{} – {}", compare(compared.low), compare(compared.high)),
        case.bound
            .map_or_else(String::new, |bound| format!("≤ {}", compare(bound))),
        case.bound.map_or("", verdict).to_owned(),
    ]
}

/// Three digits where they matter, and none after the point where they do not.
fn number(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => grouped(value),
    }
}

/// Rounded, with a comma between the thousands.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
