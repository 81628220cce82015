//! Names of functions, however much of them the debug information says.
#![cfg(feature = "symbols")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::{Object, ObjectSymbol};
use profile_trace::Recording;
use profile_trace::symbols::Symbols;
use profile_trace::tables::Module;
use profile_trace::writer::Writer;

const PROGRAM: &str = r"
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
static COUNT: AtomicU64 = AtomicU64::new(0);
mod deep {
    #[inline(always)]
    pub fn inner<T: Into<u64>>(value: T) -> u64 { super::COUNT.fetch_add(value.into(), super::SeqCst) }
}
#[inline(never)]
pub fn outer(value: u32) -> u64 { deep::inner(value) }
fn main() { std::process::exit(outer(7) as i32) }
";

/// Compiles the program. Returns it, and where `outer` begins and ends in it.
fn compiled(debug: &str) -> (PathBuf, u64, u64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("names");
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    let (source, program) = (folder.join("counting.rs"), folder.join(debug));
    fs::write(&source, PROGRAM).expect("target/tmp is writable");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args(["--edition=2024", "-O", &format!("-Cdebuginfo={debug}")])
        .arg("-o")
        .args([&program, &source])
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    let bytes = fs::read(&program).expect("it is there");
    let object = object::File::parse(&*bytes).expect("it is a program");
    let outer = object.symbols().find(|symbol| {
        let name = symbol.name().unwrap_or_default();
        name.contains("counting") && name.contains("5outer")
    });
    let outer = outer.expect("it is not inlined");
    (program, outer.address(), outer.address() + outer.size())
}

/// The functions at each address of `outer` that has an inlined one, the innermost first.
fn inlined(debug: &str) -> Vec<Vec<(String, u32)>> {
    let (program, start, end) = compiled(debug);
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &[])?;
        writer.modules(&[Module {
            end: u64::MAX,
            path: program.to_string_lossy().into_owned(),
            build_id: build_id(&program),
            ..Module::default()
        }])?;
        for address in start..end {
            writer.node(0, address + 1)?;
        }
        writer.finish(&[])
    };
    let bytes: std::io::Result<Vec<u8>> = write();
    let recording = Recording::from_bytes(bytes.expect("memory takes it"), None);
    let recording = recording.expect("it is one");
    let mut symbols = Symbols::new(&recording);
    let stacks = (1..=(end - start) as u32).map(|call| symbols.stack(recording.stacks(), call));
    let stacks = stacks.filter(|frames| frames.len() > 1).map(|frames| {
        let frames = frames.into_iter();
        let named = frames.map(|frame| (frame.function, frame.line.unwrap_or(0)));
        named.collect::<Vec<_>>()
    });
    stacks.collect()
}

fn build_id(program: &Path) -> Vec<u8> {
    let bytes = fs::read(program).expect("it is there");
    let object = object::File::parse(&*bytes).expect("it is a program");
    let id = object.build_id().expect("it can be read");
    id.map(<[u8]>::to_vec).unwrap_or_default()
}

#[test]
fn line_tables_alone_name_the_crates_of_inlined_functions() {
    let stacks = inlined("line-tables-only");
    assert!(!stacks.is_empty());
    for stack in &stacks {
        let outermost = stack.last().expect("there is one");
        assert_eq!(outermost, &("counting::outer".to_owned(), 9), "{stack:?}");
        // The standard library's own functions, if any, lie inside of it.
        let own = &stack[stack.len() - 2];
        assert_eq!(own, &("counting::inner<u32>".to_owned(), 6), "{stack:?}");
        for (function, _) in &stack[..stack.len() - 2] {
            assert!(function.starts_with("core::"), "{stack:?}");
        }
    }
}

#[test]
fn more_debug_information_names_their_modules_too() {
    let stacks = inlined("limited");
    let own = |stack: &Vec<(String, u32)>| stack[stack.len() - 2].clone();
    let functions: Vec<_> = stacks.iter().map(own).collect();
    assert!(!functions.is_empty());
    for (function, line) in functions {
        assert!(function.starts_with("counting::deep::inner"), "{function}");
        assert_eq!(line, 6);
    }
}
