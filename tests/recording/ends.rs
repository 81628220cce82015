//! Programs that do not end well: nothing that they recorded is lost.

use std::os::unix::process::CommandExt;
use std::time::Duration;
use std::{fs, process, ptr, thread};

use profile_trace::view::View;

use super::read::{load, read, read_complete};
use super::stacks::named_rows;
use crate::common::{self, Child, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![
    runs_on,
    runs_on_profiled,
    aborts_recorded,
    crashes,
    overflows,
    exits_elsewhere,
    becomes_another,
    loads_and_unloads,
];

pub(crate) const TESTS: &[Test] = named![
    killed_at_fifty_moments,
    ended_by_signals,
    ended_by_faults,
    ended_by_another_thread,
    a_program_that_becomes_another_is_recorded_anew,
    libraries_may_come_and_go,
];

/// Allocates on three threads until it is killed.
fn runs_on() -> Outcome {
    fn work() -> ! {
        loop {
            drop(load(50));
        }
    }
    for _ in 0..2 {
        thread::spawn(|| work());
    }
    drop(load(50));
    common::ready();
    work()
}

fn killed_at_fifty_moments() {
    let folder = scratch("recording_killed");
    for moment in 0..50 {
        let path = folder.join(moment.to_string());
        let child = Child::new("runs_on").env("MEMLINE_RECORD", &path);
        let ended = child
            .start()
            .ready()
            .after(Duration::from_micros(moment * 700))
            .signal(&["KILL"])
            .end();
        assert_eq!(ended.signal(), Some(libc::SIGKILL));
        let read = read(&path);
        assert!(!read.condition.complete && read.condition.recovered > 0);
        // Every free is of a block that was recorded: none is lost, on any thread.
        assert_eq!(read.aggregate.unknown_frees(), 0, "moment {moment}");
        let totals = read.aggregate.totals();
        let live = read.aggregate.sum(View::Leaks);
        assert_eq!(totals.allocated - totals.freed, live.bytes);
        // A thread keeps no more than fifty texts and a vector at any moment.
        assert!(
            live.blocks < 400 && totals.allocs > 10,
            "{live:?} {totals:?}"
        );
        assert!(read.condition.to_string().starts_with("incomplete"));
    }
}

/// Does so in a function that has a table.
fn runs_on_profiled() -> Outcome {
    #[memline::profile]
    fn rounds() {
        common::ready(); // from here on memline handles the signals
        loop {
            drop(load(50));
        }
    }
    drop(load(50));
    rounds();
    Ok(())
}

/// Where memline has to handle the signals, the recording is ended as at a normal end, but for the
/// moments at which it is just being written.
fn ended_by_signals() {
    let folder = scratch("recording_signals");
    let mut complete = 0;
    for moment in 0..20 {
        let (program, name, signal) = [
            ("runs_on", "INT", libc::SIGINT),
            ("runs_on_profiled", "TERM", libc::SIGTERM),
        ][moment % 2];
        let path = folder.join(moment.to_string());
        let child = Child::new(program).env("MEMLINE_RECORD", &path);
        let ended = child
            .start()
            .ready()
            .after(Duration::from_micros(moment as u64 * 700))
            .signal(&[name])
            .end();
        assert_eq!(ended.signal(), Some(signal), "{ended:?}");
        assert_eq!(
            ended.stderr.contains("drop(load(50));"),
            program == "runs_on_profiled",
            "{ended:?}"
        );
        let read = read(&path);
        assert_eq!(read.aggregate.unknown_frees(), 0, "moment {moment}");
        assert!(read.aggregate.totals().allocs > 10);
        complete += u32::from(read.condition.complete);
    }
    assert!(complete >= 15, "{complete} of 20");
}

fn aborts_recorded() -> Outcome {
    let kept = load(500);
    println!("{}", kept.len());
    process::abort()
}

fn crashes() -> Outcome {
    println!("{}", load(500).len());
    // SAFETY: there is none: it is the fault that is wanted.
    #[expect(unsafe_code)]
    unsafe {
        ptr::null_mut::<u8>().write_volatile(1);
    }
    Ok(())
}

fn overflows() -> Outcome {
    #[expect(unconditional_recursion, reason = "it is meant to overflow")]
    fn down(text: &str) -> String {
        down(&format!("{text}.")) + "."
    }
    println!("{}", load(500).len());
    println!("{}", down(""));
    Ok(())
}

fn ended_by_faults() {
    let folder = scratch("recording_faults");
    for (program, signal) in [
        ("aborts_recorded", libc::SIGABRT),
        ("crashes", libc::SIGSEGV),
        ("overflows", libc::SIGABRT),
    ] {
        let path = folder.join(program);
        let ended = Child::new(program).env("MEMLINE_RECORD", &path).run();
        assert_eq!(ended.signal(), Some(signal), "{ended:?}");
        let read = read(&path);
        assert!(!read.condition.complete, "{program}");
        assert!(read.aggregate.totals().zeroed > 490, "{program}");
    }
}

fn exits_elsewhere() -> Outcome {
    thread::spawn(|| {
        drop(load(500));
        process::exit(3)
    });
    loop {
        drop(load(50));
    }
}

fn ended_by_another_thread() {
    let folder = scratch("recording_elsewhere");
    // Ten times, since threads race for the end.
    for round in 0..10 {
        let path = folder.join(round.to_string());
        let ended = Child::new("exits_elsewhere")
            .env("MEMLINE_RECORD", &path)
            .run();
        assert_eq!((ended.code(), &*ended.stderr), (Some(3), ""), "{ended:?}");
        let read = read_complete(&path);
        assert_eq!(read.aggregate.totals_of(2).zeroed, 495);
    }
}

/// Becomes another program of this file, with the same environment.
fn becomes_another() -> Outcome {
    drop(load(3000));
    let error = process::Command::new(std::env::current_exe()?)
        .env("TEST_PROGRAM", "works")
        .exec();
    Err(error.into())
}

/// Nothing is left of what the process was before; what it has become is recorded in its place.
fn a_program_that_becomes_another_is_recorded_anew() {
    let path = scratch("recording_exec").join("a.memline");
    let child = Child::new("becomes_another").env("MEMLINE_RECORD", &path);
    let ended = child.run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    let read = read_complete(&path);
    assert_eq!(read.aggregate.totals().zeroed, 20 * (400 - 4));
    assert_eq!(read.recording.facts().process, Some(ended.pid.into()));
}

/// Calls a function of a library that calls back, which allocates; loads it again and again.
fn loads_and_unloads() -> Outcome {
    extern "C" fn allocate() {
        std::hint::black_box(vec![0u8; 777]);
    }
    let library = std::ffi::CString::new(std::env::var("LIBRARY")?)?;
    for _ in 0..20 {
        // SAFETY: the library is the test's own; its function has this signature.
        #[expect(unsafe_code)]
        unsafe {
            let library = libc::dlopen(library.as_ptr(), libc::RTLD_NOW);
            assert!(!library.is_null());
            let function = libc::dlsym(library, c"call_back".as_ptr());
            let function: extern "C" fn(extern "C" fn()) = std::mem::transmute(function);
            function(allocate);
            libc::dlclose(library);
        }
        drop(load(100));
    }
    Ok(())
}

fn libraries_may_come_and_go() {
    let folder = scratch("recording_library");
    let (source, library) = (folder.join("library.c"), folder.join("library.so"));
    let text = "void call_back(void (*function)(void)) { function(); }";
    fs::write(&source, text).expect("it is new");
    let mut compiler = process::Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O0", "-fno-omit-frame-pointer", "-o"]);
    let built = compiler.arg(&library).arg(&source).status();
    assert!(built.expect("there is a C compiler").success());
    let path = folder.join("a.memline");
    let child = Child::new("loads_and_unloads").env("LIBRARY", &library);
    let ended = child.env("MEMLINE_RECORD", &path).run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    let read = read_complete(&path);
    let (rows, _) = named_rows(&read, View::Total);
    let through: u64 = rows
        .iter()
        .filter(|(_, frames)| frames.iter().any(|frame| frame.function == "call_back"))
        .map(|(row, _)| row.amount.bytes)
        .sum();
    assert_eq!(through, 20 * 777);
}
