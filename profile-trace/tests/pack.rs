//! Recordings with names in them.
#![cfg(feature = "symbols")]

use profile_trace::block::Kind;
use profile_trace::events::{Encoder, Event, MAX_EVENT, MAX_START};
use profile_trace::pending::SLOT;
use profile_trace::read::Meter;
use profile_trace::symbols::{Named, Symbols, pack};
use profile_trace::view::{Aggregate, Options, View};
use profile_trace::writer::Writer;
use profile_trace::{Header, Magic, Recording};

fn alloc(address: u64, size: u64) -> Event {
    Event::Alloc {
        zeroed: false,
        address,
        size,
        stack: 1,
    }
}

/// A recording without its end, and a side file with one more event of its thread.
fn killed() -> (Vec<u8>, Vec<u8>) {
    let write = || {
        let mut writer = Writer::new(Vec::new(), 7, &[])?;
        writer.node(0, 0x1000)?;
        writer.thread(1, 1, "main")?;
        writer.event(1, &alloc(0x10, 100))?;
        writer.finish(&[])
    };
    let mut file: Vec<u8> = write().expect("memory takes it");
    file.truncate(file.len() - 3);

    let mut side = Header::new(7).encode(Magic::Pending).to_vec();
    side.resize(SLOT, 0);
    let mut encoder = Encoder::new();
    let mut payload = [0; MAX_START + MAX_EVENT];
    let start: &mut [u8; MAX_START] = payload.first_chunk_mut().expect("there is room");
    let mut length = encoder.begin(0, start);
    let mut event = [0; MAX_EVENT];
    let size = encoder.event(&alloc(0x20, 50), &mut event);
    payload[length..length + size].copy_from_slice(&event[..size]);
    length += size;
    for number in [Kind::Events as u32, 1, length as u32, 1] {
        side.extend_from_slice(&number.to_le_bytes());
    }
    side.resize(SLOT + 64, 0);
    side.extend_from_slice(&payload[..length]);
    side.resize(2 * SLOT, 0);
    (file, side)
}

#[test]
fn what_was_rescued_becomes_part_of_the_packed_recording() {
    let (file, side) = killed();
    let open = |bytes: Vec<u8>, side| Recording::from_bytes(bytes, side).expect("it is one");
    let mut recording = open(file, Some(&side));
    assert_eq!(recording.condition().recovered, 1);
    let mut symbols = Symbols::new(&recording);
    let mut packed = Vec::new();
    let meter = Meter::default();
    let named = pack(&mut recording, &mut symbols, &meter, &mut packed).expect("it is in memory");
    // No module is known, so that no call has a name.
    assert_eq!(named.expect("memory takes it"), Named::default());

    let mut recording = open(packed, None);
    let condition = recording.condition().clone();
    assert!(condition.is_whole() && !condition.complete, "{condition:?}");
    assert_eq!((condition.recovered, condition.torn), (0, 0));
    let (aggregate, _) = Aggregate::of(&mut recording, Options::default()).expect("in memory");
    assert_eq!(aggregate.sum(View::Total).bytes, 150);
}
