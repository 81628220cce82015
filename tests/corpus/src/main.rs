//! Published crates, profiled whole and unchanged.
//!
//! Each crate of `corpus.toml` is built and tested twice: as it was published, and with
//! `#[::memline::profile]` before every function that can carry it. Whatever compiled must compile,
//! whatever passed must pass, and no warning may come or go.

mod annotate;
mod build;
mod compare;
mod list;
mod options;
mod process;
mod source;
mod suite;
mod table;
mod trial;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::list::Entry;
use crate::options::Options;
use crate::table::Row;

fn main() -> ExitCode {
    let result = Options::parse(std::env::args().skip(1)).and_then(|options| match options {
        Some(options) => run(&options),
        None => {
            print!("{}", options::HELP);
            Ok(true)
        }
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("memline-corpus: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Tries every chosen crate; true where all are clean.
fn run(options: &Options) -> Result<bool> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = package.join("../..").canonicalize()?;
    let list = options.list.clone();
    let all = list::read(&list.unwrap_or_else(|| package.join("corpus.toml")))?;
    let entries = chosen(&all, options)?;
    let folder = work_folder()?;
    let memline = options.memline.as_ref().unwrap_or(&project);

    let start = Instant::now();
    let mut rows = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        eprintln!("[{}/{}] {}", number + 1, entries.len(), entry.label());
        let outcome = trial::run(entry, &folder, memline, options);
        let row = Row::new(entry, &outcome)?;
        if options.check.is_none() && !options.quick {
            row.keep(entry, &folder)?;
        }
        for line in row.complaints() {
            eprintln!("  {line}");
        }
        rows.push(row);
    }

    print!("{}", table::text(&rows));
    eprintln!("in {} min", start.elapsed().as_secs().div_ceil(60));
    if options.markdown {
        let page = project.join("docs/CORPUS.md");
        std::fs::write(&page, table::markdown(&all, &folder)?)
            .with_context(|| format!("cannot write {}", page.display()))?;
        eprintln!("wrote {}", page.display());
    }
    Ok(rows.iter().all(Row::is_clean))
}

/// The entries that the command line asks for; an unknown name is an error.
fn chosen<'a>(entries: &'a [Entry], options: &Options) -> Result<Vec<&'a Entry>> {
    for name in &options.names {
        if !entries.iter().any(|entry| entry.name == *name) {
            bail!("the list has no crate `{name}`");
        }
    }
    Ok(entries
        .iter()
        .filter(|entry| options.names.is_empty() || options.names.contains(&entry.name))
        .filter(|entry| entry.quick || !options.quick)
        .collect())
}

/// Where copies, builds and logs lie: `corpus/` in the target folder that this program was built into.
fn work_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2);
    let folder = target
        .context("this program lies in no target folder")?
        .join("corpus");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
