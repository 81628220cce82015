//! Stacks lead to the functions, lines and types that allocated.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::rc::Rc;
use std::thread;

use profile_trace::symbols::{Frame, Problem, Symbols};
use profile_trace::view::{Row, View};

use super::read::{Read, leave_at_once, read, read_complete};
use crate::common::{Child, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![leaks, profiled];

pub(crate) const TESTS: &[Test] = named![
    leaks_are_at_their_lines,
    nothing_of_memline_is_recorded,
    a_changed_program_has_no_names,
];

/// What leaks, by the thousand.
#[derive(Clone)]
struct Particle(#[expect(dead_code, reason = "it takes room")] [u64; 5]);

#[expect(clippy::vec_box, reason = "boxes are what it is about")]
#[inline(never)]
fn boxes() -> Vec<Box<Particle>> {
    (0..1000)
        .map(|index| Box::new(Particle([index; 5])))
        .collect()
}

#[inline(never)]
fn counted() -> Vec<Rc<[u8; 100]>> {
    (0..1000).map(|_| Rc::new([1; 100])).collect()
}

#[inline(never)]
fn room() -> Vec<Vec<Particle>> {
    (0..1000).map(|_| Vec::with_capacity(3)).collect()
}

#[inline(never)]
fn texts() -> Vec<String> {
    (0..1000)
        .map(|number: u64| format!("{number:>20}"))
        .collect()
}

fn leaks() -> Outcome {
    let kept = black_box((boxes(), counted()));
    let worker = thread::Builder::new().name("worker".to_owned());
    let others = worker.spawn(|| (texts(), room()))?.join();
    println!(
        "{}",
        kept.0.len() + others.as_ref().map_or(0, |others| others.0.len())
    );
    leave_at_once()
}

/// The stacks of a view's rows, in names.
pub(crate) fn named_rows(read: &Read, view: View) -> (Vec<(Row, Vec<Frame>)>, Symbols) {
    let mut symbols = Symbols::new(&read.recording);
    let stacks = read.recording.stacks();
    let rows = read.aggregate.rows(view);
    let rows = rows
        .map(|row| (row, symbols.stack(stacks, row.stack)))
        .collect();
    (rows, symbols)
}

fn leaks_are_at_their_lines() {
    let path = scratch("recording_leaks").join("a.memline");
    let ended = Child::new("leaks").env("MEMLINE_RECORD", &path).run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""));
    let read = read(&path);
    let (rows, symbols) = named_rows(&read, View::Leaks);
    let problems: Vec<_> = symbols
        .problems()
        .filter(|(_, problem)| *problem != Problem::NoDebugInformation)
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
    // By function: blocks, bytes, thread, and the types that std's functions were made for.
    let mut found = BTreeMap::<&str, (u64, u64)>::new();
    for (row, frames) in rows.iter().filter(|(row, _)| row.amount.blocks >= 1000) {
        let frame = frames.iter().find(|frame| {
            frame.file.as_deref() == Some("tests/recording/stacks.rs")
                && !frame.function.contains("{closure")
        });
        let frame = frame.unwrap_or_else(|| panic!("no function of this file in {frames:#?}"));
        let source = fs::read_to_string(file!()).expect("it is the working directory's");
        let line = source
            .lines()
            .nth(frame.line.expect("it has lines") as usize - 1);
        let line = line.expect("the file has as many lines");
        let function = frame.function.rsplit("::").next().expect("a path");
        let parts = ["(0..1000)", ".map(", ".collect()"];
        assert!(
            parts.iter().any(|part| line.contains(part)),
            "{function}: {line}"
        );
        let type_of = |text: &str| {
            let names = frames.iter().filter_map(|frame| frame.instance.as_deref());
            names.into_iter().any(|name| name.contains(text))
        };
        let expected = match function {
            "boxes" | "room" => "Particle",
            "counted" => "[u8; 100]",
            _ => "u8",
        };
        assert!(type_of(expected), "{function}: {frames:#?}");
        let thread = read
            .recording
            .stacks()
            .thread(row.thread)
            .expect("it is there");
        let on = if matches!(function, "texts" | "room") {
            "worker"
        } else {
            "main"
        };
        assert_eq!(thread.name, on, "{function}");
        let sum = found.entry(function).or_default();
        sum.0 += row.amount.blocks;
        sum.1 += row.amount.bytes;
    }
    let expected = BTreeMap::from([
        ("boxes", (1000, 40_000)),
        ("counted", (1000, 120_000)),
        ("room", (1000, 120_000)),
        ("texts", (1000, 20_000)),
    ]);
    for (function, (blocks, bytes)) in expected {
        let sum = found.get(function).copied().unwrap_or_default();
        assert!(sum.0 >= blocks && sum.1 >= bytes, "{function}: {found:?}");
    }
    // Nothing of memline's own shows.
    for (_, frames) in &rows {
        let own = frames
            .iter()
            .find(|frame| frame.function.contains("profile_runtime"));
        assert!(own.is_none(), "{own:?}");
    }
}

/// Has a table, which is printed when it ends.
fn profiled() -> Outcome {
    #[memline::profile]
    fn work() -> usize {
        let kept = texts();
        kept.len()
    }
    assert_eq!(work(), 1000);
    memline::reset();
    assert_eq!(work(), 1000);
    Ok(())
}

fn nothing_of_memline_is_recorded() {
    let path = scratch("recording_profiled").join("a.memline");
    let ended = Child::new("profiled").env("MEMLINE_RECORD", &path).run();
    assert_eq!(ended.code(), Some(0));
    assert!(ended.stderr.contains("let kept = texts();"), "{ended:?}");
    let read = read_complete(&path);
    let (rows, _) = named_rows(&read, View::Total);
    assert!(rows.iter().any(|(row, _)| row.amount.blocks == 2000));
    for (row, frames) in &rows {
        let own = frames
            .iter()
            .find(|frame| frame.function.contains("profile_runtime"));
        assert!(own.is_none(), "{row:?}: {frames:#?}");
    }
    assert_eq!(read.aggregate.unknown_frees(), 0);
}

/// The same recording, of a file that is not the one that it was.
fn a_changed_program_has_no_names() {
    let folder = scratch("recording_changed");
    let path = folder.join("a.memline");
    let program = folder.join("program");
    fs::copy(std::env::current_exe().expect("it is a file"), &program).expect("it is copied");
    let script = format!("exec {}", program.display());
    let ended = Child::in_shell("leaks", &script)
        .env("MEMLINE_RECORD", &path)
        .run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""));
    let read = read(&path);
    let problem_of = |symbols: &Symbols| {
        let own = symbols
            .problems()
            .find(|(path, _)| path.ends_with("/program"));
        own.map(|(_, problem)| problem)
    };
    let (_, symbols) = named_rows(&read, View::Leaks);
    assert_eq!(problem_of(&symbols), None);
    fs::copy("/bin/true", &program).expect("it is replaced");
    let (rows, symbols) = named_rows(&read, View::Leaks);
    assert_eq!(problem_of(&symbols), Some(Problem::Changed));
    let own = |frame: &Frame| frame.module == "program";
    let frames = rows
        .iter()
        .flat_map(|(_, frames)| frames)
        .filter(|frame| own(frame));
    assert!(
        frames
            .into_iter()
            .all(|frame| frame.function.starts_with("program+0x"))
    );
    fs::remove_file(&program).expect("it is there");
    let (_, symbols) = named_rows(&read, View::Leaks);
    assert!(matches!(problem_of(&symbols), Some(Problem::Gone(_))));
}
