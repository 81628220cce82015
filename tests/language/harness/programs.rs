//! The programs, and the packages that cargo builds them from.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The editions in which every program runs, unless it stands in the folder of one of them.
const EDITIONS: [&str; 2] = ["2021", "2024"];

/// Lints that rustc leaves off, and that code added by an attribute could set off.
const LINTS: &str = include_str!("lints.toml");

/// Tells the compiler whether the functions are to be profiled.
const BUILD_SCRIPT: &str = r#"fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(profiled)");
    if std::env::var_os("CARGO_FEATURE_PROFILED").is_some() {
        println!("cargo::rustc-cfg=profiled");
    }
}
"#;

/// One file in one edition.
pub(crate) struct Program {
    edition: &'static str,
    source: PathBuf,
}

impl Program {
    /// The name of its binary, which tells the edition too.
    pub(crate) fn binary(&self) -> String {
        let stem = self.source.file_stem().expect("a source file has a name");
        format!("{}_{}", stem.display(), self.edition)
    }

    /// The lines, from 1, whose warnings are known to be lost.
    pub(crate) fn lost_lines(&self) -> Vec<u64> {
        let text = fs::read_to_string(&self.source).expect("a program can be read");
        (1..)
            .zip(text.lines())
            .filter(|(_, line)| line.ends_with(LOST))
            .map(|(number, _)| number)
            .collect()
    }
}

/// Marks lines whose warnings are known to be lost: a call that never returns, without its text telling so, is
/// followed by a probe, which takes the compiler's remark in place of the user's statement. The mark itself is
/// checked: a warning that is there after all is a difference.
const LOST: &str = "// lost with probes";

/// All programs, or those which the environment asks for.
pub(crate) fn all() -> Vec<Program> {
    let folder = root().join("tests/language");
    let wanted = env::var("MEMLINE_LANGUAGE").unwrap_or_default();
    let mut programs = Vec::new();
    for edition in EDITIONS {
        for source in sources(&folder)
            .into_iter()
            .chain(sources(&folder.join(edition)))
        {
            programs.push(Program { edition, source });
        }
    }
    programs.retain(|program| program.binary().contains(&wanted));
    programs
}

/// The Rust files right in a folder, by name.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut sources: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    sources.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    sources.sort();
    sources
}

/// Writes a workspace with one package for each edition, and one binary for each program.
pub(crate) fn write_packages(folder: &Path, programs: &[Program]) {
    let workspace = "[workspace]\nmembers = [\"2021\", \"2024\"]\nresolver = \"3\"\n\
         [profile.dev]\ndebug = false\nincremental = false\n";
    write(&folder.join("Cargo.toml"), workspace);
    // The versions that the workspace is built with are at hand already.
    let lock =
        fs::read_to_string(root().join("Cargo.lock")).expect("the workspace has a lock file");
    if !folder.join("Cargo.lock").exists() {
        write(&folder.join("Cargo.lock"), &lock);
    }
    for edition in EDITIONS {
        let package = folder.join(edition);
        let programs = programs.iter().filter(|program| program.edition == edition);
        write(&package.join("build.rs"), BUILD_SCRIPT);
        write(&package.join("Cargo.toml"), &manifest(edition, programs));
    }
}

fn manifest<'p>(edition: &str, programs: impl Iterator<Item = &'p Program>) -> String {
    let mut manifest = format!(
        "[package]\nname = \"language{edition}\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\n\
         publish = false\nautobins = false\n\n\
         [features]\nprofiled = [\"dep:memline\"]\n\n\
         [dependencies]\nmemline = {{ path = {memline:?}, optional = true }}\n\n{LINTS}",
        memline = root(),
    );
    for program in programs {
        manifest += &format!(
            "\n[[bin]]\nname = {:?}\npath = {:?}\n",
            program.binary(),
            program.source
        );
    }
    manifest
}

/// The workspace of memline itself.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a file unless it says so already: what cargo built from it stays fresh.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    let folder = path.parent().expect("a file stands in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
