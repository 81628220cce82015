//! What can be typed. Nothing is checked here that clap does not check by itself.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::live::args as live;
use crate::profile::Grouping;
use crate::report::Sort;
use crate::time::args::{Clean, Folder, Peak, Plot, Remove, Sample};

/// Shows where memory goes in a Rust program.
#[derive(Debug, Parser)]
#[command(
    name = "memline",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = "Examples:
  memline run target/release/app          record every allocation
  memline flamegraph memline-app.1.memline    one HTML page that opens offline
  memline top --leaks memline-app.1.memline   which lines never freed what they allocated")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a program that is built with memline, and record its allocations
    #[command(
        after_help = "Examples:\n  memline run -o app.memline -- target/release/app --port 80\n  memline run --live -- target/release/app"
    )]
    Run(Run),
    /// Run any program, or look at one that runs, and sample its memory from outside
    #[command(
        after_help = "Examples:\n  memline sample -- make -j4\n  memline sample --include-children --interval 20ms -- ./server\n  memline sample --pid 4711"
    )]
    Sample(Sample),
    /// A picture of memory over time: SVG, PNG or a page
    #[command(
        after_help = "Examples:\n  memline plot memline-app.1.memline\n  memline plot --slope -o app.png before.memline after.memline"
    )]
    Plot(Plot),
    /// How high memory went, and when
    #[command(after_help = "Example:\n  memline peak memline-app.1.memline --function load")]
    Peak(Peak),
    /// The recordings here that have default names, the newest last
    #[command(after_help = "Example:\n  memline list")]
    List(Folder),
    /// Remove some of them
    #[command(after_help = "Examples:\n  memline rm 0 1\n  memline rm -1    # the newest")]
    Rm(Remove),
    /// Remove all of them
    #[command(after_help = "Example:\n  memline clean --dry-run")]
    Clean(Clean),
    /// Show a program that memline run --live-remote has started
    #[command(after_help = "Example:\n  memline live 127.0.0.1:4711")]
    Live(live::Show),
    /// Show a program that runs with MEMLINE_CONTROL=1, or record it
    #[command(
        after_help = "Examples:\n  memline attach 4711\n  memline attach 4711 -o app.memline --duration 10"
    )]
    Attach(live::Attach),
    /// End the recording that memline attach began
    #[command(after_help = "Example:\n  memline detach 4711")]
    Detach(live::Detach),
    /// Write what lives in a traced program now into a recording
    #[command(after_help = "Example:\n  memline snapshot 4711 -o before.memline")]
    Snapshot(live::Snapshot),
    /// One HTML page with a flame graph of every view, that opens offline
    #[command(
        after_help = "Example:\n  memline flamegraph app.memline    # writes memline-flamegraph-app.html"
    )]
    Flamegraph(Flamegraph),
    /// Numbers: totals, peak, sizes, and the lines that allocate most
    ///
    /// The peak is exact, also of threads that wait for each other; of those that act at the same time, within
    /// 32 KiB for each but one.
    #[command(after_help = "Example:\n  memline stats app.memline --json | jq .peak_bytes")]
    Stats(Stats),
    /// Functions by what they and all that they called hold
    ///
    /// At the peak, unless another view is asked for: exact, also of threads that wait for each other; of
    /// those that act at the same time, within 32 KiB for each but one.
    #[command(after_help = "Example:\n  memline summary app.memline --crate app")]
    Summary(Limited),
    /// The places that allocate most, by line, function, crate, stack or type
    #[command(after_help = "Example:\n  memline top app.memline --by crate --total")]
    Top(Top),
    /// The types that memory was allocated for
    #[command(after_help = "Example:\n  memline types app.memline --leaks --sort objects")]
    Types(Types),
    /// A row per thread and stack, as text or as an HTML page
    #[command(after_help = "Example:\n  memline table app.memline --html -o table.html")]
    Table(Table),
    /// The tree of calls on the terminal, to move about in
    #[command(after_help = "Example:\n  memline tree app.memline --leaks")]
    Tree(Look),
    /// The source of a file or function, with what each line allocated
    #[command(
        after_help = "Examples:\n  memline lines app.memline src/main.rs\n  memline lines app.memline 'Index::build$'"
    )]
    Lines(Lines),
    /// A convertible file: for other tools
    #[command(
        after_help = "Examples:\n  memline transform folded app.memline | inferno-flamegraph > app.svg\n  memline transform pprof -o app.pb.gz app.memline && go tool pprof app.pb.gz"
    )]
    Transform(Transform),
    /// A copy of a recording with the names of its calls, to be read on another machine
    #[command(after_help = "Example:\n  memline pack app.memline    # writes app.memline.packed")]
    Pack(Pack),
    /// What grew between two recordings
    #[command(
        after_help = "Examples:\n  memline diff before.memline after.memline --by function\n  memline diff before.memline after.memline --html    # a flame graph: what grew is red"
    )]
    Diff(Diff),
    /// Everything that a recording holds, an event per line
    #[command(after_help = "Example:\n  memline dump app.memline | less")]
    Dump(Dump),
    /// Completions for a shell, to be put where it looks for them
    #[command(
        after_help = "Example:\n  memline completions bash > ~/.local/share/bash-completion/completions/memline"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Which recording, and what of it.
#[derive(Debug, Args)]
pub struct Look {
    /// The recording
    pub file: PathBuf,
    #[command(flatten)]
    /// Which view.
    pub view: ViewArgs,
    #[command(flatten)]
    /// Which rows.
    pub filter: FilterArgs,
}

/// Which view; the high-water mark without any.
#[derive(Debug, Args)]
#[command(next_help_heading = "Views (default: what was live at the peak)")]
#[group(id = "view", multiple = false)]
pub struct ViewArgs {
    /// What was still live at the end
    #[arg(long)]
    pub leaks: bool,
    /// What was freed before its thread made N more allocations
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true,
          default_missing_value = "1", value_parser = clap::value_parser!(u64).range(1..))]
    pub temporary: Option<u64>,
    /// All that was allocated
    #[arg(long)]
    pub total: bool,
}

/// Which rows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
#[group(id = "filter")]
pub struct FilterArgs {
    /// Only what this thread allocated, by name or number
    #[arg(long, value_name = "NAME")]
    pub thread: Option<String>,
    /// Only stacks that pass through this crate
    #[arg(long = "crate", value_name = "NAME")]
    pub krate: Option<String>,
    /// Only stacks with a function that matches
    #[arg(long, value_name = "REGEX")]
    pub function: Option<String>,
    /// Only blocks that were allocated from this time on, such as 1.5s or 200ms
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// As if the recording had ended at this time: leaks are what is alive then, the peak is the
    /// highest until then, the total what was allocated until then
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
}

/// Where to.
#[derive(Debug, Args)]
pub struct To {
    /// Write to this file instead; - is the standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(short, long)]
    pub force: bool,
}

/// How a recording is made.
#[derive(Debug, Args)]
pub struct Make {
    /// The recording [default: memline-PROGRAM.PID.memline]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(short, long)]
    pub force: bool,
    /// Record the children that the program forks, too, each into FILE.PID
    #[arg(long)]
    pub follow_fork: bool,
    /// Record one allocation per so many bytes on average, such as 512KiB
    #[arg(long, value_name = "SIZE")]
    pub sample: Option<String>,
}

/// `memline run`
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    /// How it is recorded.
    pub make: Make,
    /// Become the program, once the recording has the name of this process
    #[arg(long, hide = true)]
    pub exec: bool,
    #[command(flatten)]
    /// Whether it is shown while it runs.
    pub live: live::Live,
    /// The program and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "PROGRAM"
    )]
    pub program: Vec<OsString>,
}

/// `memline flamegraph`
#[derive(Debug, Args)]
pub struct Flamegraph {
    #[command(flatten)]
    /// The recording.
    pub look: Look,
    /// The most calls to show; what is smaller is merged, and says so
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    pub max_calls: usize,
    #[command(flatten)]
    /// Where to; memline-flamegraph-NAME.html by default.
    pub to: To,
}

/// `memline stats`
#[derive(Debug, Args)]
pub struct Stats {
    #[command(flatten)]
    /// The recording.
    pub look: Look,
    /// How many lines to name
    #[arg(short = 'n', long, default_value_t = 5, value_name = "N")]
    pub limit: usize,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    /// Where to.
    pub to: To,
}

/// `memline types`
#[derive(Debug, Args)]
pub struct Types {
    #[command(flatten)]
    /// The recording, and how much of it.
    pub limited: Limited,
    /// What to sort by
    #[arg(long, value_enum, default_value_t = Sort::Size)]
    pub sort: Sort,
}

/// `memline summary`
#[derive(Debug, Args)]
pub struct Limited {
    #[command(flatten)]
    /// The recording.
    pub look: Look,
    /// The most rows
    #[arg(short = 'n', long, default_value_t = 30, value_name = "N")]
    pub limit: usize,
    /// Write JSON, with every row
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    /// Where to.
    pub to: To,
}

/// `memline top`
#[derive(Debug, Args)]
pub struct Top {
    #[command(flatten)]
    /// The recording, and how much of it.
    pub limited: Limited,
    /// What to add up by
    #[arg(long, value_enum, default_value_t = Grouping::Line)]
    pub by: Grouping,
}

/// `memline table`
#[derive(Debug, Args)]
pub struct Table {
    #[command(flatten)]
    /// The recording, and how much of it.
    pub limited: Limited,
    /// Write an HTML page to memline-table-NAME.html: sortable, searchable, with whole stacks
    #[arg(long, conflicts_with = "json")]
    pub html: bool,
}

/// `memline lines`
#[derive(Debug, Args)]
pub struct Lines {
    #[command(flatten)]
    /// The recording.
    pub look: Look,
    /// A file, by the end of its path, or a function, by a pattern
    #[arg(value_name = "FILE|FUNCTION")]
    pub target: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    /// Where to.
    pub to: To,
}

/// What other tools read.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// A line per stack, for flame graph tools
    Folded,
    /// For speedscope.app
    Speedscope,
    /// Comma-separated values
    Csv,
    /// For DHAT's viewer, dh_view.html
    Dhat,
    /// For go tool pprof, with all four views; gzipped
    Pprof,
    /// memory_profiler's, of memory over time: its mprof plots it
    Mprof,
}

/// `memline transform`
#[derive(Debug, Args)]
pub struct Transform {
    /// The format
    pub format: Format,
    #[command(flatten)]
    /// The recording.
    pub look: Look,
    #[command(flatten)]
    /// Where to.
    pub to: To,
}

/// `memline diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// The recording that was made before
    pub before: PathBuf,
    #[command(flatten)]
    /// The recording that was made after, and how much of it.
    pub limited: Limited,
    /// What to compare
    #[arg(long, value_enum, default_value_t = Grouping::Line)]
    pub by: Grouping,
    /// Write a flame graph of both to memline-diff-NAME.html: what grew is red, what shrank blue
    #[arg(long, conflicts_with_all = ["json", "by", "limit"])]
    pub html: bool,
}

/// `memline pack`
#[derive(Debug, Args)]
pub struct Pack {
    /// The recording
    pub file: PathBuf,
    #[command(flatten)]
    /// Where to; FILE.packed by default.
    pub to: To,
}

/// `memline dump`
#[derive(Debug, Args)]
pub struct Dump {
    /// The recording
    pub file: PathBuf,
    #[command(flatten)]
    /// Where to.
    pub to: To,
}
