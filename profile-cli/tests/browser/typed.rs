//! Recordings of this test's own functions, whose names tell for which types they allocate.

use std::io;
use std::path::PathBuf;

use profile_trace::events::Event;
use profile_trace::writer::Writer;

use super::common::alloc;
use super::own;
use super::recording::{MIB, file, page};

/// What is allocated for in [`page_of`].
pub(crate) struct Particle([f64; 8]);

#[inline(never)]
fn load() {
    std::hint::black_box(Particle([1.0; 8]).0);
}

#[inline(never)]
fn work() {
    std::hint::black_box(Particle([2.0; 8]).0);
}

/// Main's `load` has 3 MiB of particles, if it has, and 2 MiB of bytes; the worker's `work` has 1 MiB of
/// particles and 1 MiB for no type that is known, which are never freed.
fn of_types(particles: bool) -> io::Result<Vec<u8>> {
    let program = std::env::current_exe()?;
    let program = program.to_str().expect("it is text");
    let address = |function: usize| function as u64 + 1;
    let mut writer = Writer::new(Vec::new(), 1, &own::start(program))?;
    writer.modules(&[own::module(program)])?;
    let load = writer.node(0, address(load as fn() as usize))?;
    let work = writer.node(0, address(work as fn() as usize))?;
    let particle = address(Vec::<Particle>::reserve as fn(&mut Vec<_>, usize) as usize);
    let byte = address(Vec::<u8>::reserve as fn(&mut Vec<_>, usize) as usize);
    let stacks = [
        writer.node(load, particle)?,
        writer.node(load, byte)?,
        writer.node(work, particle)?,
    ];
    writer.thread(1, 1, "main")?;
    writer.thread(2, 2, "worker")?;
    let time = Event::Time { elapsed: 1_000_000 };
    if particles {
        writer.event(1, &alloc(0x10, 3 * MIB, stacks[0]))?;
    }
    writer.event(1, &alloc(0x20, 2 * MIB, stacks[1]))?;
    writer.event(1, &time)?;
    for event in [
        alloc(0x30, MIB, stacks[2]),
        alloc(0x40, MIB, work),
        time,
        time,
    ] {
        writer.event(2, &event)?;
    }
    writer.event(1, &time)?;
    if particles {
        writer.event(
            1,
            &Event::Free {
                address: 0x10,
                size: None,
            },
        )?;
    }
    writer.event(
        1,
        &Event::Free {
            address: 0x20,
            size: None,
        },
    )?;
    writer.finish(&[])
}

pub(crate) fn page_of(name: &str) -> PathBuf {
    page(name, of_types(true), &["flamegraph"])
}

/// The same, and later without main's particles.
pub(crate) fn comparison(name: &str) -> PathBuf {
    let before = file(&format!("{name}-before"), of_types(true));
    let before = before.to_str().expect("it is text");
    page(name, of_types(false), &["diff", "--html", before])
}
