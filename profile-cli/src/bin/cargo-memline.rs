//! `cargo memline`: see `cargo memline --help`.

use std::process::ExitCode;

use clap::Parser;
use profile_cli::{exit_code, record::cargo};

fn main() -> ExitCode {
    exit_code(cargo::run(cargo::Cli::parse()))
}
