//! A copy of all that lives, added up by thread and stack, and what its calls are called.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::path::Path;
use std::sync::Arc;

use profile_trace::Recording;
use profile_trace::read::{Condition, Facts, Stacks};
use profile_trace::symbols::{Frame, Problem, Symbols};
use profile_trace::tables::Module;
use profile_trace::view::{Aggregate, Options, View};

use super::blocks;
use super::lock::Lock;
use super::stacks::{SHARED, Stack, Thread};
use crate::recorder::interner::Mixed;
use crate::trace::Error;

/// The names of this process's addresses. They stay, so that later reports take less time.
static NAMES: Lock<Option<Symbols>> = Lock::new(None);

/// Whoever held the names before the fork does not run here.
pub(super) fn after_fork() {
    NAMES.abandon(None);
}

/// What one thread allocated at one stack, and is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) thread: u32,
    /// The index of its stack.
    pub(super) stack: u32,
    pub(super) blocks: u64,
    pub(super) bytes: u64,
}

/// A block that lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub(super) address: u64,
    pub(super) size: u64,
    /// The index of its row.
    pub(super) row: u32,
}

/// All that lives.
#[derive(Clone)]
pub(crate) struct Heap {
    pub(super) rows: Vec<Row>,
    pub(super) blocks: Vec<Live>,
    pub(super) stacks: Arc<[Stack]>,
    pub(super) threads: Arc<[Thread]>,
    /// The recording that it comes from; `None` for this process.
    pub(super) file: Option<Arc<File>>,
}

pub(super) struct File {
    symbols: Lock<Symbols>,
    pub(super) facts: Facts,
    condition: Condition,
}

impl Heap {
    /// What is traced and lives now, and was allocated at a mark or later.
    pub(crate) fn now(mark: Option<u32>) -> Result<Self, Error> {
        if !super::is_on() {
            return Err(Error::NotTracing);
        }
        let mut all = blocks::all();
        if let Some(mark) = mark {
            // Marks wrap; what is half of them ahead lies behind.
            all.retain(|block| block.mark.wrapping_sub(mark) < u32::MAX / 2);
        }
        let mut stack_of = HashMap::<u32, u32>::new();
        let mut row_of = HashMap::<(u32, u32), u32, BuildHasherDefault<Mixed>>::default();
        let mut numbers = Vec::new();
        let mut rows = Vec::<Row>::new();
        let mut blocks = Vec::with_capacity(all.len());
        for block in all {
            let next = rows.len() as u32;
            let row = *row_of.entry((block.thread(), block.stack)).or_insert(next);
            if row == next {
                let stack = *stack_of.entry(block.stack).or_insert_with(|| {
                    numbers.push(block.stack);
                    numbers.len() as u32 - 1
                });
                rows.push(Row {
                    thread: block.thread(),
                    stack,
                    blocks: 0,
                    bytes: 0,
                });
            }
            let sum = &mut rows[row as usize];
            sum.blocks += 1;
            sum.bytes += block.size();
            blocks.push(Live {
                address: block.address,
                size: block.size(),
                row,
            });
        }
        // A thread that has a new stack waits for one of these at most.
        let stacks = numbers
            .into_iter()
            .map(|number| SHARED.lock().stack(number));
        let stacks = stacks.collect();
        let threads = SHARED.lock().threads().into();
        Ok(Self {
            rows,
            blocks,
            stacks,
            threads,
            file: None,
        })
    }

    /// Nothing but some stacks.
    pub(super) fn of_stacks(stacks: impl Iterator<Item = Stack>) -> Self {
        Self {
            rows: Vec::new(),
            blocks: Vec::new(),
            stacks: stacks.collect(),
            threads: Arc::new([]),
            file: None,
        }
    }

    /// What was alive when a recording ended.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let wrong = |error: profile_trace::read::Error| Error::File(error.to_string());
        let mut recording = Recording::open(path).map_err(wrong)?;
        let (aggregate, condition) =
            Aggregate::of(&mut recording, Options::default()).map_err(wrong)?;
        let stacks = recording.stacks();
        let mut indices = HashMap::new();
        let mut row_of = HashMap::new();
        let (mut copies, mut rows) = (Vec::new(), Vec::new());
        for row in aggregate.rows(View::Leaks) {
            let stack = *indices.entry(row.stack).or_insert_with(|| {
                copies.push(copy(stacks, row.stack));
                copies.len() as u32 - 1
            });
            row_of.insert((row.thread, row.stack), rows.len() as u32);
            rows.push(Row {
                thread: row.thread,
                stack,
                blocks: row.amount.blocks,
                bytes: row.amount.bytes,
            });
        }
        let blocks = aggregate.live().filter_map(|(address, row)| {
            let index = row_of.get(&(row.thread, row.stack))?;
            Some(Live {
                address,
                size: row.amount.bytes,
                row: *index,
            })
        });
        let threads = stacks.threads().iter().map(|thread| Thread {
            number: thread.number,
            id: thread.id,
            name: thread.name.clone(),
        });
        Ok(Self {
            blocks: blocks.collect(),
            rows,
            stacks: copies.into(),
            threads: threads.collect(),
            file: Some(Arc::new(File {
                symbols: Lock::new(Symbols::new(&recording)),
                facts: recording.facts().clone(),
                condition,
            })),
        })
    }

    /// The same with the rows that `keeps` says.
    pub(super) fn retain(&self, keeps: impl Fn(&Row) -> bool) -> Self {
        let mut index = Vec::with_capacity(self.rows.len());
        let mut rows = Vec::new();
        for row in &self.rows {
            let kept = keeps(row);
            index.push(kept.then_some(rows.len() as u32));
            if kept {
                rows.push(*row);
            }
        }
        let blocks = self.blocks.iter().filter_map(|block| {
            let row = index[block.row as usize]?;
            Some(Live { row, ..*block })
        });
        Self {
            rows,
            blocks: blocks.collect(),
            stacks: self.stacks.clone(),
            threads: self.threads.clone(),
            file: self.file.clone(),
        }
    }

    /// Blocks and bytes in all.
    pub(crate) fn amount(&self) -> (u64, u64) {
        let sums = self.rows.iter();
        sums.fold((0, 0), |sum, row| (sum.0 + row.blocks, sum.1 + row.bytes))
    }

    /// Gives `look` each stack's frames, the innermost first, without memline's own.
    pub(super) fn named<T>(&self, mut look: impl FnMut(&[Arc<[Frame]>]) -> T) -> Vec<T> {
        self.with_symbols(|symbols| {
            let mut calls = Vec::new();
            let stacks = self.stacks.iter().map(|stack| {
                calls.clear();
                calls.extend(stack.calls.iter().map(|call| {
                    let holds = |module: &&Arc<Module>| (module.start..module.end).contains(call);
                    let module = stack.modules.iter().find(holds);
                    symbols.call(module, *call)
                }));
                look(&calls)
            });
            stacks.collect()
        })
    }

    /// What is to be known of the names: that there are no lines, and how to get them.
    pub(crate) fn notes(&self) -> Vec<String> {
        let executable = match &self.file {
            None => std::env::current_exe().unwrap_or_default(),
            Some(file) => file.facts.executable.clone().into(),
        };
        let executable = executable.to_string_lossy();
        let mut notes = self.with_symbols(|symbols| {
            let own = symbols.problems().filter(|(path, _)| *path == executable);
            own.map(|(path, problem)| note(path, &problem))
                .collect::<Vec<_>>()
        });
        if let Some(file) = &self.file {
            notes.extend(file.condition.to_string().lines().map(str::to_owned));
        }
        notes
    }

    fn with_symbols<T>(&self, work: impl FnOnce(&mut Symbols) -> T) -> T {
        match &self.file {
            None => {
                let mut names = NAMES.lock();
                let symbols = names.get_or_insert_with(of_this_process);
                work(symbols)
            }
            Some(file) => work(&mut file.symbols.lock()),
        }
    }
}

fn note(path: &str, problem: &Problem) -> String {
    format!("{path} {problem}")
}

fn of_this_process() -> Symbols {
    let directory = std::env::current_dir().unwrap_or_default();
    Symbols::since(None, directory.to_string_lossy().into_owned())
}

fn copy(stacks: &Stacks, stack: u32) -> Stack {
    let mut modules = Vec::<Arc<Module>>::new();
    let calls = stacks.calls(stack).map(|node| {
        if let Some(module) = stacks.module(node)
            && !modules.contains(module)
        {
            modules.push(module.clone());
        }
        node.address
    });
    Stack {
        calls: calls.collect(),
        modules: modules.into(),
    }
}
