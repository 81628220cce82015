//! Stacks, threads and modules: what events refer to.
//!
//! A payload begins with a varint, the number of the first node in it. Records follow, each a tag
//! byte and what the tables below say; strings are a varint length and UTF-8.
//!
//! | tag | record | |
//! |---|---|---|
//! | 1 | node | varint: its number less its parent's; varint: its address less the address of the node before it in the payload, zigzagged |
//! | 2 | thread | varints: number, the system's id; string: name |
//! | 3 | modules | varint: how many; for each varints: base, start, end; strings: path, build id |
//!
//! Nodes are numbered as they come. Each is one call: its parent is the call that it was made
//! from, 0 where there is none, and its address that to which the call returns. A node's module
//! is found in the list of modules that precedes it.

use crate::varint::{push, push_bytes, zigzag};

/// The address of a node that stands for the calls that were too many to be recorded.
pub const CUT_OFF: u64 = 0;

pub(crate) const TAG_NODE: u8 = 1;
pub(crate) const TAG_THREAD: u8 = 2;
pub(crate) const TAG_MODULES: u8 = 3;

/// An executable or a library, as it was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// What is added to the file's own addresses.
    pub base: u64,
    /// The first address of its code.
    pub start: u64,
    /// The first address behind its code.
    pub end: u64,
    /// Where its file was.
    pub path: String,
    /// The build id that its linker gave it; empty if none.
    pub build_id: Vec<u8>,
}

/// Encodes the payloads of one block of tables after the other.
#[derive(Debug)]
pub struct Encoder {
    next: u32,
    last_address: u64,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder before its first block.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            next: 1,
            last_address: 0,
        }
    }

    /// Begins a payload.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        self.last_address = 0;
        push(out, u64::from(self.next));
    }

    /// Adds a call to the tree. Returns its number, or `None` once all numbers are used up.
    pub fn node(&mut self, parent: u32, address: u64, out: &mut Vec<u8>) -> Option<u32> {
        let number = self.next;
        self.next = number.checked_add(1)?;
        out.push(TAG_NODE);
        push(out, u64::from(number - parent));
        push(out, zigzag(address.wrapping_sub(self.last_address) as i64));
        self.last_address = address;
        Some(number)
    }
}

/// Adds a thread, or a new name of one.
pub fn thread(number: u32, id: u64, name: &[u8], out: &mut Vec<u8>) {
    out.push(TAG_THREAD);
    push(out, u64::from(number));
    push(out, id);
    push_bytes(out, name);
}

/// Adds the modules that are loaded now. They replace those of an earlier list.
pub fn modules(modules: &[Module], out: &mut Vec<u8>) {
    out.push(TAG_MODULES);
    push(out, modules.len() as u64);
    for module in modules {
        push(out, module.base);
        push(out, module.start);
        push(out, module.end);
        push_bytes(out, module.path.as_bytes());
        push_bytes(out, &module.build_id);
    }
}
