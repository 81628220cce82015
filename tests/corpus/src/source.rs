//! A crate's published source: obtained through cargo, copied, and made to depend on memline.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use toml_edit::{DocumentMut, Item, Table, value};
use walkdir::WalkDir;

use crate::annotate::annotate;
use crate::list::Entry;

/// A copy of a crate, ready to be built.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// How many functions carry the attribute.
    pub(crate) functions: usize,
}

/// The folder in which cargo keeps the published source.
pub(crate) fn fetch(entry: &Entry, work: &Path) -> Result<PathBuf> {
    let scratch = work.join("fetch").join(entry.label());
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(scratch.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{} = {{ version = \"={}\", default-features = false }}\n\n[workspace]\n",
        entry.name, entry.version
    );
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    let metadata = cargo_metadata::MetadataCommand::new()
        .current_dir(&scratch)
        .other_options(vec!["--filter-platform".into(), host()?])
        .exec()
        .context("cargo cannot fetch it")?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name == entry.name && package.source.is_some())
        .context("cargo fetched something else")?;
    let folder = package.manifest_path.parent();
    Ok(folder.context("its manifest has no folder")?.into())
}

/// Copies the published source unchanged, but for a manifest that stands by itself.
pub(crate) fn plain(entry: &Entry, published: &Path, work: &Path) -> Result<Source> {
    let folder = work.join("plain").join(entry.label());
    copy(published, &folder)?;
    let mut manifest = read_manifest(&folder)?;
    stand_alone(&mut manifest, entry);
    fs::write(folder.join("Cargo.toml"), manifest.to_string())?;
    Ok(Source {
        folder,
        functions: 0,
    })
}

/// Copies the source with every function annotated.
pub(crate) fn annotated(
    entry: &Entry,
    published: &Path,
    work: &Path,
    memline: &Path,
) -> Result<Source> {
    let folder = work.join("annotated").join(entry.label());
    copy(published, &folder)?;
    let mut manifest = read_manifest(&folder)?;
    stand_alone(&mut manifest, entry);
    let path = memline.to_str().context("memline's path is not UTF-8")?;
    let mut dependency = Table::new();
    dependency["path"] = value(path);
    if !entry.allocator {
        dependency["default-features"] = value(false);
        dependency["features"] = value(toml_edit::Array::from_iter(["profile"]));
    }
    table(&mut manifest, "dependencies")["memline"] = Item::Table(dependency);
    fs::write(folder.join("Cargo.toml"), manifest.to_string())?;

    let mut functions = 0;
    for file in WalkDir::new(&folder) {
        let file = file?;
        let inside = file.path().strip_prefix(&folder)?;
        let is_source = inside.starts_with("src") || inside.starts_with("tests");
        if !is_source || inside.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        // Data that happens to be called `.rs` need not be Rust, or not UTF-8.
        if let Ok(text) = fs::read_to_string(file.path())
            && let Ok(annotated) = annotate(&text)
            && annotated.functions > 0
        {
            fs::write(file.path(), annotated.text)?;
            functions += annotated.functions;
        }
    }
    Ok(Source { folder, functions })
}

/// Copies a folder, in place of what was there; keeps the lock file that an earlier run resolved.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let lock = fs::read(to.join("Cargo.lock")).ok();
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    for file in WalkDir::new(from) {
        let file = file?;
        let target = to.join(file.path().strip_prefix(from)?);
        if file.file_type().is_dir() {
            fs::create_dir_all(&target)?;
        } else {
            // Not `fs::copy`: the registry's files may be read-only.
            fs::write(&target, fs::read(file.path())?)?;
        }
    }
    // The published lock file may name versions that no longer build.
    let kept = to.join("Cargo.lock");
    match lock {
        Some(lock) => fs::write(kept, lock)?,
        None if kept.exists() => fs::remove_file(kept)?,
        None => {}
    }
    Ok(())
}

fn read_manifest(folder: &Path) -> Result<DocumentMut> {
    let manifest: DocumentMut = fs::read_to_string(folder.join("Cargo.toml"))?.parse()?;
    let edition = manifest["package"]
        .get("edition")
        .and_then(|edition| edition.as_str());
    if edition.is_none_or(|edition| edition == "2015") {
        bail!("edition 2015 has no paths like `::memline`");
    }
    Ok(manifest)
}

/// Cuts the manifest off from any workspace above it, and from the registry's own copy where asked to.
fn stand_alone(manifest: &mut DocumentMut, entry: &Entry) {
    manifest["workspace"] = Item::Table(Table::new());
    if entry.patch {
        let mut here = Table::new();
        here["path"] = value(".");
        let mut patches = Table::new();
        patches[&entry.name] = Item::Table(here);
        table(manifest, "patch")["crates-io"] = Item::Table(patches);
    }
}

/// The table `name` of the manifest, new where there is none.
fn table<'a>(manifest: &'a mut DocumentMut, name: &str) -> &'a mut Item {
    let item = &mut manifest[name];
    if item.is_none() {
        let mut table = Table::new();
        table.set_implicit(true);
        *item = Item::Table(table);
    }
    item
}

/// The host's target triple.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc names no host")
}
