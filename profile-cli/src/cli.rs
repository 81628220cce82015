//! The arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use profile_trace::view::View;

/// Where memory goes in a Rust program: recorded whole, and looked at later.
#[derive(Debug, Parser)]
#[command(name = "memline", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a program that is built with memline, and record it.
    #[command(after_help = "Example: memline run -o app.memline -- target/release/app --verbose")]
    Run(Run),
    /// Totals, peak, sizes, and the places that allocate most.
    #[command(after_help = "Example: memline stats app.memline")]
    Stats(Stats),
    /// Functions, with what they and what they call allocated.
    #[command(after_help = "Example: memline summary --leaks app.memline")]
    Summary(Summary),
    /// What allocated most, by line, function, crate or stack.
    #[command(after_help = "Example: memline top --by crate --total app.memline")]
    Top(Top),
    /// Each stack's place, with its thread.
    #[command(after_help = "Example: memline table --temporary app.memline")]
    Table(Table),
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The recording; by default memline-PROGRAM.PID.memline.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace an existing recording.
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Record forked children too, each into FILE.PID.
    #[arg(long)]
    pub(crate) follow_fork: bool,
    /// Record one allocation in so many bytes on average, such as 512KiB.
    #[arg(long, value_name = "SIZE")]
    pub(crate) sample: Option<String>,
    /// The program and its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "PROGRAM")]
    pub(crate) program: Vec<OsString>,
}

/// What is read, and how it is looked at.
#[derive(Args, Debug)]
pub(crate) struct Source {
    /// The recording.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) lens: Lens,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// By default: what was live when the heap was at its highest.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Lens {
    /// Look at what was still live at the end.
    #[arg(long)]
    leaks: bool,
    /// Look at what was freed before its thread made N other allocations.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    temporary: Option<u64>,
    /// Look at all that was allocated.
    #[arg(long)]
    total: bool,
}

impl Lens {
    pub(crate) fn view(&self) -> View {
        if self.leaks {
            View::Leaks
        } else if self.temporary.is_some() {
            View::Temporary
        } else if self.total {
            View::Total
        } else {
            View::Peak
        }
    }

    /// Allocations before which a block must end to be temporary.
    pub(crate) fn temporary(&self) -> u64 {
        self.temporary.unwrap_or(1)
    }
}

#[derive(Args, Debug)]
pub(crate) struct Stats {
    #[command(flatten)]
    pub(crate) source: Source,
    /// How many of the largest places are shown.
    #[arg(short = 'n', long, default_value_t = 5)]
    pub(crate) top: usize,
}

#[derive(Args, Debug)]
pub(crate) struct Summary {
    #[command(flatten)]
    pub(crate) source: Source,
    /// How many rows are shown.
    #[arg(short, long, default_value_t = 30)]
    pub(crate) rows: usize,
}

/// What rows are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The line that allocated.
    Line,
    /// Its function.
    Function,
    /// The crate of the function.
    Crate,
    /// The whole stack.
    Stack,
}

#[derive(Args, Debug)]
pub(crate) struct Top {
    #[command(flatten)]
    pub(crate) source: Source,
    /// What is added up.
    #[arg(long, value_enum, default_value_t = By::Line)]
    pub(crate) by: By,
    /// How many rows are shown.
    #[arg(short, long, default_value_t = 20)]
    pub(crate) rows: usize,
}

#[derive(Args, Debug)]
pub(crate) struct Table {
    #[command(flatten)]
    pub(crate) source: Source,
    /// How many rows are shown.
    #[arg(short, long, default_value_t = 50)]
    pub(crate) rows: usize,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_lens_is_one_of_four() {
        let lens = |flags: &[&str]| {
            let arguments = ["memline", "stats"].iter().chain(flags).chain(&["a"]);
            match Cli::try_parse_from(arguments).map(|cli| cli.command) {
                Ok(Command::Stats(stats)) => {
                    Some((stats.source.lens.view(), stats.source.lens.temporary()))
                }
                _ => None,
            }
        };
        assert_eq!(lens(&[]), Some((View::Peak, 1)));
        assert_eq!(lens(&["--leaks"]), Some((View::Leaks, 1)));
        assert_eq!(lens(&["--temporary"]), Some((View::Temporary, 1)));
        assert_eq!(lens(&["--temporary=7"]), Some((View::Temporary, 7)));
        assert_eq!(lens(&["--leaks", "--total"]), None);
    }
}
