//! memline's recordings say what other tools say of the same workload, to the byte and the block.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use profile_trace::Recording;
use profile_trace::view::{Aggregate, Amount, Options, View};
use serde_json::Value;

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    output
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What was recorded of the workload.
fn recorded(name: &str, words: &[&str]) -> Aggregate {
    let path = scratch(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_recorded"));
    run(command.arg(&path).args(words));
    let mut recording = Recording::open(&path).expect("it is a recording");
    let (aggregate, condition) =
        Aggregate::of(&mut recording, Options::default()).expect("it is read");
    assert!(condition.complete && condition.is_whole(), "{condition:?}");
    aggregate
}

/// What the workload is known to leak, and nothing else, is leaked.
#[test]
fn leaks_are_what_is_known_to_leak() {
    let (bytes, blocks) = oracles::LEAKED;
    let leaks = recorded("leaks.memline", &["alone"]).sum(View::Leaks);
    assert_eq!(leaks, Amount { blocks, bytes });
}

/// dhat-rs counts a reallocation as a new block of the new size, as memline's view of all
/// allocations does: there is no difference to explain.
#[test]
fn dhat_rs_agrees() {
    let output = run(&mut Command::new(env!("CARGO_BIN_EXE_by_dhat")));
    let text = String::from_utf8(output.stdout).expect("it is text");
    let figures: Vec<u64> = text
        .split_whitespace()
        .map(|figure| figure.parse().expect("a number"))
        .collect();
    let aggregate = recorded("dhat.memline", &[]);
    for (view, figures) in [View::Total, View::Peak, View::Leaks]
        .iter()
        .zip(figures.chunks(2))
    {
        let [blocks, bytes] = *figures else {
            panic!("{figures:?}")
        };
        assert_eq!(aggregate.sum(*view), Amount { blocks, bytes }, "{view:?}");
    }
}

fn number(point: &Value, name: &str) -> u64 {
    point[name].as_u64().expect("a number")
}

/// Valgrind sees all of the process: what `work` leads to is compared. It is on one thread, since for
/// another one the C library and std allocate without asking Rust's allocator (5 blocks, 448 B).
#[test]
fn valgrind_agrees() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("valgrind is not installed");
        return;
    }
    let out = scratch("dhat.out");
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=dhat").arg("--num-callers=100");
    valgrind.arg(format!("--dhat-out-file={}", out.display()));
    run(valgrind.arg(env!("CARGO_BIN_EXE_plain")));
    let profile = fs::read(&out).expect("it was written");
    let profile: Value = serde_json::from_slice(&profile).expect("it is JSON");
    let frames = profile["ftbl"].as_array().expect("a list");
    let below = |point: &&Value| {
        let stack = point["fs"].as_array().expect("a list");
        stack.iter().any(|frame| {
            let index = frame.as_u64().expect("an index") as usize;
            let frame = frames.get(index).and_then(Value::as_str);
            frame.is_some_and(|frame| frame.contains("oracles::work"))
        })
    };
    let points = profile["pps"].as_array().expect("a list");
    let sum = |blocks: &str, bytes: &str| {
        let points = points.iter().filter(below);
        points.fold(Amount::default(), |sum, point| Amount {
            blocks: sum.blocks + number(point, blocks),
            bytes: sum.bytes + number(point, bytes),
        })
    };
    let aggregate = recorded("valgrind.memline", &["alone"]);
    for (view, blocks, bytes) in [
        (View::Total, "tbk", "tb"),
        (View::Peak, "gbk", "gb"),
        (View::Leaks, "ebk", "eb"),
    ] {
        assert_eq!(aggregate.sum(view), sum(blocks, bytes), "{view:?}");
    }
}
