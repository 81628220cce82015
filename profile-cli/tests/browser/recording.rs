//! Recordings with known figures, and the pages that memline makes of them.

#![allow(dead_code)] // no test uses all of it

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::common::alloc;
use profile_trace::events::Event;
use profile_trace::writer::Writer;

pub(crate) const MIB: u64 = 1 << 20;

/// Main calls 0x2000, which calls 0x3000; a worker calls 0x4000. At the peak main has 5 MiB and
/// the worker 1 MiB, which it never frees.
fn small() -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new(), 1, &[])?;
    let outer = writer.node(0, 0x1000)?;
    let middle = writer.node(outer, 0x2000)?;
    let inner = writer.node(middle, 0x3000)?;
    let other = writer.node(0, 0x4000)?;
    writer.thread(1, 1, "main")?;
    writer.thread(2, 2, "worker")?;
    let time = Event::Time { elapsed: 1_000_000 };
    for event in [
        alloc(0x10, 3 * MIB, middle),
        Event::Free {
            address: 0x10,
            size: None,
        },
    ] {
        writer.event(1, &event)?;
    }
    writer.event(1, &alloc(0x20, 5 * MIB, inner))?;
    writer.event(1, &time)?;
    writer.event(2, &time)?;
    writer.event(2, &alloc(0x30, MIB, other))?;
    writer.event(2, &time)?;
    writer.event(1, &time)?;
    writer.event(
        1,
        &Event::Free {
            address: 0x20,
            size: None,
        },
    )?;
    writer.event(1, &time)?;
    writer.finish(&[])
}

/// One call that calls 3,000 others.
fn wide() -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new(), 1, &[])?;
    let outer = writer.node(0, 0x1000)?;
    writer.thread(1, 1, "main")?;
    for index in 0..3000 {
        let stack = writer.node(outer, 0x10_0000 + index)?;
        writer.event(1, &alloc(0x100 + 16 * index, 1000, stack))?;
    }
    writer.finish(&[])
}

pub(crate) fn flame_graph(name: &str) -> PathBuf {
    page(name, small(), &["flamegraph"])
}

pub(crate) fn wide_flame_graph(name: &str) -> PathBuf {
    page(name, wide(), &["flamegraph", "--max-calls=100"])
}

/// 100,000 stacks of 30 calls, which as text are more than 10 MB, over a second.
pub(crate) fn large(name: &str) -> PathBuf {
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &[])?;
        writer.thread(1, 1, "main")?;
        let mut last = [0; 30];
        for index in 0..100_000u64 {
            // The last calls of a stack are its own, and the others those of the stack before.
            let shared = (30 - (index + 1).trailing_zeros() as usize).min(28);
            for depth in shared..30 {
                let parent = depth.checked_sub(1).map_or(0, |caller| last[caller]);
                last[depth] = writer.node(parent, 0x1000 * depth as u64 + index % 997)?;
            }
            writer.event(1, &alloc(0x10 * index, 100 + index % 1000, last[29]))?;
            writer.event(1, &Event::Time { elapsed: 10_000 })?;
        }
        writer.finish(&[])
    };
    page(name, write(), &["flamegraph"])
}

/// A recording, and a later one in which main has 1 MiB less and the worker is gone.
pub(crate) fn comparison(name: &str) -> PathBuf {
    let before = file(&format!("{name}-before"), small());
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &[])?;
        let outer = writer.node(0, 0x1000)?;
        let middle = writer.node(outer, 0x2000)?;
        let inner = writer.node(middle, 0x3000)?;
        writer.thread(1, 1, "main")?;
        for (address, size, stack) in [(0x10, 4 * MIB, inner), (0x20, 3 * MIB, middle)] {
            writer.event(1, &alloc(address, size, stack))?;
        }
        writer.event(1, &Event::Time { elapsed: 1_000_000 })?;
        writer.finish(&[])
    };
    let before = before.to_str().expect("it is text");
    page(name, write(), &["diff", "--html", before])
}

/// Of 10 ms, in each of which main allocates 1 MiB; what is of an even one is freed after 2 ms.
pub(crate) fn over_time(name: &str) -> PathBuf {
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &[])?;
        let outer = writer.node(0, 0x1000)?;
        let stacks = [writer.node(outer, 0x2000)?, writer.node(outer, 0x3000)?];
        writer.thread(1, 1, "main")?;
        for index in 0..10u64 {
            writer.event(1, &alloc(0x10 * index, MIB, stacks[(index % 2) as usize]))?;
            if index % 2 == 0 && index > 0 {
                let address = 0x10 * (index - 2);
                writer.event(
                    1,
                    &Event::Free {
                        address,
                        size: None,
                    },
                )?;
            }
            writer.event(1, &Event::Time { elapsed: 1_000_000 })?;
        }
        writer.finish(&[])
    };
    page(name, write(), &["flamegraph"])
}

pub(crate) fn table(name: &str) -> PathBuf {
    page(name, small(), &["table", "--html"])
}

pub(crate) fn small_file(name: &str) -> PathBuf {
    file(name, small())
}

pub(crate) fn file(name: &str, recording: io::Result<Vec<u8>>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    let file = folder.join(format!("{name}.memline"));
    fs::write(&file, recording.expect("memory takes it")).expect("target/tmp is writable");
    file
}

pub(crate) fn page(name: &str, recording: io::Result<Vec<u8>>, report: &[&str]) -> PathBuf {
    let file = file(name, recording);
    let page = file.with_extension("html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
    command
        .args(report)
        .arg("--force")
        .arg("-o")
        .arg(&page)
        .arg(&file);
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    page
}
