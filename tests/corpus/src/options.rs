//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Profiles whole published crates and compares them with themselves.

Usage: cargo run --release --manifest-path tests/corpus/Cargo.toml -- [OPTIONS] [NAME…]

Without a name, every crate of tests/corpus/corpus.toml is tried.

Options:
      --quick         only the crates that corpus.toml marks as quick; no times of builds
      --check         only check the libraries: errors and warnings, no tests, no times
      --clippy        the same, with what clippy says; only what is new counts
      --markdown      write the last result of every listed crate to docs/CORPUS.md
      --list FILE     another list of crates than corpus.toml
      --jobs N        how many compilers cargo runs at once
      --memline PATH  the memline to profile with, in place of this repository
  -h, --help          this text

Exit status: 0 where every crate is clean, 1 where one is not, 2 where nothing could be tried.
";

/// What looks at a library without building it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    Compiler,
    Clippy,
}

/// What the command line asks for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Only the crates marked `quick`.
    pub(crate) quick: bool,
    /// Only what this says of the library is compared.
    pub(crate) check: Option<Check>,
    /// Whether `docs/CORPUS.md` is written.
    pub(crate) markdown: bool,
    /// The list of crates, in place of `corpus.toml`.
    pub(crate) list: Option<PathBuf>,
    /// Handed to cargo as `--jobs`.
    pub(crate) jobs: Option<u32>,
    /// The package to depend on, in place of this repository.
    pub(crate) memline: Option<PathBuf>,
    /// Only these crates; all where it is empty.
    pub(crate) names: Vec<String>,
}

impl Options {
    /// Reads the arguments; `None` where they ask for help.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "-h" | "--help" => return Ok(None),
                "--quick" => options.quick = true,
                "--check" => options.check = Some(Check::Compiler),
                "--clippy" => options.check = Some(Check::Clippy),
                "--markdown" => options.markdown = true,
                "--list" => {
                    let path = args.next().context("--list wants a file")?;
                    options.list = Some(path.into());
                }
                "--jobs" => {
                    let jobs = args.next().context("--jobs wants a number")?;
                    let jobs = jobs.parse().with_context(|| {
                        format!("--jobs wants a number of compilers, and got `{jobs}`")
                    })?;
                    options.jobs = Some(jobs);
                }
                "--memline" => {
                    let path = args.next().context("--memline wants a folder")?;
                    let path = PathBuf::from(&path)
                        .canonicalize()
                        .with_context(|| format!("--memline {path}"))?;
                    options.memline = Some(path);
                }
                flag if flag.starts_with('-') => {
                    bail!("unknown option `{flag}`; --help lists them")
                }
                _ => options.names.push(arg),
            }
        }
        if options.markdown && options.list.is_some() {
            bail!("--markdown writes the page of corpus.toml: leave --list out");
        }
        Ok(Some(options))
    }
}
