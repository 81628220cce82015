//! Every stack of every thread, as a page that can be sorted and searched.

use std::io::{self, Write};

use serde::Serialize;

use super::flamegraph::program;
use super::page::Page;
use super::table::{Entry, entries};
use super::{Input, Reporter};
use crate::profile::title;
use crate::units;

/// The table as a page, with whole stacks.
#[derive(Clone, Copy, Debug)]
pub struct TableHtml {
    /// The most rows; what is left out is added up in a last one.
    pub limit: usize,
}

#[derive(Serialize)]
struct Data {
    heading: String,
    command: String,
    rows: Vec<Entry>,
}

impl Reporter for TableHtml {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let profile = input.profile;
        let mut rows = entries(profile, input.view);
        let rest = rows.split_off(rows.len().min(self.limit));
        if !rest.is_empty() {
            rows.push(Entry {
                thread: "all".to_owned(),
                bytes: rest.iter().map(|row| row.bytes).sum(),
                blocks: rest.iter().map(|row| row.blocks).sum(),
                place: format!("… {} smaller", units::count(rest.len() as u64)),
                function: String::new(),
                stack: Vec::new(),
            });
        }
        let sum = profile.sum(input.view);
        let filter = input.filter.describe();
        let data = Data {
            heading: format!(
                "Memory {}: {} in {}{}{filter}",
                title(input.view),
                units::bytes(sum.bytes),
                units::blocks(sum.blocks),
                if filter.is_empty() { "" } else { ", " },
            ),
            command: profile.command(),
            rows,
        };
        let page = Page {
            title: &format!("{} · memline table", program(profile)),
            style: include_str!("../../assets/table.css"),
            body: include_str!("../../assets/table.html"),
            scripts: &[
                include_str!("../../assets/units.js"),
                include_str!("../../assets/table.js"),
            ],
            licences: "",
        };
        page.write(&data, out)
    }
}

#[cfg(test)]
mod tests {
    use profile_trace::view::View;

    use super::super::Paint;
    use super::super::sample::{data_of, profile};
    use super::*;
    use crate::profile::Filter;

    #[test]
    fn what_is_left_out_is_added_up() {
        let profile = profile();
        let input = Input {
            profile: &profile,
            view: View::Total,
            filter: &Filter::default(),
            paint: Paint::default(),
        };
        let data = data_of(&TableHtml { limit: 1 }, &input);
        assert_eq!(data["rows"].as_array().map(Vec::len), Some(2));
        assert_eq!(data["rows"][1]["place"], "… 2 smaller");
        assert_eq!(data["rows"][1]["bytes"], 5 << 20);
        assert_eq!(
            data["rows"][0]["stack"][1],
            "app::Index::build (src/index.rs:12)"
        );
    }
}
