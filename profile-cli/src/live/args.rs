//! What can be typed to look at a running program.

use std::path::PathBuf;

use clap::Args;

/// How `memline run` shows the program while it runs.
#[derive(Clone, Debug, Default, Args)]
pub struct Live {
    /// Show what lives while the program runs, instead of recording
    #[arg(long, conflicts_with_all = ["live_remote", "output", "sample", "follow_fork"],
          help_heading = "Live")]
    pub live: bool,
    /// Let memline live HOST:PORT show it, from another terminal
    #[arg(long, conflicts_with_all = ["output", "sample", "follow_fork"], help_heading = "Live")]
    pub live_remote: bool,
    /// The port to listen on [default: a free one]
    #[arg(
        long,
        value_name = "N",
        requires = "live_remote",
        help_heading = "Live"
    )]
    pub port: Option<u16>,
    /// The address to listen on, if not only this machine is to see it; needs a token
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "live_remote",
        help_heading = "Live"
    )]
    pub bind: Option<std::net::IpAddr>,
    #[command(flatten)]
    /// What viewers must know.
    pub token: Token,
}

/// What both sides must know.
#[derive(Clone, Debug, Default, Args)]
pub struct Token {
    /// What memline live must be told, too [default: $MEMLINE_TOKEN]
    #[arg(long, value_name = "TEXT", help_heading = "Live")]
    token: Option<String>,
}

impl Token {
    /// The token, from the arguments or else from the environment, where others do not see it.
    #[must_use]
    pub fn get(&self) -> Option<String> {
        let token = self.token.clone();
        token
            .or_else(|| std::env::var("MEMLINE_TOKEN").ok())
            .filter(|token| !token.is_empty())
    }
}

/// `memline live`
#[derive(Debug, Args)]
pub struct Show {
    /// Where memline run --live-remote listens, or a program's socket
    #[arg(value_name = "HOST:PORT|SOCKET")]
    pub address: String,
    #[command(flatten)]
    /// What the other side must be told.
    pub token: Token,
}

/// `memline attach`
#[derive(Debug, Args)]
pub struct Attach {
    /// The program's process id
    pub pid: u32,
    /// Show what lives [default without -o]
    #[arg(long, conflicts_with_all = ["output", "duration"])]
    pub live: bool,
    /// Record into this file, until memline detach
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(short, long)]
    pub force: bool,
    /// End the recording after so many seconds, and wait for that
    #[arg(long, value_name = "SECONDS", requires = "output")]
    pub duration: Option<f64>,
}

/// `memline detach`
#[derive(Debug, Args)]
pub struct Detach {
    /// The program's process id
    pub pid: u32,
}

/// `memline snapshot`
#[derive(Debug, Args)]
pub struct Snapshot {
    /// The program's process id
    pub pid: u32,
    /// The file [default: memline-snapshot.PID.memline]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(short, long)]
    pub force: bool,
}
