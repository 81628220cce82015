//! Adds the tables of all threads up to a report. Nobody is stopped: each table is read as its
//! thread writes it.

use std::collections::BTreeMap;

use crate::cursor::TableRef;
use crate::line::LineTally;
use crate::report::{Figures, Function, Line, Report, Threads};
use crate::site::{Place, Site};
use crate::table::{Pending, Table};
use crate::trace::{Held, Lines};
use crate::{record, rss, site, stats};

/// What has been measured until now, the lines that are running included.
pub(crate) fn report() -> Report {
    let mut notes = Vec::from_iter(rss::missing());
    let held = Lines::now(&mut notes);
    let functions = site::all().filter_map(|site| function(site, held.as_ref()));
    let mut functions: Vec<Function> = functions.collect();
    functions
        .sort_by(|a, b| (&a.file, a.first_line, &a.name).cmp(&(&b.file, b.first_line, &b.name)));
    if !crate::start::allocator_installed() {
        notes.push(
            "memline's allocator is not installed, so that the heap's figures are all zero: enable \
             memline's feature `global-allocator`, or wrap the program's own allocator in \
             `memline::Allocator`."
                .to_owned(),
        );
    }
    Report {
        version: Report::VERSION,
        functions,
        notes,
    }
}

/// The figures of one site, or `None` if it has not run since the last reset.
fn function(site: &'static Site, held: Option<&Lines>) -> Option<Function> {
    let about = site.about()?;
    if is_test((about.name)()) {
        return None;
    }
    let place = about.place();
    let mut slots = vec![Sum::default(); place.lines.len()];
    let mut threads = Threads::default();
    let mut names = Vec::new();
    for table in record::all().filter_map(|record| record.table(site.id()).map(TableRef::get)) {
        let mut seen = slots.clone();
        table.observe(|lines, open| {
            seen.clone_from(&slots);
            add(&mut seen, lines, open);
        });
        slots = seen;
        if table.lines().is_some() {
            threads.count += table.threads.get();
            names.push(thread_name(table));
        }
    }
    if !slots.iter().any(Sum::ran) {
        return None;
    }
    threads.name = if threads.count == 1 {
        names.into_iter().flatten().next()
    } else {
        None
    };
    Some(Function {
        name: function_path((about.name)()),
        file: place.file.to_owned(),
        first_line: place.first_line(),
        calls: slots[0].figures.occurrences,
        threads,
        lines: lines(&place, &slots, held),
        exceeded: crate::guard::budget::exceeded(site),
    })
}

/// The figures of one slot over all threads.
#[derive(Clone, Default)]
struct Sum {
    figures: Figures,
    heap: i64,
}

fn add(slots: &mut [Sum], lines: &[LineTally], open: Option<(u32, Pending)>) {
    for (sum, line) in slots.iter_mut().zip(lines) {
        if !line.is_blank() {
            sum.add(line);
        }
    }
    if let Some((slot, pending)) = open {
        slots[slot as usize].add_pending(&pending);
    }
}

/// Adds to a figure. It wraps: what is read while a line is being settled may be anything, and is
/// thrown away.
fn count(figure: &mut u64, value: u64) {
    *figure = figure.wrapping_add(value);
}

impl Sum {
    /// Whether the line ran since the last reset. One that was paused then may have done things
    /// since without having begun.
    fn ran(&self) -> bool {
        let Figures {
            occurrences,
            allocs,
            frees,
            reallocs,
            ..
        } = self.figures;
        [occurrences, allocs, frees, reallocs]
            .iter()
            .any(|&figure| figure > 0)
    }

    fn add(&mut self, line: &LineTally) {
        let figures = &mut self.figures;
        count(&mut figures.occurrences, line.occurrences());
        let (gains, reallocs) = (line.gains.get(), line.reallocs.get());
        count(&mut figures.allocs, gains.wrapping_sub(reallocs));
        count(&mut figures.frees, line.frees.get());
        count(&mut figures.reallocs, reallocs);
        count(&mut figures.allocated, line.allocated.get());
        count(&mut figures.freed, line.freed.get());
        count(&mut figures.grown, line.grown.get());
        figures.peak = figures.peak.max(line.peak.get().max(0) as u64);
        self.heap = self.heap.max(line.heap.get());
        figures.heap_increment += line.heap_increment();
        figures.mem_usage = figures
            .mem_usage
            .max(Some(line.mem_usage.get()).filter(|rss| *rss > 0));
        let rss_increment = figures.rss_increment.unwrap_or(0) + line.rss_increment.get();
        figures.rss_increment = Some(rss_increment);
        let time = figures.time_ns.unwrap_or(0) + line.time.get();
        figures.time_ns = Some(time);
    }

    fn add_pending(&mut self, pending: &Pending) {
        let figures = &mut self.figures;
        count(
            &mut figures.allocs,
            pending.gains.wrapping_sub(pending.reallocs),
        );
        count(&mut figures.frees, pending.frees);
        count(&mut figures.reallocs, pending.reallocs);
        count(&mut figures.allocated, pending.allocated);
        count(&mut figures.freed, pending.freed);
        count(&mut figures.grown, pending.grown);
        figures.peak = figures.peak.max(pending.peak.max(0) as u64);
        let rss = rss::read();
        figures.mem_usage = figures.mem_usage.max(rss);
        let live = stats::live();
        self.heap = self.heap.max(live as i64);
    }

    fn finish(&self, held: Option<Held>) -> Figures {
        let figures = self.figures;
        let measured = figures.mem_usage.is_some();
        Figures {
            increment: figures.allocated.wrapping_sub(figures.freed) as i64,
            heap: self.heap.max(0) as u64,
            rss_increment: figures.rss_increment.filter(|_| measured),
            time_ns: figures.time_ns.filter(|_| crate::start::timed()),
            retained: held.map(|held| held.retained),
            churned: held.map(|held| held.churned),
            ..figures
        }
    }
}

/// A row for each line of the source, or, where the source is not known, for each that has probes.
fn lines(place: &Place, slots: &[Sum], held: Option<&Lines>) -> Vec<Line> {
    let mut rows: BTreeMap<u32, Line> = (place.first_line()..)
        .zip(place.source.lines())
        .map(|(line, source)| {
            (
                line,
                Line {
                    line,
                    source: source.to_owned(),
                    figures: None,
                },
            )
        })
        .collect();
    let slots = place.lines.iter().zip(slots);
    for (&line, slot) in slots.filter(|&(&line, _)| line != Place::NO_LINE) {
        let row = rows.entry(line).or_default();
        row.line = line;
        if slot.ran() {
            let held = held.map(|held| held.of(place.file, line));
            row.figures = Some(slot.finish(held));
        }
    }
    rows.into_values().collect()
}

/// Whether this is a `#[memline::test]`, whose lines are told when it fails.
fn is_test(name: &str) -> bool {
    name.ends_with("::__MemlineTest")
}

/// Cuts the macro's own item off a path, `index::build::__MemlineHere`; leaves a given name as it is.
pub(crate) fn function_path(name: &str) -> String {
    match name.strip_suffix("::__MemlineHere") {
        Some(function) => function.replace("::{{closure}}", ""),
        None => name.to_owned(),
    }
}

fn thread_name(table: &Table) -> Option<String> {
    let [first, second] = &table.thread_name;
    let bytes = [first.get().to_ne_bytes(), second.get().to_ne_bytes()].concat();
    let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::function_path;

    #[test]
    fn the_macros_own_item_is_cut_off() {
        let check = |path: &str, name: &str| assert_eq!(function_path(path), name);
        check("index::build::__MemlineHere", "index::build");
        check(
            "<app::T as app::Run>::run::__MemlineHere",
            "<app::T as app::Run>::run",
        );
        check(
            "app::main::{{closure}}::inner::__MemlineHere",
            "app::main::inner",
        );
        check("a name given", "a name given");
    }
}
