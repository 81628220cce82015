//! `corpus.toml`: which crates, and how each is built and tested.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One crate of the corpus.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Its name in the registry.
    pub(crate) name: String,
    /// The exact version.
    pub(crate) version: String,
    /// Whether it belongs to the quick corpus.
    #[serde(default)]
    pub(crate) quick: bool,
    /// Features to turn on.
    #[serde(default)]
    pub(crate) features: Vec<String>,
    /// Whether the crate's default features stay on.
    #[serde(default = "yes")]
    pub(crate) default_features: bool,
    /// Whether memline's allocator is linked. Off for crates whose tests install one of their own.
    #[serde(default = "yes")]
    pub(crate) allocator: bool,
    /// Whether the dependencies are to use the copy, too: for tests that mix types of both.
    #[serde(default)]
    pub(crate) patch: bool,
    /// Flags of the compiler, such as a `--cfg` that the tests want.
    #[serde(default)]
    pub(crate) rustflags: Vec<String>,
    /// Whether the examples in the documentation are run, too: for packages without their tests.
    #[serde(default)]
    pub(crate) doc_tests: bool,
    /// What is not run, neither plain nor annotated.
    #[serde(default)]
    pub(crate) skip: Vec<Skip>,
}

/// A test, or a whole test target, that is not run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skip {
    /// The target it is in.
    pub(crate) target: String,
    /// Its path within the target; without it, the target is not run at all.
    pub(crate) test: Option<String>,
    /// The reason.
    pub(crate) why: String,
}

impl Entry {
    /// `name-version`, which also names the folders.
    pub(crate) fn label(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

/// Reads the list.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct List {
        #[serde(rename = "crate")]
        entries: Vec<Entry>,
    }

    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let list: List =
        toml_edit::de::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    Ok(list.entries)
}

fn yes() -> bool {
    true
}
