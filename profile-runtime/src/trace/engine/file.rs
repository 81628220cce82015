//! A heap as a recording: what lives, each block as one allocation, and nothing that frees any.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use profile_trace::events::Event;
use profile_trace::facts::{self, Fact};
use profile_trace::tables::Module;
use profile_trace::writer::Writer;
use profile_trace::{Header, Magic};

use super::heap::Heap;
use crate::recorder::host;
use crate::{clock, rss};

impl Heap {
    /// Writes it into the file at `path`. A recording that is there is replaced.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        if is_other(path)? {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!(
                    "{}: is there, and is no recording; it is left alone",
                    path.display()
                ),
            ));
        }
        // Whole or not at all.
        let mut partial = path.as_os_str().to_owned();
        partial.push(".part");
        let file = File::create(&partial)?;
        let written = self.write(BufWriter::new(file));
        let written = written.and_then(|()| std::fs::rename(&partial, path));
        if written.is_err() {
            let _ = std::fs::remove_file(&partial);
        }
        written
    }

    fn write(&self, out: impl Write) -> io::Result<()> {
        let now = host::since_1970();
        let session = now ^ u64::from(std::process::id()).rotate_left(40);
        let mut writer = Writer::new(out, session, &self.facts(now))?;
        for thread in &*self.threads {
            writer.thread(thread.number, thread.id, &thread.name)?;
        }
        let mut list: &[Arc<Module>] = &[];
        let mut nodes = HashMap::new();
        let mut innermost = Vec::with_capacity(self.stacks.len());
        for stack in &*self.stacks {
            if *stack.modules != *list {
                list = &stack.modules;
                let modules: Vec<Module> = list.iter().map(|module| (**module).clone()).collect();
                writer.modules(&modules)?;
                nodes.clear();
            }
            let mut node = 0;
            for call in stack.calls.iter().rev() {
                node = match nodes.get(&(node, *call)) {
                    Some(known) => *known,
                    None => {
                        let new = writer.node(node, *call)?;
                        nodes.insert((node, *call), new);
                        new
                    }
                };
            }
            innermost.push(node);
        }
        for block in &self.blocks {
            let row = self.rows[block.row as usize];
            let event = Event::Alloc {
                zeroed: false,
                address: block.address,
                size: block.size,
                stack: innermost[row.stack as usize],
            };
            writer.event(row.thread, &event)?;
        }
        if self.file.is_none() {
            let (_, live) = self.amount();
            let rss = rss::read().unwrap_or(0);
            writer.event(1, &Event::Sample { rss, live })?;
        }
        let mut ended = Vec::new();
        facts::number(Fact::Ended, clock::now(), &mut ended);
        writer.finish(&ended)?;
        Ok(())
    }

    fn facts(&self, now: u64) -> Vec<u8> {
        let Some(file) = &self.file else {
            return host::facts(now);
        };
        let facts = &file.facts;
        let mut out = Vec::new();
        let mut command_line = facts.command_line.join("\0").into_bytes();
        command_line.push(0);
        facts::text(Fact::CommandLine, &command_line, &mut out);
        facts::text(Fact::Executable, facts.executable.as_bytes(), &mut out);
        facts::text(Fact::Directory, facts.directory.as_bytes(), &mut out);
        if let Some(began) = facts.began {
            facts::number(Fact::Began, began.as_nanos() as u64, &mut out);
        }
        out
    }
}

/// Whether there is a file that is no recording.
fn is_other(path: &Path) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut start = Vec::new();
    io::Read::read_to_end(
        &mut io::Read::take(&mut file, Header::SIZE as u64),
        &mut start,
    )?;
    let recording = Header::decode(&start, Magic::Recording).is_some();
    Ok(!start.is_empty() && !recording)
}
