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
    drop_unused(&mut manifest, &folder)?;
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
    drop_unused(&mut manifest, &folder)?;
    let path = memline.to_str().context("memline's path is not UTF-8")?;
    let mut dependency = Table::new();
    dependency["path"] = value(path);
    if !entry.allocator {
        dependency["default-features"] = value(false);
        dependency["features"] = value(toml_edit::Array::from_iter(["profile"]));
    }
    table(manifest.as_item_mut(), "dependencies")["memline"] = Item::Table(dependency);
    optimize_memline(&mut manifest);
    fs::write(folder.join("Cargo.toml"), manifest.to_string())?;

    let mut functions = 0;
    for file in WalkDir::new(&folder) {
        let file = file?;
        if !is_source(file.path().strip_prefix(&folder)?) {
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

/// Optimizes memline itself, and nothing of the crate or of its dependencies: tests by brute force run
/// through so many probes that unoptimized ones would make minutes of their seconds.
fn optimize_memline(manifest: &mut DocumentMut) {
    let dev = table(table(manifest.as_item_mut(), "profile"), "dev");
    for package in ["memline", "profile-runtime"] {
        table(table(dev, "package"), package)["opt-level"] = value(3);
    }
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
        table(manifest.as_item_mut(), "patch")["crates-io"] = Item::Table(patches);
    }
}

/// Drops the dev-dependencies that neither the library nor the tests mention: those of benches, which are
/// not built here and often want more time than all the rest.
fn drop_unused(manifest: &mut DocumentMut, folder: &Path) -> Result<()> {
    let mut text = String::new();
    for file in WalkDir::new(folder) {
        let file = file?;
        if is_source(file.path().strip_prefix(folder)?)
            && let Ok(source) = fs::read_to_string(file.path())
        {
            text.push_str(&source);
        }
    }
    let dependencies = manifest.get("dev-dependencies");
    if let Some(dependencies) = dependencies.and_then(Item::as_table_like) {
        let mut names: Vec<String> = dependencies
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        names.retain(|name| !text.contains(&name.replace('-', "_")));
        for name in names {
            table(manifest.as_item_mut(), "dev-dependencies")[&name] = Item::None;
            drop_features_of(manifest, &name);
        }
    }
    manifest.remove("bench");
    manifest.remove("example");
    Ok(())
}

/// Drops `name/feature` from the crate's own features.
fn drop_features_of(manifest: &mut DocumentMut, name: &str) {
    let features = manifest.get_mut("features");
    let Some(features) = features.and_then(Item::as_table_like_mut) else {
        return;
    };
    for (_, wants) in features.iter_mut() {
        if let Some(wants) = wants.as_array_mut() {
            wants.retain(|want| {
                let package = want.as_str().and_then(|want| want.split_once('/'));
                package.is_none_or(|(package, _)| package.trim_end_matches('?') != name)
            });
        }
    }
}

/// Whether a file of the crate belongs to the library or to its tests.
fn is_source(inside: &Path) -> bool {
    let is_in = inside.starts_with("src") || inside.starts_with("tests");
    is_in
        && inside
            .extension()
            .is_some_and(|extension| extension == "rs")
}

/// The table `name` in another or in the manifest itself, new where there is none.
fn table<'a>(parent: &'a mut Item, name: &str) -> &'a mut Item {
    let item = &mut parent[name];
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
