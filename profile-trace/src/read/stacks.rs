//! Call stacks, threads and modules, as read.

use std::sync::Arc;

use crate::tables::{CUT_OFF, Module, TAG_MODULES, TAG_NODE, TAG_THREAD};
use crate::varint::{Reader, unzigzag};

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The call that this one was made from; 0 where there is none.
    pub parent: u32,
    /// The address that the call returns to; [`CUT_OFF`] for calls that were too many to record.
    pub address: u64,
    /// Which of the lists of modules holds for it.
    list: u32,
}

/// A thread of the recorded program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Its number in the recording, from 1 in the order of their first events.
    pub number: u32,
    /// The system's id of it.
    pub id: u64,
    /// The last name that it had.
    pub name: String,
}

/// Call stacks, threads and modules.
#[derive(Debug, Default)]
pub struct Stacks {
    /// Runs of nodes with consecutive numbers: one, unless blocks are missing.
    runs: Vec<(u32, Vec<Node>)>,
    threads: Vec<Thread>,
    lists: Vec<Vec<Arc<Module>>>,
}

impl Stacks {
    /// The node with this number; `None` for 0 and for what is not in the recording.
    #[must_use]
    pub fn node(&self, number: u32) -> Option<&Node> {
        let after = self.runs.partition_point(|(first, _)| *first <= number);
        let (first, nodes) = self.runs.get(after.checked_sub(1)?)?;
        nodes.get((number - first) as usize)
    }

    /// The calls of a stack, the innermost first.
    pub fn calls(&self, stack: u32) -> impl Iterator<Item = &Node> {
        // A node's parent has a lower number, so that this ends.
        std::iter::successors(self.node(stack), |node| self.node(node.parent))
    }

    /// Whether calls of this stack were too many to be recorded.
    #[must_use]
    pub fn is_cut_off(&self, stack: u32) -> bool {
        self.calls(stack).any(|node| node.address == CUT_OFF)
    }

    /// The module that a node's code was in.
    #[must_use]
    pub fn module(&self, node: &Node) -> Option<&Arc<Module>> {
        let list = self.lists.get((node.list as usize).checked_sub(1)?)?;
        let holds = |module: &&Arc<Module>| (module.start..module.end).contains(&node.address);
        list.iter().find(holds)
    }

    /// The modules that were loaded last.
    #[must_use]
    pub fn modules(&self) -> &[Arc<Module>] {
        self.lists.last().map_or(&[], Vec::as_slice)
    }

    /// All threads, in the order of their numbers.
    #[must_use]
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The thread with this number.
    #[must_use]
    pub fn thread(&self, number: u32) -> Option<&Thread> {
        let found = self
            .threads
            .binary_search_by_key(&number, |thread| thread.number);
        found.ok().map(|index| &self.threads[index])
    }

    /// All calls.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.runs.iter().flat_map(|(_, nodes)| nodes)
    }

    /// Nodes in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.iter().map(|(_, nodes)| nodes.len()).sum()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Adds the records of a payload. `None` if it ends in something that is none.
    pub fn read(&mut self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader::new(payload);
        let first = reader.varint32().filter(|first| *first > 0)?;
        let mut next = self.begin_run(first)?;
        let mut address = 0u64;
        while let Some(tag) = reader.byte() {
            match tag {
                TAG_NODE => {
                    let parent = next.checked_sub(reader.varint32()?)?;
                    address = address.wrapping_add(unzigzag(reader.varint()?) as u64);
                    if parent == next {
                        return None;
                    }
                    let list = self.lists.len() as u32;
                    let (_, nodes) = self.runs.last_mut()?;
                    nodes.push(Node {
                        parent,
                        address,
                        list,
                    });
                    next = next.checked_add(1)?;
                }
                TAG_THREAD => self.read_thread(&mut reader)?,
                TAG_MODULES => self.read_modules(&mut reader)?,
                _ => return None,
            }
        }
        Some(())
    }

    /// Goes on with the nodes at `first`: numbers only grow. Returns the next number.
    fn begin_run(&mut self, first: u32) -> Option<u32> {
        let end = match self.runs.last() {
            Some((start, nodes)) => start + nodes.len() as u32,
            None => 0,
        };
        if first < end {
            return None;
        }
        if first > end || self.runs.is_empty() {
            self.runs.push((first, Vec::new()));
        }
        Some(first)
    }

    fn read_thread(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let thread = Thread {
            number: reader.varint32()?,
            id: reader.varint()?,
            name: string(reader)?,
        };
        match self
            .threads
            .binary_search_by_key(&thread.number, |thread| thread.number)
        {
            Ok(index) => self.threads[index] = thread,
            Err(index) => self.threads.insert(index, thread),
        }
        Some(())
    }

    fn read_modules(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let count = reader.varint()?;
        let mut list = Vec::new();
        // A module takes five bytes at least, so that no count leads to more than is there.
        for _ in 0..count {
            list.push(Arc::new(Module {
                base: reader.varint()?,
                start: reader.varint()?,
                end: reader.varint()?,
                path: string(reader)?,
                build_id: reader.bytes()?.to_vec(),
            }));
        }
        self.lists.push(list);
        Some(())
    }
}

fn string(reader: &mut Reader<'_>) -> Option<String> {
    Some(String::from_utf8_lossy(reader.bytes()?).into_owned())
}
