//! Any bytes are a recording, part of one, or none: reading them never panics, hangs or takes much
//! memory.
//!
//! The first two bytes choose. Odd: the rest is a file, of which the second byte says how much lies
//! in the side file. Even: it is the payload of a block, of the kind that the second byte says, with
//! a right checksum, which mutations seldom hit.

#![no_main]

use libfuzzer_sys::fuzz_target;
use profile_trace::block::{Kind, Label, Packer};
use profile_trace::view::{Aggregate, Options};
use profile_trace::{Header, Magic, Recording};

fuzz_target!(|bytes: &[u8]| {
    let [choice, second, rest @ ..] = bytes else {
        return;
    };
    let (file, side) = if choice % 2 == 1 {
        let (side, file) = rest.split_at(rest.len() * usize::from(*second) / 256);
        (file.to_vec(), Some(side))
    } else {
        (recording_of(*second, rest), None)
    };
    if let Ok(mut recording) = Recording::from_bytes(file, side) {
        let _ = Aggregate::of(&mut recording, Options::default());
    }
});

/// A recording of one block.
fn recording_of(kind: u8, payload: &[u8]) -> Vec<u8> {
    let kinds = [Kind::Start, Kind::Tables, Kind::Events, Kind::End];
    let label = Label {
        kind: kinds[usize::from(kind) % kinds.len()],
        stream: u32::from(kind) / 4,
        sequence: 0,
    };
    let mut file = Header::new(1).encode(Magic::Recording).to_vec();
    file.extend_from_slice(Packer::new(payload.len()).pack(label, payload));
    file
}
