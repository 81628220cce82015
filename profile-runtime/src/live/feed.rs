//! What one viewer has been told, and what it has not.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use profile_trace::facts::{self, Fact};
use profile_trace::live::{self, MAX_PAYLOAD, Moment, News, Row};
use profile_trace::tables::{self, Encoder, Module};

use super::watch::Watch;
use crate::clock;
use crate::recorder::{host, interner::Mixed};
use crate::trace::engine::{self, changes::Sums};

type Map<K> = HashMap<K, u32, BuildHasherDefault<Mixed>>;

/// Where a message of tables is full: the deepest stack and a list of modules fit behind.
const FULL: usize = MAX_PAYLOAD / 4;

/// The state of one viewer.
pub(super) struct Feed {
    /// What it has not been told yet.
    changes: Sums,
    moment: Moment,
    /// Moments that it has missed.
    skipped: u64,
    encoder: Encoder,
    /// The innermost call of each stack that it knows.
    stacks: HashMap<u32, u32>,
    calls: Map<(u32, u64)>,
    modules: Arc<[Arc<Module>]>,
    /// The names of threads that it knows.
    names: Vec<String>,
    tables: Vec<u8>,
}

impl Feed {
    /// For a viewer that is told first all that has been watched.
    pub(super) fn new(watch: &Watch, out: &mut Vec<u8>) -> Self {
        let mut known = host::facts(host::since_1970() - clock::now());
        facts::number(Fact::LiveBefore, watch.before, &mut known);
        live::push_facts(&known, out);
        Self {
            changes: watch.all.clone(),
            moment: Moment::default(),
            skipped: 0,
            encoder: Encoder::new(),
            stacks: HashMap::new(),
            calls: Map::default(),
            modules: Arc::new([]),
            names: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Learns what has changed.
    pub(super) fn learn(&mut self, changes: &Sums, moment: &Moment) {
        for (whose, change) in changes {
            self.changes.entry(*whose).or_default().add(*change);
        }
        let highest = |figure: fn(&Moment) -> u64| figure(&self.moment).max(figure(moment));
        self.moment = Moment {
            highest_rss: highest(|moment| moment.highest_rss),
            highest_heap: highest(|moment| moment.highest_heap),
            ..*moment
        };
    }

    /// The viewer is not ready for what it has not been told yet.
    pub(super) fn skip(&mut self) {
        self.skipped += 1;
    }

    /// Appends what the viewer has not been told yet.
    pub(super) fn tell(&mut self, out: &mut Vec<u8>) {
        self.begin_tables();
        self.tell_threads();
        let mut rows = Vec::with_capacity(self.changes.len());
        for ((thread, stack), change) in std::mem::take(&mut self.changes) {
            if change.is_nothing() {
                continue;
            }
            rows.push(Row {
                thread,
                stack: self.stack(stack, out),
                bytes: change.bytes,
                blocks: change.blocks,
                allocs: change.allocs,
            });
        }
        self.end_tables(out);
        live::push_rows(&rows, out);
        let moment = Moment {
            skipped: std::mem::take(&mut self.skipped),
            ..self.moment
        };
        News::Moment(moment).push(out);
        (self.moment.highest_rss, self.moment.highest_heap) = (0, 0);
    }

    fn begin_tables(&mut self) {
        self.tables.clear();
        self.encoder.begin(&mut self.tables);
    }

    fn end_tables(&mut self, out: &mut Vec<u8>) {
        live::push_tables(out, |out| out.append(&mut self.tables));
    }

    fn tell_threads(&mut self) {
        for (index, thread) in engine::threads().into_iter().enumerate() {
            match self.names.get_mut(index) {
                Some(known) if *known == thread.name => continue,
                Some(known) => known.clone_from(&thread.name),
                None => self.names.push(thread.name.clone()),
            }
            let name = thread.name.as_bytes();
            tables::thread(thread.number, thread.id, name, &mut self.tables);
        }
    }

    /// The number of the innermost call of a stack, which the viewer is told of.
    fn stack(&mut self, number: u32, out: &mut Vec<u8>) -> u32 {
        if let Some(known) = self.stacks.get(&number) {
            return *known;
        }
        if self.tables.len() > FULL {
            self.end_tables(out);
            self.begin_tables();
        }
        let stack = engine::stack(number);
        // The same list is mostly the same object.
        if !Arc::ptr_eq(&stack.modules, &self.modules) {
            let modules: Vec<Module> = stack.modules.iter().map(|m| (**m).clone()).collect();
            tables::modules(&modules, &mut self.tables);
            self.calls.clear();
            self.modules = stack.modules;
        }
        let mut call = 0;
        for address in stack.calls.iter().rev() {
            call = match self.calls.get(&(call, *address)) {
                Some(known) => *known,
                None => {
                    let new = self.encoder.node(call, *address, &mut self.tables);
                    let new = new.unwrap_or(0); // out of numbers, after four thousand million
                    self.calls.insert((call, *address), new);
                    new
                }
            };
        }
        self.stacks.insert(number, call);
        call
    }
}
