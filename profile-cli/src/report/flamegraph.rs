//! A flame graph: one HTML page that opens offline.

use std::collections::HashMap;
use std::io::{self, Write};

use super::facts::facts;
use super::flamedata::{Data, Recorded, Spans, threads};
use super::lens::Lens;
use super::page::Page;
use super::prune::{Pruned, pruned};
use super::{Input, Reporter};
use crate::profile::{Profile, Row, Types};

/// The most entries of when blocks began and ended; beyond it, spans of time are joined.
const LIVES: usize = 60_000;

/// A flame graph as a page.
#[derive(Clone, Copy, Debug)]
pub struct FlameGraph {
    /// The most calls in the tree; what is cut is merged, and says so.
    pub limit: usize,
}

impl Reporter for FlameGraph {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let profile = input.profile;
        let pruned = pruned(
            &profile.frames,
            &profile.calls,
            &[&profile.rows],
            self.limit,
        );
        let mut types = Types::default();
        let typed = types.rows(profile);
        let rows = pruned.rows(&typed);
        let lens = Lens::new(types.names(), &[&rows]);
        let rows = lens.rows(&rows);
        let index_of = indices(&typed, &rows, &pruned, &lens);
        let (spans, lives) = lives(profile, &index_of, LIVES);
        let data = Data::new(
            input,
            Recorded {
                frames: &pruned.frames,
                calls: &pruned.calls,
                rows: &rows,
                types: &lens.names,
                before: None,
                threads: threads(&[&rows], |number| profile.thread_name(number)),
                facts: facts(input)
                    .into_iter()
                    .map(|(name, value)| vec![name.to_owned(), value])
                    .collect(),
                spans,
                lives,
            },
        );
        write(program(profile), &data, out)
    }
}

/// Writes the page that shows `data`.
pub(super) fn write(program: &str, data: &Data<'_>, out: &mut dyn Write) -> io::Result<()> {
    let page = Page {
        title: &format!("{program} · memline flame graph"),
        style: include_str!("../../assets/flamegraph.css"),
        body: include_str!("../../assets/flamegraph.html"),
        scripts: &[
            include_str!("../../assets/d3/d3.min.js"),
            include_str!("../../assets/units.js"),
            include_str!("../../assets/flamegraph/model.js"),
            include_str!("../../assets/flamegraph/strip.js"),
            include_str!("../../assets/flamegraph/chart.js"),
            include_str!("../../assets/flamegraph/page.js"),
        ],
        licences: include_str!("../../assets/d3/LICENSE"),
    };
    page.write(data, out)
}

/// The name of the program's file.
pub(super) fn program(profile: &Profile) -> &str {
    let path = profile.facts.command_line.first();
    let path = path.map_or("program", String::as_str);
    path.rsplit('/').next().unwrap_or(path)
}

/// The index in `rows` that each thread's call of `recorded` has come to.
fn indices(
    recorded: &[Row],
    rows: &[Row],
    pruned: &Pruned,
    lens: &Lens,
) -> HashMap<(u32, u32), u64> {
    let rows = (0..).zip(rows);
    let rows = rows.map(|(index, row)| ((row.thread, row.call, row.of_type), index));
    let rows: HashMap<_, u64> = rows.collect();
    let recorded = recorded.iter();
    recorded
        .map(|row| {
            let place = (row.thread, pruned.place(row.call), lens.place(row.of_type));
            ((row.thread, row.call), rows[&place])
        })
        .collect()
}

/// When the rows' blocks began and ended, in no more than `limit` entries, and the spans of time
/// for that: an entry is the row's index, the spans, whether the blocks were temporary, bytes and
/// blocks. What lived to the end has the number of spans for its second.
fn lives(
    profile: &Profile,
    index_of: &HashMap<(u32, u32), u64>,
    limit: usize,
) -> (Spans, Vec<[u64; 6]>) {
    let division = profile.spans;
    let count = u64::from(division.count);
    let mut joined = 0;
    loop {
        let mut sums = HashMap::<[u64; 4], [u64; 2]>::new();
        for life in &profile.lives {
            let Some(row) = index_of.get(&(life.thread, life.stack)) else {
                continue; // blocks of no bytes
            };
            let ended = life
                .ended
                .map_or(count >> joined, |span| u64::from(span) >> joined);
            let key = [
                *row,
                u64::from(life.born) >> joined,
                ended,
                u64::from(life.temporary),
            ];
            let sum = sums.entry(key).or_default();
            sum[0] = sum[0].saturating_add(life.amount.bytes);
            sum[1] = sum[1].saturating_add(life.amount.blocks);
        }
        if sums.len() <= limit || count >> joined <= 1 {
            let spans = Spans {
                start: division.start,
                width: division.width << joined,
                count: count >> joined,
            };
            let entry = |([row, born, ended, temporary], [bytes, blocks]): ([u64; 4], [u64; 2])| {
                [row, born, ended, temporary, bytes, blocks]
            };
            let mut lives: Vec<_> = sums.into_iter().map(entry).collect();
            lives.sort_unstable();
            return (spans, lives);
        }
        joined += 1;
    }
}

#[cfg(test)]
mod tests {
    use profile_trace::view::{self, Amount, Division, Life};

    use super::super::Paint;
    use super::super::sample::{data_of, profile};
    use super::*;
    use crate::profile::Filter;

    fn page(profile: &Profile) -> String {
        let mut bytes = Vec::new();
        let input = Input {
            profile,
            view: view::View::Peak,
            filter: &Filter::default(),
            paint: Paint::default(),
        };
        let written = FlameGraph { limit: 100 }.write(&input, &mut bytes);
        written.expect("memory takes it");
        String::from_utf8(bytes).expect("it is UTF-8")
    }

    #[test]
    fn a_page_needs_nothing_else_and_is_small_before_data() {
        let empty = page(&Profile::default());
        assert!(empty.len() < 300 * 1024, "{} bytes", empty.len());
        for outside in ["src=", "<link", "@import", "url(", "fetch("] {
            let own = empty.replace("d3.min.js", "");
            assert!(!own.contains(outside), "{outside}");
        }
    }

    #[test]
    fn names_cannot_end_the_data() {
        let mut profile = profile();
        profile.frames[2].function = "</script><script>alert(1)</script>".to_owned();
        profile.facts.command_line = vec!["<b>".to_owned()];
        let page = page(&profile);
        assert!(!page.contains("</script><script>alert") && !page.contains("<b>"));
        let input = Input {
            profile: &profile,
            view: view::View::Peak,
            filter: &Filter::default(),
            paint: Paint::default(),
        };
        let data = data_of(&FlameGraph { limit: 100 }, &input);
        assert_eq!(data["frames"][2][0], "</script><script>alert(1)</script>");
        assert_eq!(data["rows"][0][3], 5 << 20);
    }

    #[test]
    fn entries_of_lives_stay_few_and_lose_nothing() {
        let mut profile = profile();
        profile.spans = Division {
            start: 0,
            width: 10,
            count: 128,
        };
        for born in 0..128 {
            for ended in (born..128).map(Some).chain([None]) {
                profile.lives.push(Life {
                    thread: 1,
                    stack: profile.rows[usize::from(born % 2)].call,
                    born,
                    ended,
                    temporary: false,
                    amount: Amount {
                        blocks: 1,
                        bytes: 3,
                    },
                });
            }
        }
        let rows = (0..).zip(&profile.rows);
        let index_of = rows.map(|(index, row)| ((row.thread, row.call), index));
        let index_of = index_of.collect();
        let whole = profile.lives.len() as u64;
        for (limit, count) in [(60_000, 128), (5000, 64), (10, 2)] {
            let (spans, lives) = lives(&profile, &index_of, limit);
            assert_eq!((spans.count, spans.count * spans.width), (count, 1280));
            assert!(lives.len() <= limit);
            assert_eq!(lives.iter().map(|life| life[5]).sum::<u64>(), whole);
            // What lived to the end still did.
            let leaked = lives.iter().filter(|life| life[2] == count);
            assert_eq!(leaked.map(|life| life[4]).sum::<u64>(), 3 * 128);
        }
    }
}
