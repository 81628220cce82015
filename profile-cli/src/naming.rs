//! Gives the calls of a recording their names, each once, and makes the tree of calls of them.

use std::rc::Rc;
use std::sync::Arc;

use hashbrown::HashMap;
use profile_trace::Recording;
use profile_trace::read::{Node, Stacks};
use profile_trace::symbols::{self, Symbols};

use crate::profile::{Call, Filter, Found, Frame, ROOT, TreeBuilder, thread_name};

/// The tree of calls, which grows by the stacks that are asked for.
///
/// What starts the program and its threads is left out: the standard library around the first function
/// that is not its own.
pub(crate) struct Naming {
    stacks: Arc<Stacks>,
    symbols: Symbols,
    tree: TreeBuilder,
    known: Vec<Known>,
    index_of: HashMap<Frame, usize>,
    /// What a call is made of, the outermost first, by the base of its module and its address: indices of what is known.
    functions: HashMap<(u64, u64), Rc<[usize]>>,
    /// Where the way to a recorded call ends in the tree: at the root while it has not left the standard library.
    ends: HashMap<u32, u32>,
    filter: Filter,
}

/// A function at a place.
struct Known {
    frame: Frame,
    is_standard: bool,
    found: Found,
    /// Its index in the tree, if it is there.
    in_tree: Option<u32>,
}

impl Naming {
    /// Of stacks that pass a filter.
    pub(crate) fn new(recording: &Recording, filter: Filter) -> Self {
        Self {
            stacks: recording.shared_stacks(),
            symbols: Symbols::new(recording),
            tree: TreeBuilder::default(),
            known: Vec::new(),
            index_of: HashMap::new(),
            functions: HashMap::new(),
            ends: HashMap::new(),
            filter,
        }
    }

    /// Whether a thread's stack passes.
    pub(crate) fn passes(&mut self, thread: u32, stack: u32) -> bool {
        let name = thread_name(self.stacks.threads(), thread);
        let frames = self.frames(stack);
        let found = frames.iter().map(|frame| self.known[*frame].found);
        self.filter.passes(thread, &name, found)
    }

    /// The number of a stack's innermost call.
    pub(crate) fn call(&mut self, stack: u32) -> u32 {
        let stacks = self.stacks.clone();
        let mut new = Vec::new();
        let mut at = stack;
        let mut end = ROOT;
        for node in stacks.calls(stack) {
            if let Some(known) = self.ends.get(&at) {
                end = *known;
                break;
            }
            new.push((at, node));
            at = node.parent;
        }
        for (number, node) in new.into_iter().rev() {
            for frame in self.functions(node).iter() {
                if end != ROOT || !self.known[*frame].is_standard {
                    end = self.callee(end, *frame);
                }
            }
            self.ends.insert(number, end);
        }
        if end != ROOT {
            return end;
        }
        let frames = self.frames(stack).into_iter();
        frames.fold(ROOT, |parent, frame| self.callee(parent, frame))
    }

    /// What was used of it, and the names that were looked for.
    pub(crate) fn finish(self) -> (Vec<Frame>, Vec<Call>, Symbols) {
        let (frames, calls) = self.tree.finish();
        (frames, calls, self.symbols)
    }

    /// The frames of a stack, the outermost first.
    fn frames(&mut self, stack: u32) -> Vec<usize> {
        let stacks = self.stacks.clone();
        let calls: Vec<_> = stacks.calls(stack).collect();
        let mut frames = Vec::new();
        for node in calls.into_iter().rev() {
            frames.extend_from_slice(&self.functions(node));
        }
        let own = |frame: &usize| !self.known[*frame].is_standard;
        let first = frames.iter().position(own);
        frames.drain(..first.unwrap_or(0));
        frames
    }

    /// The functions of a recorded call, without those of memline and of the allocator's entry.
    fn functions(&mut self, node: &Node) -> Rc<[usize]> {
        let module = self.stacks.module(node);
        let key = (module.map_or(0, |module| module.base), node.address);
        if let Some(functions) = self.functions.get(&key) {
            return functions.clone();
        }
        let call = self.symbols.call(module, node.address);
        let frames = call.iter().rev().filter(|frame| !frame.is_memlines());
        let functions: Rc<[usize]> = frames.map(|found| self.know(found)).collect();
        self.functions.insert(key, functions.clone());
        functions
    }

    fn know(&mut self, found: &symbols::Frame) -> usize {
        let frame = frame(found);
        if let Some(index) = self.index_of.get(&frame) {
            return *index;
        }
        let index = self.known.len();
        self.index_of.insert(frame.clone(), index);
        self.known.push(Known {
            is_standard: frame.is_standard(),
            found: self.filter.find(&frame),
            frame,
            in_tree: None,
        });
        index
    }

    /// The number of a call that `parent` makes in the tree.
    fn callee(&mut self, parent: u32, frame: usize) -> u32 {
        let known = &mut self.known[frame];
        let frame = *known
            .in_tree
            .get_or_insert_with(|| self.tree.frame(&known.frame));
        self.tree.call(Call { parent, frame })
    }
}

fn frame(frame: &symbols::Frame) -> Frame {
    Frame {
        function: frame.function.clone(),
        instance: frame.instance.clone(),
        file: frame.file.clone(),
        path: frame.path.clone(),
        line: frame.line,
    }
}
