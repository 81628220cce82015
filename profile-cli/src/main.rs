//! `memline`: records programs, and reports on recordings.
//!
//! Arguments ([`cli`]) become a [`load::Report`], plain data, which a reporter ([`report`]) turns into
//! text or JSON. `run` ([`run`]) starts a program so that it records itself.

mod cli;
mod load;
mod report;
mod run;
mod units;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// What ends a command early: a message, or an output that nobody reads any more.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match command(Cli::parse()) {
        Ok(code) => code,
        Err(failure) if is_broken_pipe(&*failure) => ExitCode::SUCCESS,
        Err(failure) => {
            // There is nobody to tell if stderr is gone too.
            let _ = writeln!(io::stderr(), "memline: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn command(cli: Cli) -> Result<ExitCode, Failure> {
    let (reporter, source) = match cli.command {
        Command::Run(run) => return run::run(&run),
        Command::Stats(stats) => (report::stats(stats.top), stats.source),
        Command::Summary(summary) => (report::summary(summary.rows), summary.source),
        Command::Top(top) => (report::top(top.by, top.rows), top.source),
        Command::Table(table) => (report::table(table.rows), table.source),
    };
    let report = load::report(&source)?;
    for line in &report.warnings {
        let _ = writeln!(io::stderr(), "memline: {}: {line}", source.file.display());
    }
    let mut out = io::stdout().lock();
    if source.json {
        serde_json::to_writer_pretty(&mut out, &reporter.json(&report))?;
        writeln!(out)?;
    } else {
        reporter.text(&report, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn is_broken_pipe(failure: &(dyn std::error::Error + 'static)) -> bool {
    let io = failure.downcast_ref::<io::Error>().map(io::Error::kind);
    let json = failure.downcast_ref::<serde_json::Error>();
    let json = json.and_then(serde_json::Error::io_error_kind);
    io.or(json) == Some(io::ErrorKind::BrokenPipe)
}
