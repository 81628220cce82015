//! One cargo run that builds all programs, and what the compiler said of each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// How the programs are built.
#[derive(Clone, Copy)]
pub(crate) enum Variant {
    /// As they stand, without memline.
    Plain,
    /// With `#[profile]` on their functions.
    Profiled,
}

/// What cargo told, by the names of the binaries.
pub(crate) struct Built {
    said: BTreeMap<String, Vec<(Place, String)>>,
    executables: BTreeMap<String, PathBuf>,
}

impl Built {
    /// Warnings and errors, each in one line, in the order of the source; none of the lines left out.
    pub(crate) fn said_of(&self, binary: &str, without: &[u64]) -> Vec<String> {
        let said = self.said.get(binary).into_iter().flatten();
        said.filter(|(place, _)| !without.contains(&place.0))
            .map(|(_, text)| text.clone())
            .collect()
    }

    pub(crate) fn executable(&self, binary: &str) -> Option<&Path> {
        self.executables.get(binary).map(PathBuf::as_path)
    }
}

/// Builds the programs of all editions. One that does not compile keeps none of the others from it.
pub(crate) fn all(workspace: &Path, variant: Variant) -> Built {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace).args([
        "build",
        "--workspace",
        "--keep-going",
        "--message-format=json",
        "--target-dir",
    ]);
    match variant {
        Variant::Plain => cargo.arg(workspace.join("plain")),
        Variant::Profiled => cargo
            .arg(workspace.join("profiled"))
            .arg("--features=profiled"),
    };
    // A caller's `-D warnings` would turn the warnings to be compared into errors.
    for flags in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
    ] {
        cargo.env_remove(flags);
    }
    let output = cargo.stdin(Stdio::null()).output().expect("cargo starts");
    let built = read(&String::from_utf8_lossy(&output.stdout));
    assert!(
        !built.executables.is_empty(),
        "nothing was built:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    built
}

/// Reads cargo's messages, one JSON value a line.
fn read(messages: &str) -> Built {
    let mut said: BTreeMap<String, Vec<(Place, String)>> = BTreeMap::new();
    let mut executables = BTreeMap::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line).expect("cargo writes JSON");
        let Some(target) = message["target"]["name"].as_str() else {
            continue;
        };
        if let Some(executable) = message["executable"].as_str() {
            executables.insert(target.to_owned(), PathBuf::from(executable));
        }
        // The summary, "3 warnings emitted", has no place.
        let diagnostic = &message["message"];
        if let Some(place) = Place::of(diagnostic) {
            said.entry(target.to_owned())
                .or_default()
                .push((place, told(diagnostic)));
        }
    }
    said.values_mut().for_each(|said| said.sort());
    Built { said, executables }
}

/// Where a diagnostic points to first: line and column.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place(u64, u64);

impl Place {
    fn of(diagnostic: &Value) -> Option<Self> {
        let spans = diagnostic["spans"].as_array()?;
        let span = written(spans.iter().find(|span| span["is_primary"] == true)?);
        Some(Self(
            span["line_start"].as_u64()?,
            span["column_start"].as_u64()?,
        ))
    }
}

/// The place in the program that a span comes from: a macro's use, where it lies within the macro.
fn written(mut span: &Value) -> &Value {
    while !span["expansion"].is_null() {
        span = &span["expansion"]["span"];
    }
    span
}

/// A diagnostic in one line: level, code, text, and every place it shows, with the help and the notes.
fn told(diagnostic: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut told = format!(
        "{} {}: {}",
        text(&diagnostic["level"]),
        text(&diagnostic["code"]["code"]),
        text(&diagnostic["message"])
    );
    for span in diagnostic["spans"].as_array().into_iter().flatten() {
        let label = text(&span["label"]);
        let span = written(span);
        let [from, to] = [("line_start", "column_start"), ("line_end", "column_end")]
            .map(|(line, column)| format!("{}:{}", span[line], span[column]));
        told += &format!(" [{from}-{to} {label}]");
    }
    for child in diagnostic["children"].as_array().into_iter().flatten() {
        told += &format!(" | {}", self::told(child));
    }
    told
}
