//! What the command line asks for.

use std::env;
use std::path::{Path, PathBuf};

const KNOWN: &str = "--rounds N, --index FOLDER, --instructions, --program, \
                     --recordings, --only-instructions";

/// How the comparison is run.
pub(crate) struct Options {
    /// How often every program runs.
    pub(crate) rounds: usize,
    /// The folder that the example `index` reads.
    pub(crate) index: PathBuf,
    /// Whether instructions are counted too, with valgrind.
    pub(crate) instructions: bool,
    /// What alone is compared.
    pub(crate) only: Option<Only>,
}

/// A part of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Only {
    Program,
    Recordings,
    Instructions,
}

impl Options {
    pub(crate) fn from_arguments(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Options, String> {
        let mut rounds = None;
        let mut options = Options {
            rounds: 0,
            index: large_folder(),
            instructions: false,
            only: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--bench" => {} // Cargo's own word to every bench.
                "--rounds" => {
                    let value = value()?;
                    rounds = match value.parse() {
                        Ok(rounds) if rounds > 0 => Some(rounds),
                        _ => return Err(format!("--rounds {value}: not a number above 0")),
                    };
                }
                "--index" => options.index = value()?.into(),
                "--instructions" => options.instructions = true,
                "--program" => options.only = Some(Only::Program),
                "--recordings" => options.only = Some(Only::Recordings),
                "--only-instructions" => options.only = Some(Only::Instructions),
                _ => return Err(format!("{argument} is not one of {KNOWN}")),
            }
        }
        // One of recordings takes minutes, and instructions are the same in each.
        options.rounds = rounds.unwrap_or(match options.only {
            None | Some(Only::Program) => 9,
            Some(Only::Recordings) => 3,
            Some(Only::Instructions) => 1,
        });
        Ok(options)
    }
}

/// A large folder of text that every machine has which could build this: the sources that cargo
/// downloaded. The workspace itself where they are somewhere else.
fn large_folder() -> PathBuf {
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = || env::home_dir().map(|home| home.join(".cargo"));
    cargo
        .or_else(home)
        .map(|cargo| cargo.join("registry/src"))
        .filter(|sources| sources.is_dir())
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}
