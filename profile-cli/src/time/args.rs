//! What can be typed for the commands about memory over time.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::args::To;

/// `memline sample`
#[derive(Debug, Args)]
pub struct Sample {
    /// Time between two samples, such as 10ms; without a unit in seconds
    #[arg(short = 'T', long, default_value = "0.1s", value_name = "TIME")]
    pub interval: String,
    /// Sample the processes that descend from it, too, each as a curve of its own
    #[arg(short = 'C', long)]
    pub include_children: bool,
    /// Stop sampling after this time; the program goes on
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// The timeline [default: memline-PROGRAM.PID.memline]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(short, long)]
    pub force: bool,
    /// Sample a process that runs already, until it ends or Ctrl-C
    #[arg(short, long, conflicts_with = "program", value_parser = clap::value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// The program and its arguments
    #[arg(
        required_unless_present = "pid",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "PROGRAM"
    )]
    pub program: Vec<OsString>,
}

/// `memline plot`
#[derive(Debug, Args)]
pub struct Plot {
    /// Recordings, timelines, or mprof's .dat files [default: the newest memline-*.memline here]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only from this time on, such as 1.5s or 200ms
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only up to this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Draw the trend of the resident set, with its slope
    #[arg(short, long)]
    pub slope: bool,
    /// What stands above the picture [default: the command line]
    #[arg(short, long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Leave the functions out
    #[arg(short, long)]
    pub no_functions: bool,
    /// Draw the functions as bars below the curves, each above what it called
    #[arg(long, conflicts_with = "no_functions")]
    pub flame: bool,
    #[command(flatten)]
    /// Where to; memline-plot-NAME.svg by default, and .png or .html where that is asked for.
    pub file: To,
}

/// `memline peak`
#[derive(Debug, Args)]
pub struct Peak {
    /// Recordings, timelines, or mprof's .dat files [default: the newest memline-*.memline here]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only while this function ran
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// A folder of recordings.
#[derive(Debug, Args)]
pub struct Folder {
    /// Where they are
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
}

/// `memline rm`
#[derive(Debug, Args)]
pub struct Remove {
    /// Their names or their numbers in `memline list`; -1 is the newest
    #[arg(
        required = true,
        value_name = "FILE|NUMBER",
        allow_hyphen_values = true
    )]
    pub which: Vec<String>,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    /// Where.
    pub place: Folder,
}

/// `memline clean`
#[derive(Debug, Args)]
pub struct Clean {
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    /// Where.
    pub place: Folder,
}
