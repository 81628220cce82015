//! The recording and its side file, on the disk.

use std::fs;
use std::io;
use std::path::Path;

use profile_trace::block::{Kind, Label};
use profile_trace::facts::{self, Fact};
use profile_trace::pending::{SLOT, SUFFIX};
use profile_trace::{Header, Magic};

use super::backlog::Rest;
use super::file::OwnFile;
use super::slot::Slot;
use crate::timeline::{Descriptor, Tail};

/// Both files, and the slots.
pub(super) struct Output {
    recording: OwnFile,
    side: OwnFile,
    /// Where the recording ends, to which the helper appends, too.
    tail: &'static Tail,
    /// All that are mapped; what is closed holds nothing.
    slots: Vec<Slot>,
    /// Those that ended threads have left.
    free: Vec<Slot>,
}

impl Output {
    /// Begins the recording at `path`: an existing one is replaced, any other file is not.
    pub(super) fn create(path: &Path, session: u64) -> io::Result<Self> {
        let mut recording = OwnFile::replace(path)?;
        let mut side_path = path.as_os_str().to_owned();
        side_path.push(SUFFIX);
        let mut side = OwnFile::open(side_path.into())?;
        side.truncate(0)?;
        side.reserve(0, SLOT as u64)?;
        side.write_at(&Header::new(session).encode(Magic::Pending), 0)?;
        recording.truncate(0)?;
        recording.write_at(&Header::new(session).encode(Magic::Recording), 0)?;
        Ok(Self {
            recording,
            side,
            tail: super::keep(Tail::new(Header::SIZE as u64, 0)),
            slots: Vec::new(),
            free: Vec::new(),
        })
    }

    /// A slot for a new stream, whose first block has this label.
    pub(super) fn slot(&mut self, label: Label) -> io::Result<Slot> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => self.map()?,
        };
        slot.header().open(label);
        Ok(slot)
    }

    fn map(&mut self) -> io::Result<Slot> {
        let offset = (self.slots.len() as u64 + 1) * SLOT as u64;
        self.side.reserve(offset, SLOT as u64)?;
        let slot = Slot::map(&*self.side.file()?, offset);
        let slot = slot.ok_or_else(io::Error::last_os_error)?;
        self.slots.push(slot);
        Ok(slot)
    }

    /// Takes the slot of a stream that has ended back.
    pub(super) fn give_back(&mut self, slot: Slot) {
        slot.header().close();
        self.free.push(slot);
    }

    /// Appends a block. After an error the recording ends where it ended before.
    pub(super) fn append(&mut self, block: &[u8]) -> io::Result<()> {
        let Self {
            recording, tail, ..
        } = self;
        tail.append(block, |length| {
            recording.write_at(block, length).inspect_err(|_| {
                // What was written of it would only be skipped by readers.
                let _ = recording.truncate(length);
            })
        })
    }

    /// What it takes to append to the recording elsewhere.
    pub(super) fn end(&self) -> (Descriptor, &'static Tail) {
        (Descriptor::of(&self.recording), self.tail)
    }

    /// Appends what the slots hold, and the last block, and removes the side file. Slots of threads stay
    /// mapped, since these may be writing.
    pub(super) fn finish(mut self, facts: &[u8], rest: &mut Rest) -> io::Result<()> {
        let packer = &mut rest.packer;
        // The oldest is that of the tables, to which the others refer.
        for slot in std::mem::take(&mut self.slots) {
            let Some((label, _)) = slot.header().read() else {
                continue;
            };
            // SAFETY: a thread restarts its slot under the lock that the caller holds, and no other is
            // opened anew once the backlog is closed.
            #[expect(unsafe_code)]
            let payload = unsafe { slot.committed() };
            if !payload.is_empty() {
                self.append(packer.pack(label, payload))?;
            }
        }
        let mut facts = facts.to_vec();
        facts::number(Fact::Blocks, self.tail.blocks(), &mut facts);
        let end = Label {
            kind: Kind::End,
            stream: 0,
            sequence: 0,
        };
        self.append(packer.pack(end, &facts))?;
        self.reclaim(rest);
        let _ = fs::remove_file(self.side.path());
        self.close();
        Ok(())
    }

    /// Takes the slots of the backlog back, which is closed.
    pub(super) fn reclaim(&mut self, rest: &mut Rest) {
        self.free.append(&mut rest.slots);
    }

    /// Leaves both files as they are, as a killed process would; a reader finds `facts` in the
    /// side file.
    pub(super) fn abandon(mut self, facts: &[u8]) {
        let length = (facts.len() as u32).to_le_bytes();
        let note = [&length[..], facts].concat();
        let _ = self.side.write_at(&note, Header::SIZE as u64);
        self.close();
    }

    fn close(self) {
        for slot in self.free {
            // SAFETY: no thread has it.
            #[expect(unsafe_code)]
            unsafe {
                slot.unmap();
            }
        }
        self.recording.close();
        self.side.close();
    }
}
