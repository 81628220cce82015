//! Carries the commands out.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use profile_trace::Recording;
use profile_trace::read::Meter;
use profile_trace::symbols::{self, Named, Symbols};

use crate::Error;
use crate::args::{
    Cli, Command, Diff, Dump, Flamegraph, Format, Limited, Lines, Look, Pack, Table, To, Top, Types,
};
use crate::live;
use crate::load::{load, notes};
use crate::output::Output;
use crate::plan::{self, Plan};
use crate::profile::Profile;
use crate::progress::Progress;
use crate::report::{self, Input, Paint, Reporter};
use crate::{time, units};

/// The most calls of a flame graph of two recordings.
const CALLS: usize = 20_000;

/// The most rows of a table that is a page.
const PAGE_ROWS: usize = 5_000;

/// Does what was asked.
///
/// # Errors
///
/// If it cannot be done.
pub fn run(cli: Cli) -> Result<ExitCode, Error> {
    match cli.command {
        Command::Run(args) if args.live.live || args.live.live_remote => {
            return live::run(&args.live, &args.program);
        }
        Command::Run(args) => return crate::record::run(args),
        Command::Sample(args) => return time::sample(args),
        Command::Plot(args) => time::plot::plot(args),
        Command::Peak(args) => time::peak::peak(args),
        Command::List(folder) => time::files::list(&folder),
        Command::Rm(args) => time::files::remove(&args),
        Command::Clean(args) => time::files::clean(&args),
        Command::Live(args) => return live::show(&args),
        Command::Attach(args) => return live::attach(args),
        Command::Detach(args) => return live::detach(&args),
        Command::Snapshot(args) => return live::snapshot(args),
        Command::Flamegraph(args) => flamegraph(args),
        Command::Stats(args) => {
            let (limit, json) = (args.limit, args.json);
            show(args.look, args.to, &report::Stats { limit, json })
        }
        Command::Summary(args) => {
            let (limit, json) = (args.limit, args.json);
            show(args.look, args.to, &report::Summary { limit, json })
        }
        Command::Top(Top { limited: args, by }) => {
            let (limit, json) = (args.limit, args.json);
            show(args.look, args.to, &report::Top { by, limit, json })
        }
        Command::Types(Types {
            limited: args,
            sort,
        }) => {
            let (limit, json) = (args.limit, args.json);
            show(args.look, args.to, &report::Types { sort, limit, json })
        }
        Command::Table(args) => table(args),
        Command::Lines(args) => lines(args),
        Command::Tree(look) => tree(look),
        Command::Transform(args) => match transformer(args.format) {
            Some(reporter) => show(args.look, args.to, reporter),
            None => time::mprof::transform(args.look, args.to),
        },
        Command::Diff(args) => diff(args),
        Command::Pack(args) => pack(args),
        Command::Dump(args) => dump(args),
        Command::Completions { shell } => completions(shell),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The report that a format is, unless it is of memory over time.
fn transformer(format: Format) -> Option<&'static dyn Reporter> {
    Some(match format {
        Format::Folded => &report::Folded,
        Format::Speedscope => &report::Speedscope,
        Format::Csv => &report::Csv,
        Format::Dhat => &report::Dhat,
        Format::Pprof => &report::Pprof,
        Format::Mprof => return None,
    })
}

/// Writes one report on one recording.
fn show(look: Look, to: To, reporter: &dyn Reporter) -> Result<(), Error> {
    show_planned(&Plan::new(look)?, &plan::output(to, None), reporter)
}

fn show_planned(plan: &Plan, output: &Output, reporter: &dyn Reporter) -> Result<(), Error> {
    check_output(output)?;
    let profile = profile(plan)?;
    write(plan, &profile, output, reporter)
}

/// Reads a recording, and leaves what passes the filter.
fn profile(plan: &Plan) -> Result<Profile, Error> {
    let profile = load(&plan.file, plan.options, &plan.filter)?;
    let filter = plan.filter.describe();
    if profile.rows.is_empty() && !filter.is_empty() {
        let file = plan.file.display();
        return Err(Error::Failed(format!(
            "{file} has no allocation of {filter}; memline top --by crate, or stats, shows what there is"
        )));
    }
    Ok(profile)
}

fn write(
    plan: &Plan,
    profile: &Profile,
    output: &Output,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let input = Input {
        profile,
        view: plan.view,
        filter: &plan.filter,
        paint: Paint {
            on: output.has_colours(),
        },
    };
    tell(profile);
    output.write(|out| {
        let written = reporter.write(&input, out);
        written.map_err(|error| Error::file("write", name(output), &error))
    })?;
    if let Output::File { path, .. } = output {
        eprintln!("memline: wrote {}", path.display());
    }
    Ok(())
}

/// Says what a reader should know of the recording.
fn tell(profile: &Profile) {
    for note in &profile.notes {
        eprintln!("memline: note: {note}");
    }
}

/// Refuses at once what would be refused after the work.
fn check_output(output: &Output) -> Result<(), Error> {
    match output {
        Output::File { path, force } => crate::output::check_free(path, *force),
        Output::Stdout => Ok(()),
    }
}

fn name(output: &Output) -> &Path {
    match output {
        Output::File { path, .. } => path,
        Output::Stdout => Path::new("standard output"),
    }
}

fn flamegraph(args: Flamegraph) -> Result<(), Error> {
    let page = plan::page("flamegraph", &args.look.file);
    let output = plan::output(args.to, Some(page));
    let mut plan = Plan::new(args.look)?;
    plan.options.lives = true;
    let limit = args.max_calls;
    show_planned(&plan, &output, &report::FlameGraph { limit })
}

fn table(Table { limited, html }: Table) -> Result<(), Error> {
    if html {
        let page = plan::page("table", &limited.look.file);
        let output = plan::output(limited.to, Some(page));
        let reporter = report::TableHtml { limit: PAGE_ROWS };
        return show_planned(&Plan::new(limited.look)?, &output, &reporter);
    }
    let (limit, json) = (limited.limit, limited.json);
    show(limited.look, limited.to, &report::Table { limit, json })
}

fn tree(look: Look) -> Result<(), Error> {
    let plan = Plan::new(look)?;
    let profile = profile(&plan)?;
    tell(&profile);
    crate::tree::show(&profile, plan.view)
}

fn lines(args: Lines) -> Result<(), Error> {
    let Lines { target, json, .. } = args;
    let pattern = plan::pattern(&target)?;
    let plan = Plan::new(args.look)?;
    let output = plan::output(args.to, None);
    check_output(&output)?;
    let profile = profile(&plan)?;
    let read = |path: &str| fs::read_to_string(path).ok();
    let sources = report::sources(&profile, &target, &pattern, read);
    if sources.is_empty() {
        return Err(Error::Failed(format!(
            "{}: no file ends in {target:?} and no function matches it; memline top shows what there is",
            plan.file.display()
        )));
    }
    write(&plan, &profile, &output, &report::Lines { sources, json })
}

fn diff(args: Diff) -> Result<(), Error> {
    let Limited { limit, json, .. } = args.limited;
    let plan = Plan::new(args.limited.look)?;
    let page = args.html.then(|| plan::page("diff", &plan.file));
    let output = plan::output(args.limited.to, page);
    check_output(&output)?;
    let before = load(&args.before, plan.options, &plan.filter)?;
    tell(&before);
    let after = load(&plan.file, plan.options, &plan.filter)?;
    if args.html {
        let limit = CALLS;
        let reporter = report::FlameDiff { before, limit };
        return write(&plan, &after, &output, &reporter);
    }
    let reporter = report::Diff {
        before,
        by: args.by,
        limit,
        json,
    };
    write(&plan, &after, &output, &reporter)
}

fn dump(args: Dump) -> Result<(), Error> {
    let output = plan::output(args.to, None);
    check_output(&output)?;
    let mut recording = Recording::open(&args.file)?;
    output.write(|out| {
        let written = report::dump(&mut recording, out)?;
        written.map_err(|error| Error::file("write", name(&output), &error))
    })
}

fn pack(args: Pack) -> Result<(), Error> {
    let Pack { file, to } = args;
    let mut default = file.as_os_str().to_owned();
    default.push(".packed");
    let output = plan::output(to, Some(default.into()));
    check_output(&output)?;
    let mut recording = Recording::open(&file)?;
    if recording.is_packed() {
        let file = file.display();
        return Err(Error::Failed(format!(
            "{file} is packed already: every report can be made of it on any machine"
        )));
    }
    let mut symbols = Symbols::new(&recording);
    let meter = Meter::new(recording.stacks().len() as u64);
    let _progress = Progress::of(format!("packing {}", file.display()), meter.clone());
    let mut named = Named::default();
    output.write(|out| {
        let written = symbols::pack(&mut recording, &mut symbols, &meter, out)?;
        named = written.map_err(|error| Error::file("write", name(&output), &error))?;
        Ok(())
    })?;
    for note in notes(&file, &recording, recording.condition(), &symbols) {
        eprintln!("memline: note: {note}");
    }
    eprintln!(
        "memline: wrote {}: {} of {} calls have names",
        name(&output).display(),
        units::count(named.named),
        units::count(named.calls)
    );
    Ok(())
}

fn completions(shell: clap_complete::Shell) -> Result<(), Error> {
    // clap_complete gives up on a closed pipe; memory is never closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "memline", &mut script);
    let written = io::stdout().write_all(&script);
    written.map_err(|error| Error::file("write", Path::new("standard output"), &error))
}
