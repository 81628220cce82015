//! What is known of the program: its rows, what they are called, and their sums.

#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::SystemTime;

use hashbrown::HashMap;
use profile_trace::live::{End, Moment, News, OTHER_THREADS, Row};
use profile_trace::read::{Facts, Stacks};
use profile_trace::symbols::{Frame, Symbols};
use profile_trace::types;

use super::history::{History, Point};
use crate::units;

/// What rows are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Function,
    Line,
    Type,
}

/// What lives somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) bytes: i64,
    pub(super) blocks: i64,
    pub(super) allocs: u64,
    /// Bytes that lived at the mark.
    pub(super) before: i64,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.blocks += other.blocks;
        self.allocs += other.allocs;
        self.before += other.before;
    }

    pub(super) fn grown(&self) -> i64 {
        self.bytes - self.before
    }
}

/// What one thread allocated at one stack.
#[derive(Clone, Copy, Debug)]
struct Site {
    thread: u32,
    /// The index of its names.
    named: u32,
    sum: Sum,
}

/// A function, a line or a type.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) label: String,
    /// Where it is: the file of a function, the function of a line.
    pub(super) place: String,
    /// With what it called.
    pub(super) total: Sum,
    pub(super) own: Sum,
}

/// The names of a stack's calls.
#[derive(Debug)]
struct Named {
    /// The numbers of names, the innermost first.
    names: Box<[u32]>,
    /// The same, each once: what changes is charged to these.
    distinct: Box<[u32]>,
    /// What is allocated.
    type_: u32,
}

/// A call as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    function: String,
    file: String,
    line: u32,
}

/// The numbers of the names of a call and what was inlined into it, and which are the program's own.
type Call = Arc<[(u32, bool)]>;

/// What is known of the program.
pub(super) struct Model {
    pub(super) facts: Facts,
    pub(super) moment: Moment,
    pub(super) history: History,
    /// Moments that the program has left out.
    pub(super) skipped: u64,
    pub(super) end: Option<End>,
    stacks: Stacks,
    symbols: Symbols,
    names: Interned<Name>,
    types: Interned<String>,
    /// By the base of the module and the address.
    calls: HashMap<(u64, u64), Call>,
    named: Vec<Named>,
    named_of: HashMap<u32, u32>,
    sites: Vec<Site>,
    site_of: HashMap<(u32, u32), usize>,
    by: By,
    /// Whose rows are added up; all without one.
    thread: Option<u32>,
    groups: Vec<Group>,
    /// The group of each name, or of each type, by number; [`NONE`] where it is not known yet.
    group_of: Vec<u32>,
    group_of_label: HashMap<String, u32>,
    /// Bytes of each type in a group itself.
    types_of: HashMap<(u32, u32), i64>,
    all: Sum,
    marked: Option<u64>,
    /// Scratch of [`charge`](Self::charge).
    seen: Vec<u32>,
}

/// No group.
const NONE: u32 = u32::MAX;

/// Values that are numbered as they come.
#[derive(Debug)]
struct Interned<T> {
    numbers: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Interned<T> {
    fn new() -> Self {
        Self {
            numbers: HashMap::new(),
            values: Vec::new(),
        }
    }

    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = self.values.len() as u32;
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            facts: Facts::default(),
            moment: Moment::default(),
            history: History::default(),
            skipped: 0,
            end: None,
            stacks: Stacks::default(),
            symbols: Symbols::since(None, String::new()),
            names: Interned::new(),
            types: Interned::new(),
            calls: HashMap::new(),
            named: Vec::new(),
            named_of: HashMap::new(),
            sites: Vec::new(),
            site_of: HashMap::new(),
            by: By::Function,
            thread: None,
            groups: Vec::new(),
            group_of: Vec::new(),
            seen: Vec::new(),
            group_of_label: HashMap::new(),
            types_of: HashMap::new(),
            all: Sum::default(),
            marked: None,
        }
    }

    /// Learns what the program tells. What it says of requests is returned.
    pub(super) fn learn(&mut self, news: News<'_>) -> Option<Result<String, String>> {
        match news {
            News::Facts(facts) => {
                let began = facts
                    .began
                    .and_then(|t| SystemTime::UNIX_EPOCH.checked_add(t));
                self.symbols = Symbols::since(began, facts.directory.clone());
                self.facts = *facts;
            }
            News::Tables(payload) => {
                // What it does not understand has no names; figures stay right.
                let _ = self.stacks.read(payload);
            }
            News::Rows(rows) => rows.iter().for_each(|row| self.add(row)),
            News::Moment(moment) => {
                self.history.add(Point {
                    rss: moment.highest_rss,
                    heap: moment.highest_heap,
                });
                self.skipped += moment.skipped;
                self.moment = moment;
            }
            News::Done(text) => return Some(Ok(text.to_owned())),
            News::Failed(text) => return Some(Err(text.to_owned())),
            News::Ended(end) => self.end = Some(end),
        }
        None
    }

    fn add(&mut self, row: &Row) {
        let change = Sum {
            bytes: row.bytes,
            blocks: row.blocks,
            allocs: row.allocs,
            before: 0,
        };
        let next = self.sites.len();
        let index = *self.site_of.entry((row.thread, row.stack)).or_insert(next);
        if index == next {
            let named = self.name(row.stack);
            self.sites.push(Site {
                thread: row.thread,
                named,
                sum: Sum::default(),
            });
        }
        let site = &mut self.sites[index];
        site.sum.add(&change);
        let named = site.named;
        self.charge(row.thread, named, &change);
    }

    /// Adds to the sums of all groups that a stack leads through, whose names these are.
    fn charge(&mut self, thread: u32, named: u32, change: &Sum) {
        if self.thread.is_some_and(|wanted| wanted != thread) {
            return;
        }
        self.all.add(change);
        let named = &self.named[named as usize];
        let type_ = named.type_;
        if self.by == By::Type {
            let group = group(
                &mut self.groups,
                &mut self.group_of,
                &mut self.group_of_label,
                type_,
                || (self.types.values[type_ as usize].clone(), String::new()),
            );
            let group = &mut self.groups[group as usize];
            group.total.add(change);
            group.own.add(change);
            return;
        }
        let seen = &mut self.seen;
        seen.clear();
        for (depth, number) in named.distinct.iter().enumerate() {
            let by = self.by;
            let label = || {
                let name = &self.names.values[*number as usize];
                match by {
                    By::Line if !name.file.is_empty() => (
                        format!("{}:{}", name.file, name.line),
                        name.function.clone(),
                    ),
                    _ => (name.function.clone(), name.file.clone()),
                }
            };
            let group = group(
                &mut self.groups,
                &mut self.group_of,
                &mut self.group_of_label,
                *number,
                label,
            );
            if depth == 0 {
                self.groups[group as usize].own.add(change);
                *self.types_of.entry((group, type_)).or_default() += change.bytes;
            }
            // A function counts once, at however many lines.
            if !seen.contains(&group) {
                self.groups[group as usize].total.add(change);
                seen.push(group);
            }
        }
    }

    /// Finds the names of a stack: those of the program, or else all.
    fn name(&mut self, stack: u32) -> u32 {
        if let Some(known) = self.named_of.get(&stack) {
            return *known;
        }
        let mut frames: Vec<Arc<[Frame]>> = Vec::new();
        let mut all = Vec::new();
        for node in self.stacks.calls(stack) {
            let module = self.stacks.module(node);
            let key = (module.map_or(0, |module| module.base), node.address);
            let call = self.symbols.call(module, node.address);
            let known = self.calls.entry(key).or_insert_with(|| {
                let shown = call.iter().filter(|frame| !frame.is_memlines());
                let named = |frame| (self.names.number(name_of(frame)), !frame.is_standard());
                shown.map(named).collect()
            });
            all.extend_from_slice(known);
            frames.push(call);
        }
        let frames = frames.iter().flat_map(|call| call.iter());
        let frames = frames.filter(|frame| !frame.is_memlines());
        let has_own = all.iter().any(|(_, is_own)| *is_own);
        let shown = all.iter().filter(|(_, is_own)| *is_own || !has_own);
        let mut names: Vec<u32> = shown.map(|(name, _)| *name).collect();
        if !has_own && frames.clone().any(|frame| !frame.krate().is_empty()) {
            names.truncate(1); // the standard library by itself: what starts the program
        }
        if names.is_empty() {
            names.push(self.names.number(no_stack()));
        }
        let type_ = types::of(frames);
        let mut distinct = Vec::with_capacity(names.len());
        for name in &names {
            if !distinct.contains(name) {
                distinct.push(*name);
            }
        }
        let named = Named {
            names: names.into(),
            distinct: distinct.into(),
            type_: self.types.number(type_.unwrap_or_else(|| "—".to_owned())),
        };
        let index = self.named.len() as u32;
        self.named.push(named);
        self.named_of.insert(stack, index);
        index
    }

    /// Adds up by something else, or for another thread.
    pub(super) fn look_at(&mut self, by: By, thread: Option<u32>) {
        if (by, thread) != (self.by, self.thread) {
            (self.by, self.thread) = (by, thread);
            self.add_up();
        }
    }

    fn add_up(&mut self) {
        self.groups.clear();
        self.group_of.clear();
        self.group_of_label.clear();
        self.types_of.clear();
        self.all = Sum::default();
        for site in std::mem::take(&mut self.sites) {
            self.charge(site.thread, site.named, &site.sum);
            self.sites.push(site);
        }
    }

    /// What has grown counts from now on.
    pub(super) fn mark(&mut self) {
        self.marked = Some(self.moment.time);
        for site in &mut self.sites {
            site.sum.before = site.sum.bytes;
        }
        self.add_up();
    }

    /// When growth began to count, in nanoseconds since the program began.
    pub(super) fn marked(&self) -> Option<u64> {
        self.marked
    }

    /// All groups. Their indices stay while the same is [looked at](Self::look_at).
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The sum of all that is looked at.
    pub(super) fn all(&self) -> &Sum {
        &self.all
    }

    /// The type of most bytes that a group itself holds.
    pub(super) fn type_of(&self, group: u32) -> &str {
        // Types are few where groups are many.
        let types = 0..self.types.values.len() as u32;
        let bytes = |type_: &u32| self.types_of.get(&(group, *type_)).copied().unwrap_or(0);
        let most = types.filter(|type_| bytes(type_) > 0).max_by_key(bytes);
        most.map_or("", |type_| &self.types.values[type_ as usize])
    }

    /// The stacks that lead through a group, with what they hold, the largest first; at most so many.
    pub(super) fn stacks_of(&self, group: u32, most: usize) -> Vec<(Sum, Vec<&str>)> {
        let in_group = |site: &&Site| {
            let named = &self.named[site.named as usize];
            let is = |number: &u32| self.group_of.get(*number as usize) == Some(&group);
            self.thread.is_none_or(|thread| thread == site.thread)
                && match self.by {
                    By::Type => is(&named.type_),
                    _ => named.distinct.iter().any(is),
                }
        };
        let mut sums = HashMap::<u32, Sum>::new();
        for site in self.sites.iter().filter(in_group) {
            sums.entry(site.named).or_default().add(&site.sum);
        }
        let mut stacks: Vec<(u32, Sum)> = sums.into_iter().collect();
        stacks.retain(|(_, sum)| sum.bytes > 0);
        stacks.sort_by_key(|(named, sum)| (std::cmp::Reverse(sum.bytes), *named));
        // Lines do not tell stacks apart here; so many are enough to find those that differ.
        stacks.truncate(most * 20);
        let mut merged = Vec::<(Sum, Vec<&str>)>::new();
        for (named, sum) in stacks {
            let functions = self.functions(named);
            match merged.iter_mut().find(|(_, known)| *known == functions) {
                Some((known, _)) => known.add(&sum),
                None => merged.push((sum, functions)),
            }
        }
        merged.sort_by_key(|(sum, _)| std::cmp::Reverse(sum.bytes));
        merged.truncate(most);
        merged
    }

    /// The functions of a stack, the outermost first.
    fn functions(&self, named: u32) -> Vec<&str> {
        let names = &self.named[named as usize].names;
        let mut functions: Vec<&str> = names
            .iter()
            .rev()
            .map(|number| &*self.names.values[*number as usize].function)
            .collect();
        functions.dedup();
        functions
    }

    /// Threads that have allocated something, by number.
    pub(super) fn threads(&self) -> Vec<u32> {
        let mut threads: Vec<u32> = self.sites.iter().map(|site| site.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    pub(super) fn thread_name(&self, number: u32) -> String {
        if number == OTHER_THREADS {
            return "other threads".to_owned();
        }
        let name = self.stacks.thread(number).map(|thread| &*thread.name);
        match name {
            Some(name) if !name.is_empty() => format!("{name} (thread {number})"),
            _ => format!("thread {number}"),
        }
    }

    /// The program and its arguments.
    pub(super) fn command(&self) -> String {
        self.facts.command_line.join(" ")
    }

    pub(super) fn process(&self) -> u64 {
        self.facts.process.unwrap_or(0)
    }

    /// What lived when nobody looked yet, and is in no row, if anything did.
    pub(super) fn before(&self) -> Option<String> {
        let before = self.facts.live_before;
        let told = || format!("{} lived before, and are in no row", units::bytes(before));
        (before > 0).then(told)
    }

    /// That the program lacks what names come from.
    pub(super) fn problem(&self) -> Option<String> {
        let own = |(path, _): &(&str, _)| *path == self.facts.executable;
        let (path, problem) = self.symbols.problems().find(own)?;
        Some(format!("{path} {problem}"))
    }
}

/// The group that a number belongs to, which `label` names.
fn group(
    groups: &mut Vec<Group>,
    group_of: &mut Vec<u32>,
    of_label: &mut HashMap<String, u32>,
    number: u32,
    label: impl FnOnce() -> (String, String),
) -> u32 {
    let number = number as usize;
    match group_of.get(number) {
        Some(&known) if known != NONE => return known,
        Some(_) => {}
        None => group_of.resize(number + 1, NONE),
    }
    let (label, place) = label();
    let next = groups.len() as u32;
    let group = *of_label.entry(label.clone()).or_insert(next);
    if group == next {
        groups.push(Group {
            label,
            place,
            ..Group::default()
        });
    }
    group_of[number] = group;
    group
}

fn name_of(frame: &Frame) -> Name {
    Name {
        function: frame.function.clone(),
        file: frame.file.clone().unwrap_or_default(),
        line: frame.line.unwrap_or(0),
    }
}

fn no_stack() -> Name {
    Name {
        function: "(no stack)".to_owned(),
        file: String::new(),
        line: 0,
    }
}
