//! Builds a copy with cargo, and reads what the compiler says.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;

use crate::list::Entry;
use crate::options::Check;
use crate::process::{self, Ended};
use crate::source::Source;

/// No build of a single crate takes longer.
const DEADLINE: Duration = Duration::from_secs(1500);

/// What makes a build a lean one; none of it reaches the others.
const LEAN: [(&str, &str); 3] = [
    ("CARGO_PROFILE_DEV_DEBUG", "0"),
    ("CARGO_PROFILE_TEST_DEBUG", "0"),
    ("CARGO_INCREMENTAL", "0"),
];

/// How a copy is built.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    /// The crate.
    pub(crate) entry: &'a Entry,
    /// The copy.
    pub(crate) source: &'a Source,
    /// Cargo's target folder, which all copies of a kind share.
    pub(crate) target: PathBuf,
    /// Where logs go.
    pub(crate) logs: PathBuf,
    /// Handed to cargo as `--jobs`.
    pub(crate) jobs: Option<u32>,
}

/// With what a build is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Settings {
    /// As `cargo build` makes one that it is told nothing about: for debuggers, and to go on from.
    Cargo,
    /// Without what a compiler keeps for debuggers and for itself, which is less to build and to keep.
    Lean,
}

/// What came of building the tests.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// The test programs.
    pub(crate) programs: Vec<Program>,
    /// The library's first source file, where it compiled.
    pub(crate) library: Option<PathBuf>,
    /// The targets that did not compile.
    pub(crate) failed: BTreeSet<String>,
    /// What the compiler said about the crate's own source.
    pub(crate) diagnostics: BTreeSet<Diagnostic>,
}

/// A test program.
#[derive(Debug)]
pub(crate) struct Program {
    /// The target's name, `lib` for the library's unit tests.
    pub(crate) target: String,
    /// Its file.
    pub(crate) path: PathBuf,
}

/// A message of the compiler. Columns are left out, since the attribute moves those of a function's line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Diagnostic {
    pub(crate) is_error: bool,
    /// `file:line` of the first primary span.
    pub(crate) place: String,
    pub(crate) text: String,
}

impl Build<'_> {
    /// Builds the tests without running them; goes on where a target does not compile.
    pub(crate) fn tests(&self) -> Result<Built> {
        // NOTE: `cargo test --no-run` leaves targets out once one has failed, whatever it is told.
        let mut command = self.cargo("build", Settings::Lean);
        command.args(["--tests", "--keep-going"]);
        self.read_from(command)
    }

    /// Checks the library alone: what is said of it, without its tests' dependencies.
    pub(crate) fn check(&self, by: Check) -> Result<Built> {
        let subcommand = match by {
            Check::Compiler => "check",
            Check::Clippy => "clippy",
        };
        let mut command = self.cargo(subcommand, Settings::Lean);
        command.arg("--lib");
        self.read_from(command)
    }

    /// Builds and runs the examples in the documentation; `stdout` takes what their harness prints.
    pub(crate) fn doc_tests(&self, stdout: &Path) -> Result<Ended> {
        let mut command = self.cargo("test", Settings::Lean);
        // Many processes at once have tables; nobody reads them.
        command.arg("--doc").env("MEMLINE_OUTPUT", "/dev/null");
        process::run(
            &mut command,
            stdout,
            &stdout.with_extension("err"),
            DEADLINE,
        )
    }

    /// Runs cargo and reads its messages.
    fn read_from(&self, mut command: Command) -> Result<Built> {
        command.arg("--message-format=json");
        let stdout = self.logs.join("build.json");
        let stderr = self.logs.join("build.log");
        let ended = process::run(&mut command, &stdout, &stderr, DEADLINE)?;
        let messages = fs::read(&stdout)?;
        let built = self.read(&messages)?;
        if !ended.success() && built.failed.is_empty() {
            bail!("cargo failed; see {}", stderr.display());
        }
        Ok(built)
    }

    /// Processor time of compiling the library once, its dependencies being there already. `root` is its
    /// first source file.
    pub(crate) fn library_time(&self, root: &Path, settings: Settings) -> Result<Option<Duration>> {
        // Cargo compiles it anew, and nothing else: of what an incremental build would keep, nothing is left.
        File::options()
            .append(true)
            .open(root)?
            .set_modified(SystemTime::now())?;
        let kept = self.target(settings).join("debug/incremental");
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        let log = self.logs.join("library.out");
        let mut build = self.cargo("build", settings);
        build.arg("--lib");
        let stderr = self.logs.join("library.log");
        let ended = process::run(&mut build, &log, &stderr, DEADLINE)?;
        Ok(ended.success().then_some(ended.time))
    }

    /// Builds with other settings share nothing.
    fn target(&self, settings: Settings) -> PathBuf {
        match settings {
            Settings::Cargo => self.target.join("as-cargo-does"),
            Settings::Lean => self.target.clone(),
        }
    }

    fn cargo(&self, subcommand: &str, settings: Settings) -> Command {
        let mut command = Command::new("cargo");
        for (variable, lean) in LEAN {
            match settings {
                Settings::Cargo => command.env_remove(variable),
                Settings::Lean => command.env(variable, lean),
            };
        }
        command
            .current_dir(&self.source.folder)
            .arg(subcommand)
            .env("CARGO_TARGET_DIR", self.target(settings))
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                self.entry.rustflags.join("\u{1f}"),
            );
        // This program's own build leaves variables that would reach the tests.
        for (name, _) in std::env::vars() {
            if name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
                command.env_remove(name);
            }
        }
        if let Some(jobs) = self.jobs {
            command.args(["--jobs", &jobs.to_string()]);
        }
        if !self.entry.default_features {
            command.arg("--no-default-features");
        }
        if !self.entry.features.is_empty() {
            command.args(["--features", &self.entry.features.join(",")]);
        }
        command
    }

    fn read(&self, messages: &[u8]) -> Result<Built> {
        let manifest = self.source.folder.join("Cargo.toml");
        let mut built = Built::default();
        for message in Message::parse_stream(messages) {
            match message? {
                Message::CompilerArtifact(artifact) if artifact.manifest_path == manifest => {
                    if target_name(&artifact.target) == "lib" && !artifact.target.is_custom_build()
                    {
                        built.library = Some(artifact.target.src_path.clone().into());
                    }
                    if let Some(path) = artifact.executable
                        && artifact.profile.test
                    {
                        let target = target_name(&artifact.target);
                        let path = path.into();
                        built.programs.push(Program { target, path });
                    }
                }
                Message::CompilerMessage(said)
                    if is_under(said.target.src_path.as_ref(), &manifest) =>
                {
                    let level = said.message.level;
                    let is_error = matches!(level, DiagnosticLevel::Error | DiagnosticLevel::Ice);
                    if is_error {
                        built.failed.insert(target_name(&said.target));
                    }
                    built.diagnostics.extend(diagnostic(
                        said.message,
                        is_error,
                        &self.source.folder,
                    ));
                }
                _ => {}
            }
        }
        built.programs.sort_by(|a, b| a.target.cmp(&b.target));
        Ok(built)
    }
}

fn is_under(source: &Path, manifest: &Path) -> bool {
    manifest
        .parent()
        .is_some_and(|folder| source.starts_with(folder))
}

fn target_name(target: &cargo_metadata::Target) -> String {
    if target.is_test() || target.is_bin() || target.is_example() {
        target.name.clone()
    } else {
        "lib".to_owned()
    }
}

/// The message without what a copy's place changes; `None` for the summary that ends a target.
fn diagnostic(
    message: cargo_metadata::diagnostic::Diagnostic,
    is_error: bool,
    folder: &Path,
) -> Option<Diagnostic> {
    let summary = ["warning emitted", "warnings emitted", "aborting due to"];
    if message.spans.is_empty() && summary.iter().any(|part| message.message.contains(part))
        || matches!(message.level, DiagnosticLevel::FailureNote)
    {
        return None;
    }
    let span = message.spans.iter().find(|span| span.is_primary);
    let place = span.map_or_else(String::new, |span| {
        format!("{}:{}", span.file_name, span.line_start)
    });
    let text = message.message.replace(&*folder.to_string_lossy(), "");
    Some(Diagnostic {
        is_error,
        place,
        text,
    })
}
