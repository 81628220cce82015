//! Leaks of known types, sizes and lines, and what a snapshot says of them.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::OsString;
use std::hint::black_box;
use std::mem;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use leaks::{Circle, Particle, Shape, particle, raw};
use memline::Key;
use memline::trace::{self, Filter, Snapshot};
use smallvec::SmallVec;

/// How a container of another crate is called: where functions have no paths, by the crate.
const SMALL: [&str; 2] = ["SmallVec<[u64; 4]>", "smallvec<[u64; 4]>"];

/// What leaks at a line.
struct Known {
    line: u32,
    of_type: &'static str,
    blocks: u64,
    bytes: u64,
}

#[rustfmt::skip] // a leak is a line
fn leak() -> Vec<Known> {
    let n = black_box(100u64);
    let mut known = Vec::with_capacity(64);
    macro_rules! leak {
        ($of_type:literal, $blocks:literal, $bytes:literal, $made:expr) => {
            let _ = mem::ManuallyDrop::new(black_box($made));
            known.push(Known { line: line!(), of_type: $of_type, blocks: $blocks, bytes: $bytes });
        };
    }
    leak!("Vec<u64>", 1, 800, Vec::<u64>::with_capacity(n as usize));
    leak!("Vec<leaks::Particle>", 1, 4000, (0..n).map(|_| particle()).collect::<Vec<Particle>>());
    leak!("Vec<u8>", 1, 100, vec![7u8; n as usize]);
    leak!("String", 1, 5, String::from(black_box("five!")));
    leak!("Box<leaks::Particle>", 1, 40, Box::new(particle()));
    leak!("Box<leaks::Circle>", 1, 16, { let shape: Box<dyn Shape> = Box::new(Circle(1.0, n)); shape });
    leak!("Rc<leaks::Particle>", 1, 56, Rc::new(particle()));
    leak!("Arc<leaks::Particle>", 1, 56, Arc::new(particle()));
    leak!("Arc<[u8]>", 1, 24, Arc::<str>::from(black_box("a text")));
    leak!("HashMap<u32, u64>", 1, 2192, (0..100).map(|i| (i, n)).collect::<HashMap<u32, u64>>());
    leak!("HashSet<u64>", 1, 1168, (0..n).collect::<HashSet<u64>>());
    leak!("BTreeMap<u32, u64>", 1, 144, BTreeMap::from([(1u32, n)]));
    leak!("BTreeSet<u16>", 1, 40, { let mut set = BTreeSet::new(); set.insert(n as u16); set });
    leak!("VecDeque<leaks::Particle>", 1, 4000, VecDeque::<Particle>::with_capacity(n as usize));
    leak!("BinaryHeap<u32>", 1, 400, BinaryHeap::<u32>::with_capacity(n as usize));
    leak!("LinkedList<u64>", 3, 72, (0..n / 33).collect::<LinkedList<u64>>());
    leak!("PathBuf", 1, 100, PathBuf::with_capacity(n as usize));
    leak!("OsString", 1, 100, OsString::with_capacity(n as usize));
    leak!("Box<[u64; 100]>", 1, 800, Box::new([n; 100]));
    leak!("HashMap<u16, u8>", 1, 656, hashbrown::HashMap::<u16, u8>::with_capacity(n as usize));
    leak!("SmallVec<[u64; 4]>", 1, 800, SmallVec::<[u64; 4]>::with_capacity(n as usize));
    leak!("Vec<u8>", 1, 100, BytesMut::with_capacity(n as usize));
    leak!("in leaks::raw", 1, 48, raw(48));
    known
}

fn main() -> ExitCode {
    // Such as `cargo test -- --list` asks for.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    trace::start(8).expect("it can be traced");
    let known = leak();
    let snapshot = Snapshot::take().expect("it is traced");
    let mut wrong = 0;
    for Known {
        line,
        of_type,
        blocks,
        bytes,
    } in &known
    {
        let here = Filter::only().file("*leaks.rs").line(*line).all_frames();
        let found = snapshot.filter([here]).statistics(Key::Type, false);
        let found: Vec<_> = found
            .iter()
            .map(|s| (&*s.label, s.blocks, s.bytes))
            .collect();
        let is = |label: &str| label == *of_type || [*of_type, label] == SMALL;
        if !matches!(found[..], [(label, b, s)] if is(label) && (b, s) == (*blocks, *bytes)) {
            println!(
                "line {line}: expected {of_type}, {blocks} blocks, {bytes} B; found {found:?}"
            );
            wrong += 1;
        }
    }
    println!(
        "{} leaks, {wrong} of them not found as they are",
        known.len()
    );
    ExitCode::from(u8::from(wrong > 0))
}
