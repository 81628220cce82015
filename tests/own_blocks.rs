//! A recording holds what the program and the standard library allocate, and nothing of memline's own.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

use std::hint::black_box;
use std::path::Path;

use common::{Child, Outcome, scratch};
use profile_trace::Recording;
use profile_trace::symbols::{Frame, Symbols};
use profile_trace::types;
use profile_trace::view::{Aggregate, Options, View};

fn main() -> Outcome {
    // As the first thing, and without an allocation.
    // SAFETY: a C string; what it returns is only compared with null.
    #[expect(unsafe_code)]
    let is_program = unsafe { !libc::getenv(c"TEST_PROGRAM".as_ptr()).is_null() };
    if is_program {
        program();
        return Ok(());
    }
    common::main(
        &[],
        &[named![
            a_tiny_program_and_nothing_else,
            nor_with_all_of_memline_at_work
        ]],
    )
}

#[memline::profile]
fn program() {
    let block = black_box(Box::new([7u8; 1000]));
    drop(block);
}

/// One block of the program, or of what runs before it.
#[derive(Debug)]
struct Allocated {
    bytes: u64,
    of_type: Option<String>,
    /// The innermost first.
    stack: Vec<Frame>,
}

/// All that a recording holds.
fn allocated(path: &Path) -> Vec<Allocated> {
    let mut recording = Recording::open(path).expect("it is a recording");
    let (aggregate, condition) =
        Aggregate::of(&mut recording, Options::default()).expect("it can be read");
    assert!(condition.is_whole() && condition.complete, "{condition:?}");
    let stacks = recording.shared_stacks();
    let mut symbols = Symbols::new(&recording);
    let rows = aggregate.rows(View::Total);
    let mut all: Vec<Allocated> = rows
        .map(|row| {
            assert_eq!(row.amount.blocks, 1, "{row:?}");
            let stack = symbols.stack(&stacks, row.stack);
            Allocated {
                bytes: row.amount.bytes,
                of_type: types::of(&stack),
                stack,
            }
        })
        .collect();
    all.sort_by_key(|block| block.bytes);
    all
}

/// What the program needs under an environment: its own block, and what `std` keeps of its main thread, the
/// thread's name and where its stack ends, by which it tells an overflow.
#[track_caller]
fn check(name: &str, environment: &[(&str, &str)]) {
    let path = scratch(name).join("a.memline");
    let child = Child::new("program").env("MEMLINE_RECORD", &path);
    let child = environment
        .iter()
        .fold(child, |child, (name, value)| child.env(name, value));
    let ended = child.run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let all = allocated(&path);
    let passes = |block: &Allocated, part: &str| {
        let mut frames = block.stack.iter();
        frames.any(|frame| frame.function.contains(part))
    };
    for block in &all {
        let before_main = !passes(block, "own_blocks::");
        let of_std = passes(block, "std::rt::init") && passes(block, "stack_overflow");
        assert_eq!(before_main, of_std, "{block:#?}");
    }
    let (std, program): (Vec<_>, Vec<_>) =
        all.iter().partition(|block| !passes(block, "own_blocks::"));
    let described = |blocks: &[&Allocated]| {
        let text = |block: &&Allocated| {
            let of_type = block.of_type.as_deref().unwrap_or("?");
            format!("{} B for {of_type}", block.bytes)
        };
        blocks.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(described(&program), ["1000 B for Box<[u8; 1000]>"]);
    let std = described(&std);
    assert_eq!(std.len(), 2, "{std:?}");
    assert_eq!(std[0], "4 B for Box<str>"); // `main`
    assert!(
        std[1].ends_with("B for BTreeMap<usize, ThreadInfo>"),
        "{std:?}"
    );
}

fn a_tiny_program_and_nothing_else() {
    check("own_blocks", &[]);
}

fn nor_with_all_of_memline_at_work() {
    check("own_blocks_tables", &[("MEMLINE", "on")]);
    check(
        "own_blocks_traced",
        &[("MEMLINE", "on"), ("MEMLINE_TRACE", "20")],
    );
    check("own_blocks_control", &[("MEMLINE_CONTROL", "1")]);
}
