//! Puts the names of a recording's calls into it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use super::{Frame, Symbols};
use crate::Recording;
use crate::block::{Kind, Label, MAX_PAYLOAD, Packer};
use crate::names::{Encoder, Name};
use crate::read::{Error, Meter};

/// How many of a recording's calls have names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Places that calls return to, each once.
    pub calls: u64,
    /// Those of them whose names are known.
    pub named: u64,
}

/// Writes `recording` with the names of all its calls, so that it can be read where the files of
/// the program are not. What was rescued from a side file becomes part of it. The sources' texts
/// are not. `meter` counts the calls as they get their names, of which there are
/// [`Stacks::len`](crate::read::Stacks::len).
///
/// # Errors
///
/// The outer one if the recording can no longer be read, the inner one if `out` does not take the
/// bytes.
pub fn pack(
    recording: &mut Recording,
    symbols: &mut Symbols,
    meter: &Meter,
    out: &mut dyn Write,
) -> Result<io::Result<Named>, Error> {
    if let Err(error) = recording.copy(out)? {
        return Ok(Err(error));
    }
    Ok(names(recording, symbols, meter, out))
}

fn names(
    recording: &Recording,
    symbols: &mut Symbols,
    meter: &Meter,
    out: &mut dyn Write,
) -> io::Result<Named> {
    let stacks = recording.stacks();
    let mut calls = BTreeMap::new();
    for node in stacks.nodes() {
        let Some(module) = stacks.module(node) else {
            continue;
        };
        let key = (&module.path, &module.build_id);
        let (_, addresses) = calls
            .entry(key)
            .or_insert_with(|| (module, BTreeMap::new()));
        *addresses
            .entry(node.address.wrapping_sub(module.base))
            .or_insert(0) += 1;
    }
    let mut named = Named::default();
    let mut blocks = Blocks {
        packer: Packer::new(MAX_PAYLOAD),
        next: 0,
        out,
    };
    let mut encoder = Encoder::default();
    for (module, addresses) in calls.into_values() {
        named.calls += addresses.len() as u64;
        let Some(source) = symbols.source(module) else {
            continue;
        };
        encoder.module(module, source.has_lines());
        for (address, nodes) in addresses {
            meter.add(nodes);
            let Some(frames) = source.frames(address) else {
                continue;
            };
            named.named += 1;
            let names: Vec<Name> = frames.into_iter().map(name).collect();
            if let Some(payload) = encoder.call(address, &names) {
                blocks.write(&payload)?;
            }
        }
    }
    let rest = encoder.finish();
    if !rest.is_empty() {
        blocks.write(&rest)?;
    }
    blocks.out.flush()?;
    Ok(named)
}

struct Blocks<'a> {
    packer: Packer,
    next: u32,
    out: &'a mut dyn Write,
}

impl Blocks<'_> {
    fn write(&mut self, payload: &[u8]) -> io::Result<()> {
        let label = Label {
            kind: Kind::Names,
            stream: 0,
            sequence: self.next,
        };
        self.next += 1;
        self.out.write_all(self.packer.pack(label, payload))
    }
}

fn name(frame: Frame) -> Name {
    Name {
        function: frame.function.into(),
        instance: frame.instance.map(Arc::from),
        path: frame.path.map(Arc::from),
        line: frame.line,
    }
}
