//! What threads share: every stack once, whose calls are the program's own, and the threads.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use profile_trace::symbols::{self, Functions};
use profile_trace::tables::Module;

use super::calls;
use super::churn::Churn;
use super::lock::Lock;
use crate::recorder::modules::{self, Loaded};
use crate::recorder::walk::Hash;

/// Calls of the standard library between an allocation and the program's first, at most, and calls of
/// others that are kept where it is not known whose they are.
pub(super) const SPARE_CALLS: usize = 32;

/// All that is shared, while something is traced and after.
pub(super) static SHARED: Lock<Shared> = Lock::new(Shared::new());

pub(super) struct Shared {
    numbers: Option<HashMap<u64, u32>>,
    /// The calls of all stacks, one stack behind the other, each with the innermost first.
    calls: Vec<u64>,
    stacks: Vec<Place>,
    lists: Vec<Arc<[Arc<Module>]>>,
    changes: (u64, u64),
    pub(super) loaded: Vec<Loaded>,
    /// By the module's path.
    functions: Option<HashMap<String, Functions>>,
    threads: Vec<Thread>,
    /// Of all threads, ended ones included, which hand theirs on.
    churns: Vec<&'static Churn>,
    idle_churns: Vec<&'static Churn>,
}

/// Where the calls of a stack are, and which modules were loaded then.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    count: u32,
    list: u32,
}

/// A thread that has allocated something.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) number: u32,
    pub(crate) id: u64,
    pub(crate) name: String,
}

/// A stack with what is needed to name its calls.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    /// The innermost first.
    pub(crate) calls: Box<[u64]>,
    pub(crate) modules: Arc<[Arc<Module>]>,
}

impl Shared {
    const fn new() -> Self {
        Self {
            numbers: None,
            calls: Vec::new(),
            stacks: Vec::new(),
            lists: Vec::new(),
            changes: (0, 0),
            loaded: Vec::new(),
            functions: None,
            threads: Vec::new(),
            churns: Vec::new(),
            idle_churns: Vec::new(),
        }
    }

    /// Looks whether modules have been loaded or unloaded. If so, what addresses mean is forgotten:
    /// `true`.
    pub(super) fn look_at_modules(&mut self) -> bool {
        let changes = modules::changes();
        if changes == self.changes {
            return false;
        }
        self.changes = changes;
        self.loaded = modules::loaded();
        let list = self.loaded.iter();
        let list = list.map(|loaded| Arc::new(loaded.module.clone()));
        self.lists.push(list.collect());
        self.numbers = None;
        calls::forget();
        true
    }

    /// The number of a stack, of which as many of the program's own calls are kept as `frames` says,
    /// and the hash by which walks of it are known from now on.
    pub(super) fn intern(&mut self, calls: &[u64], frames: u32) -> (u64, u32) {
        let mut hash = Hash::default();
        let mut kept = 0;
        let mut own = 0;
        for &call in calls {
            hash.add(call);
            kept += 1;
            own += u32::from(self.is_own(call));
            if own == frames {
                break;
            }
        }
        let hash = hash.finish();
        let next = self.stacks.len() as u32;
        let numbers = self.numbers.get_or_insert_default();
        let number = match numbers.entry(hash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.stacks.push(Place {
                    start: self.calls.len(),
                    count: kept as u32,
                    list: self.lists.len().saturating_sub(1) as u32,
                });
                self.calls.extend_from_slice(&calls[..kept]);
                *new.insert(next)
            }
        };
        (hash, number)
    }

    /// Whether a call is the program's own, as far as the symbols of its file tell.
    fn is_own(&mut self, call: u64) -> bool {
        if let Some(known) = calls::is_own(call) {
            return known;
        }
        let modules = self.lists.last().map_or(&[][..], |list| list);
        let module = modules.iter().find(|m| (m.start..m.end).contains(&call));
        let Some(module) = module.cloned() else {
            return false;
        };
        let functions = self.functions(&module.path);
        if functions.is_empty() {
            return false; // nobody knows, and walks go on
        }
        // A call returns to what follows it, which may belong to another function.
        let name = functions.name(call.wrapping_sub(module.base).wrapping_sub(1));
        let own = name.is_some_and(|name| {
            let others = symbols::is_memline(&name) || symbols::is_allocator(&name);
            // Where the standard library's tables come from; the program may use it, too.
            let table = symbols::crate_of(&name) == "hashbrown";
            !others && !table && !symbols::is_standard(&name, None)
        });
        calls::remember(call, own);
        own
    }

    /// Reads the symbols of the program, which are needed as soon as it allocates.
    pub(super) fn read_symbols(&mut self) {
        if let Some(module) = self.lists.last().and_then(|list| list.first()).cloned() {
            self.functions(&module.path);
        }
    }

    fn functions(&mut self, path: &str) -> &Functions {
        let all = self.functions.get_or_insert_default();
        if !all.contains_key(path) {
            all.insert(path.to_owned(), Functions::of(path));
        }
        &all[path]
    }

    /// How many stacks there are.
    pub(super) fn len(&self) -> usize {
        self.stacks.len()
    }

    pub(super) fn stack(&self, number: u32) -> Stack {
        let place = self.stacks.get(number as usize);
        let calls = place.map(|place| &self.calls[place.start..][..place.count as usize]);
        let list = place.and_then(|place| self.lists.get(place.list as usize));
        Stack {
            calls: calls.unwrap_or_default().into(),
            modules: list.cloned().unwrap_or_else(|| Arc::new([])),
        }
    }

    pub(super) fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// Gives a thread its number, from 1 on, and figures for what it frees.
    pub(super) fn join(&mut self, id: u64) -> (u16, &'static Churn) {
        // Threads beyond the last number share it.
        let number = u16::try_from(self.threads.len() + 1).unwrap_or(u16::MAX);
        if self.threads.len() < usize::from(u16::MAX) {
            self.threads.push(Thread {
                number: number.into(),
                id,
                name: String::new(),
            });
        }
        let churn = self.idle_churns.pop().unwrap_or_else(|| {
            let new: &'static Churn = Box::leak(Box::new(Churn::new()));
            self.churns.push(new);
            new
        });
        (number, churn)
    }

    /// Learns what a thread is called.
    pub(super) fn name(&mut self, number: u16, name: &[u8]) {
        if let Some(thread) = self.threads.get_mut(usize::from(number) - 1) {
            thread.name = String::from_utf8_lossy(name).into_owned();
        }
    }

    /// Takes back what a thread that ends counted with.
    pub(super) fn leave(&mut self, churn: &'static Churn) {
        self.idle_churns.push(churn);
    }

    /// Bytes freed again, by the number of the stack that had allocated them.
    pub(super) fn churned(&self) -> Vec<u64> {
        let mut sums = vec![0; self.len()];
        for churn in &self.churns {
            churn.add_to(&mut sums);
        }
        sums
    }

    pub(super) fn forget_churn(&mut self) {
        self.churns.iter().for_each(|churn| churn.clear());
    }

    /// Bytes that all of this takes, about.
    pub(super) fn overhead(&self) -> u64 {
        let numbers = self.numbers.as_ref().map_or(0, HashMap::capacity);
        let stacks = self.calls.capacity() * size_of::<u64>()
            + self.stacks.capacity() * size_of::<Place>()
            + numbers * (size_of::<(u64, u32)>() + 1) * 8 / 7;
        let functions = self.functions.iter().flat_map(HashMap::values);
        let functions: u64 = functions.map(Functions::size).sum();
        let churns: u64 = self.churns.iter().map(|churn| churn.size()).sum();
        stacks as u64 + functions + churns
    }
}
