//! Builds generated programs into one crate and runs it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::Program;

/// What the crate printed, and the report it wrote.
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) report: memline::Report,
}

/// Compiles `programs` and runs each with every seed.
pub(crate) fn build_and_run(programs: &[Program], seeds: &[u64]) -> Outcome {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ledger");
    write_crate(&root, programs, seeds);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args(["build", "--quiet", "--manifest-path"])
        .arg(root.join("Cargo.toml"));
    build.arg("--target-dir").arg(root.join("target"));
    let built = build.output().expect("cargo runs");
    assert!(
        built.status.success(),
        "the programs do not compile:\n{}",
        String::from_utf8_lossy(&built.stderr)
    );

    let report = root.join("report.json");
    let ran = Command::new(root.join("target/debug/generated"))
        .env("MEMLINE_FORMAT", "json")
        .env("MEMLINE_OUTPUT", &report)
        .output()
        .expect("the programs run");
    assert!(
        ran.status.success(),
        "the programs fail:\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let json = fs::read_to_string(&report).expect("the report is written");
    Outcome {
        stdout: String::from_utf8(ran.stdout).expect("the programs print text"),
        report: serde_json::from_str(&json).expect("the report is JSON"),
    }
}

fn write_crate(root: &Path, programs: &[Program], seeds: &[u64]) {
    let source = root.join("src");
    fs::create_dir_all(&source).expect("the folder can be made");
    let memline = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = format!(
        "[package]\nname = \"generated\"\nedition = \"2024\"\n\n\
         [dependencies]\nmemline = {{ path = {memline:?} }}\n\n[profile.dev]\ndebug = false\n\n[workspace]\n"
    );
    write(&root.join("Cargo.toml"), &manifest);
    // The same versions as here, so that nothing is asked of the network.
    if let Ok(lock) = fs::read_to_string(memline.join("Cargo.lock")) {
        write(&root.join("Cargo.lock"), &lock);
    }
    write(&source.join("dice.rs"), include_str!("program/dice.rs"));
    write(
        &source.join("support.rs"),
        include_str!("program/support.rs"),
    );
    let mut main = "#![allow(warnings)]\nmod dice;\nmod support;\n".to_owned();
    let mut runs = String::new();
    for (index, program) in programs.iter().enumerate() {
        write(&source_of(&source, index), &program.source);
        writeln!(main, "mod p{index};").expect("a string can be written to");
        for seed in seeds {
            writeln!(
                runs,
                "    support::run({index}, {seed}, |out| p{index}::f0(out, 0));"
            )
            .expect("as above");
        }
    }
    main.push_str(&format!(
        "\nfn main() {{\n    support::calibrate();\n{runs}}}\n"
    ));
    write(&source.join("main.rs"), &main);
}

fn source_of(folder: &Path, program: usize) -> PathBuf {
    folder.join(format!("p{program}.rs"))
}

/// Leaves a file alone that holds `text` already, so that it need not be compiled again.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
}
