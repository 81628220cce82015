//! The programs that are compared, each built with one tool in it.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Build {
    /// `peer` without any tool.
    Plain,
    Memline,
    /// memline without its features `record` and `trace`.
    Counting,
    StatsAlloc,
    Divan,
    Dhat,
    /// heapscope, with the frame pointers that it needs.
    Heapscope,
    /// memline, with frame pointers, as `cargo memline` builds.
    Pointers,
    /// hotpath, measuring time.
    HotpathTime,
    /// hotpath, counting allocations.
    HotpathAlloc,
    /// The example `index` with memline off.
    IndexPlain,
    /// The example `index` as it is.
    Index,
    /// The same, with frame pointers.
    IndexPointers,
    /// The command `memline`.
    Reader,
}

impl Build {
    /// The tool's name in the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Build::Plain | Build::IndexPlain => "plain",
            Build::Memline | Build::Pointers | Build::Index | Build::IndexPointers => "memline",
            Build::Reader => "memline",
            Build::Counting => "memline, recorder left out",
            Build::StatsAlloc => "stats_alloc",
            Build::Divan => "divan",
            Build::Dhat => "dhat-rs",
            Build::Heapscope => "heapscope",
            Build::HotpathTime => "hotpath, time",
            Build::HotpathAlloc => "hotpath, alloc",
        }
    }

    /// The folder of the package, which binary of it, and with what else it is built.
    fn recipe(self) -> (&'static str, [&'static str; 2], &'static [&'static str]) {
        let peer = ["--bin", "peer"];
        let index = ["--example", "index"];
        match self {
            Build::Plain => (".", peer, &[]),
            Build::Memline | Build::Pointers => (".", peer, &["--features", "memline"]),
            Build::Counting => (".", peer, &["--features", "memline-counting"]),
            Build::StatsAlloc => (".", peer, &["--features", "stats_alloc"]),
            Build::Divan => (".", peer, &["--features", "divan"]),
            Build::Dhat => (".", peer, &["--features", "dhat"]),
            // It asks for a newer compiler than it needs.
            Build::Heapscope => (
                ".",
                peer,
                &["--features", "heapscope", "--ignore-rust-version"],
            ),
            Build::HotpathTime => (".", peer, &["--features", "hotpath"]),
            Build::HotpathAlloc => (".", peer, &["--features", "hotpath-alloc"]),
            Build::IndexPlain => ("../..", index, &["--no-default-features"]),
            Build::Index | Build::IndexPointers => ("../..", index, &[]),
            Build::Reader => ("../../profile-cli", ["--bin", "memline"], &[]),
        }
    }

    /// Where the program is once it is built.
    fn destination(self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{self:?}{}", env::consts::EXE_SUFFIX))
    }
}

/// Builds programs. Cargo writes them all under one name, so each is copied away.
pub(crate) fn build(builds: BTreeSet<Build>) -> Result<BTreeMap<Build, PathBuf>, String> {
    builds
        .into_iter()
        .map(|build| Ok((build, one(build)?)))
        .collect()
}

fn one(build: Build) -> Result<PathBuf, String> {
    let (folder, target, features) = build.recipe();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let pointers = matches!(
        build,
        Build::Pointers | Build::IndexPointers | Build::Heapscope
    );
    let subfolder = if pointers {
        "builds-pointers"
    } else {
        "builds"
    };
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(subfolder);
    let mut cargo = Command::new(env!("CARGO"));
    if pointers {
        cargo.env("RUSTFLAGS", "-Cforce-frame-pointers=yes");
    }
    eprintln!("building {build:?}");
    let status = cargo
        .args(["build", "--release", "--quiet"])
        .args(target)
        .args(features)
        .arg("--target-dir")
        .arg(&output)
        .current_dir(&folder)
        .status()
        .map_err(|error| format!("cargo cannot be run in {}: {error}", folder.display()))?;
    if !status.success() {
        return Err(format!("{build:?} does not build: {status}"));
    }

    let [kind, name] = target;
    let subfolder = if kind == "--example" {
        "release/examples"
    } else {
        "release"
    };
    let built = output
        .join(subfolder)
        .join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let destination = build.destination();
    fs::copy(&built, &destination)
        .map_err(|error| format!("{} cannot be copied: {error}", built.display()))?;
    Ok(destination)
}
