//! `memline`: see `memline --help`.

use std::process::ExitCode;

use clap::Parser;
use profile_cli::{args::Cli, commands, exit_code};

fn main() -> ExitCode {
    exit_code(commands::run(Cli::parse()))
}
