//! Writes a recording of what it is told, into anything that takes bytes: memory, in tests.
//!
//! The recorder in a running program does the same with buffers that outlive the process
//! ([`pending`](crate::pending)).

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::block::{Kind, Label, Packer};
use crate::events::{self, Event, MAX_EVENT, MAX_START};
use crate::facts::{self, Fact};
use crate::header::{Header, Magic};
use crate::tables::{self, Module};

/// Bytes of a block's payload.
const PAYLOAD: usize = 32 * 1024;

/// A recording that is being written.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    packer: Packer,
    tables: tables::Encoder,
    table: Vec<u8>,
    table_is_empty: bool,
    table_blocks: u32,
    blocks: u64,
    threads: BTreeMap<u32, Buffer>,
}

#[derive(Debug)]
struct Buffer {
    encoder: events::Encoder,
    payload: Vec<u8>,
    blocks: u32,
    /// The time that was written last.
    now: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a recording. `facts` is the payload of its first block; see [`crate::facts`].
    ///
    /// # Errors
    ///
    /// If `out` does not take the bytes; so does each of the functions below.
    pub fn new(mut out: W, session: u64, facts: &[u8]) -> io::Result<Self> {
        out.write_all(&Header::new(session).encode(Magic::Recording))?;
        let mut writer = Self {
            out,
            packer: Packer::new(PAYLOAD.max(facts.len())),
            tables: tables::Encoder::new(),
            table: Vec::new(),
            table_is_empty: true,
            table_blocks: 0,
            blocks: 0,
            threads: BTreeMap::new(),
        };
        writer.block(Kind::Start, 0, 0, facts)?;
        writer.tables.begin(&mut writer.table);
        Ok(writer)
    }

    /// Adds a call to the tree of stacks. Returns its number.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and if there are more than 2³² calls.
    pub fn node(&mut self, parent: u32, address: u64) -> io::Result<u32> {
        self.make_room()?;
        let node = self.tables.node(parent, address, &mut self.table);
        node.ok_or_else(|| io::Error::other("a recording has no more than 2³² calls"))
    }

    /// Adds a thread, or a new name of one.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn thread(&mut self, number: u32, id: u64, name: &str) -> io::Result<()> {
        self.make_room()?;
        tables::thread(number, id, name.as_bytes(), &mut self.table);
        Ok(())
    }

    /// Adds the modules that are loaded from now on.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn modules(&mut self, modules: &[Module]) -> io::Result<()> {
        self.make_room()?;
        tables::modules(modules, &mut self.table);
        Ok(())
    }

    /// Adds what a thread did, no earlier than what it did before.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn event(&mut self, thread: u32, event: &Event) -> io::Result<()> {
        let full = |buffer: &Buffer| buffer.payload.len() + MAX_EVENT > PAYLOAD;
        if self.threads.get(&thread).is_some_and(full) {
            self.flush(thread)?;
        }
        let buffer = self.threads.entry(thread).or_insert_with(|| Buffer {
            encoder: events::Encoder::new(),
            payload: Vec::new(),
            blocks: 0,
            now: 0,
        });
        if buffer.payload.is_empty() {
            let mut start = [0; MAX_START];
            let length = buffer.encoder.begin(buffer.now, &mut start);
            buffer.payload.extend_from_slice(&start[..length]);
        }
        if let Event::Time { elapsed } = event {
            buffer.now = buffer.now.saturating_add(*elapsed);
        }
        let mut bytes = [0; MAX_EVENT];
        let length = buffer.encoder.event(event, &mut bytes);
        buffer.payload.extend_from_slice(&bytes[..length]);
        Ok(())
    }

    /// Ends the recording. `facts` is the payload of its last block.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn finish(mut self, facts: &[u8]) -> io::Result<W> {
        self.flush_tables()?;
        let threads: Vec<u32> = self.threads.keys().copied().collect();
        for thread in threads {
            self.flush(thread)?;
        }
        let mut facts = facts.to_vec();
        facts::number(Fact::Blocks, self.blocks, &mut facts);
        if facts.len() > PAYLOAD {
            self.packer = Packer::new(facts.len());
        }
        self.block(Kind::End, 0, 0, &facts)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn make_room(&mut self) -> io::Result<()> {
        if self.table.len() > PAYLOAD / 2 {
            self.flush_tables()?;
        }
        self.table_is_empty = false;
        Ok(())
    }

    fn flush_tables(&mut self) -> io::Result<()> {
        if self.table_is_empty {
            return Ok(());
        }
        self.table_is_empty = true;
        let table = std::mem::take(&mut self.table);
        if table.len() > PAYLOAD {
            self.packer = Packer::new(table.len());
        }
        self.block(Kind::Tables, 0, self.table_blocks, &table)?;
        self.table_blocks += 1;
        self.tables.begin(&mut self.table);
        Ok(())
    }

    /// What events refer to precedes them.
    fn flush(&mut self, thread: u32) -> io::Result<()> {
        self.flush_tables()?;
        let Some(buffer) = self.threads.get_mut(&thread) else {
            return Ok(());
        };
        let payload = std::mem::take(&mut buffer.payload);
        let sequence = buffer.blocks;
        buffer.blocks += 1;
        self.block(Kind::Events, thread, sequence, &payload)
    }

    fn block(&mut self, kind: Kind, stream: u32, sequence: u32, payload: &[u8]) -> io::Result<()> {
        let label = Label {
            kind,
            stream,
            sequence,
        };
        self.blocks += 1;
        self.out.write_all(self.packer.pack(label, payload))
    }
}
