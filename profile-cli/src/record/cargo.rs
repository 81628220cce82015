//! `cargo memline run` and `cargo memline test`: builds so that stacks can be walked and named,
//! and lets cargo start what it has built under `memline run`.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Args, Parser, Subcommand};
use serde::Deserialize;

use crate::args::Make;
use crate::{Error, baseline};

/// `cargo memline …`, as cargo calls it.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", version)]
pub struct Cli {
    /// The subcommand of cargo.
    #[command(subcommand)]
    pub command: Memline,
}

/// Cargo hands the subcommand's name over.
#[derive(Debug, Subcommand)]
pub enum Memline {
    /// Build with frame pointers and line tables, run, and record every allocation
    #[command(
        version,
        after_help = "Examples:
  cargo memline run --release --example index -- src
  cargo memline -o app.memline -f run --release
  cargo memline run --live --release
  cargo memline test my_test
  cargo memline test --fail-on-increase=5%"
    )]
    Memline(Options),
}

/// What is told before `run` or `test`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    /// How each program that runs is recorded.
    pub make: Make,
    /// What cargo is to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What cargo is to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Take what cargo run takes, and --live or --live-remote to look on instead of recording
    Run(Rest),
    /// Take what cargo test takes; each test program makes a recording of its own
    Test(Test),
}

/// `cargo memline test`
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Test {
    #[command(flatten)]
    /// Whether figures are compared, rather than recorded.
    pub baseline: baseline::Options,
    #[command(flatten)]
    /// Arguments that are cargo's.
    pub rest: Rest,
}

/// Arguments that are cargo's.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Rest {
    /// Arguments of cargo's command, and after -- those of the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<OsString>,
}

/// Has cargo build and run.
///
/// # Errors
///
/// If cargo cannot be asked, or memline is not where cargo-memline is.
pub fn run(cli: Cli) -> Result<ExitCode, Error> {
    let Memline::Memline(options) = cli.command;
    let (name, arguments) = match &options.action {
        Action::Run(rest) => ("run", &rest.arguments),
        Action::Test(test) => ("test", &test.rest.arguments),
    };
    let (live, arguments) = live(arguments);
    let own = arguments.iter().take_while(|argument| *argument != "--");
    let own: Vec<String> = own
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Action::Test(test) = &options.action {
        test.baseline.check(&own)?;
        if test.baseline.are_given() {
            return compare(&options.make, test, &own);
        }
    }
    let target = match value_of(&own, "--target") {
        Some(target) => target.to_owned(),
        None => host()?,
    };
    let runner = format!("target.{target}.runner={}", runner(&options.make, live)?);
    let mut command = cargo();
    command.arg(name).args(["--config", &runner]);
    frame_pointers(&target, &mut command);
    for profile in ["release", value_of(&own, "--profile").unwrap_or("release")] {
        let profile = profile.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_PROFILE_{profile}_DEBUG"), "limited");
        command.env(format!("CARGO_PROFILE_{profile}_STRIP"), "none");
    }
    command.env(
        "CARGO_TARGET_DIR",
        metadata(&own)?.target_directory.join("memline"),
    );
    let status = command.args(&arguments).status();
    let status = status.map_err(|error| Error::Failed(format!("cargo cannot be run: {error}")))?;
    Ok(super::exit_code(status))
}

/// Runs tests as cargo does, and compares what they tell of their memory.
fn compare(make: &Make, test: &Test, own: &[String]) -> Result<ExitCode, Error> {
    if make.output.is_some() || make.sample.is_some() || make.follow_fork {
        return Err(Error::Usage(
            "tests are either recorded or compared with a baseline: -o, --sample and --follow-fork do \
             not go with --fail-on-increase and --update-baseline"
                .to_owned(),
        ));
    }
    let release = own.iter().any(|word| word == "--release" || word == "-r");
    let profile = value_of(own, "--profile").unwrap_or(if release { "release" } else { "dev" });
    let metadata = metadata(own)?;
    let run = baseline::Run {
        cargo: cargo(),
        arguments: &test.rest.arguments,
        profile,
        workspace: &metadata.workspace_root,
        target: &metadata.target_directory,
    };
    baseline::run(&test.baseline, run)
}

/// Takes what is memline's out of cargo's arguments.
fn live(arguments: &[OsString]) -> (Option<OsString>, Vec<OsString>) {
    let mut cargos = arguments.to_vec();
    let mut own = arguments.iter().take_while(|argument| *argument != "--");
    let found = own.position(|word| word == "--live" || word == "--live-remote");
    (found.map(|index| cargos.remove(index)), cargos)
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Flags add to those of a configuration file, but the environment's replace all of these.
fn frame_pointers(target: &str, command: &mut Command) {
    const FLAG: &str = "-Cforce-frame-pointers=yes";
    if let Some(mut flags) = env::var_os("CARGO_ENCODED_RUSTFLAGS") {
        flags.push("\u{1f}");
        flags.push(FLAG);
        command.env("CARGO_ENCODED_RUSTFLAGS", flags);
    } else if let Some(mut flags) = env::var_os("RUSTFLAGS") {
        flags.push(" ");
        flags.push(FLAG);
        command.env("RUSTFLAGS", flags);
    } else {
        command.args(["--config", &format!("target.{target}.rustflags=[{FLAG:?}]")]);
    }
}

/// `memline run`, as a list in TOML.
fn runner(make: &Make, live: Option<OsString>) -> Result<String, Error> {
    let failed = |what: String| Error::Failed(format!("cargo-memline: {what}"));
    let own = env::current_exe().map_err(|error| failed(error.to_string()))?;
    let memline = own.with_file_name(format!("memline{}", env::consts::EXE_SUFFIX));
    if !memline.is_file() {
        let place = memline.display();
        return Err(failed(format!(
            "there is no {place}; `cargo install profile-cli` installs both"
        )));
    }
    let mut words = vec![memline.into_os_string(), "run".into()];
    if let Some(path) = &make.output {
        // Cargo runs tests in the folders of their packages.
        let path = std::path::absolute(path).map_err(|error| failed(error.to_string()))?;
        words.extend(["--output".into(), path.into_os_string()]);
    }
    if let Some(size) = &make.sample {
        words.extend(["--sample".into(), size.into()]);
    }
    words.extend(make.force.then(|| "--force".into()));
    words.extend(make.follow_fork.then(|| "--follow-fork".into()));
    words.extend(live);
    words.push("--".into());
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    // JSON's strings are strings of TOML.
    serde_json::to_string(&words).map_err(|error| failed(error.to_string()))
}

/// The machine that is built for unless another is asked for.
fn host() -> Result<String, Error> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("-vV").output();
    let output =
        output.map_err(|error| Error::Failed(format!("{}: {error}", rustc.to_string_lossy())))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Error::Failed("rustc -vV does not say what it builds for".to_owned()))
}

/// What cargo says of the workspace.
#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

fn metadata(arguments: &[String]) -> Result<Metadata, Error> {
    let mut command = cargo();
    command.args(["metadata", "--no-deps", "--format-version=1"]);
    if let Some(manifest) = value_of(arguments, "--manifest-path") {
        command.args(["--manifest-path", manifest]);
    }
    let output = command.output();
    let output = output.map_err(|error| Error::Failed(format!("cargo cannot be run: {error}")))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Failed(
            reason.trim().trim_start_matches("error: ").to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::Failed(format!("cargo metadata: {error}")))
}

/// The value of an option, after it or behind `=`.
fn value_of<'a>(arguments: &'a [String], option: &str) -> Option<&'a str> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some(rest) = argument.strip_prefix(option) else {
            continue;
        };
        if rest.is_empty() {
            return arguments.next().map(String::as_str);
        }
        if let Some(value) = rest.strip_prefix('=') {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_cargo_are_found() {
        let arguments = [
            "--release",
            "--target-dir",
            "x",
            "--target=a",
            "--profile",
            "fast",
        ];
        let arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        assert_eq!(value_of(&arguments, "--target"), Some("a"));
        assert_eq!(value_of(&arguments, "--profile"), Some("fast"));
        assert_eq!(value_of(&arguments, "--manifest-path"), None);
    }

    #[test]
    fn live_is_memlines_before_the_programs_arguments() {
        let check = |words: &str, found: Option<&str>, rest: &str| {
            let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            let rest: Vec<OsString> = rest.split(' ').map(OsString::from).collect();
            assert_eq!(live(&words), (found.map(OsString::from), rest));
        };
        check("--live --release", Some("--live"), "--release");
        check("-r --live-remote -- x", Some("--live-remote"), "-r -- x");
        check("-r -- --live", None, "-r -- --live");
    }

    #[test]
    fn what_follows_run_is_cargos() {
        let words = "cargo memline -f run --release --example index -- --help";
        let cli = Cli::try_parse_from(words.split(' ')).expect("it is right");
        let Memline::Memline(options) = cli.command;
        let Action::Run(rest) = options.action else {
            panic!("it is run");
        };
        assert!(options.make.force);
        assert_eq!(
            rest.arguments,
            ["--release", "--example", "index", "--", "--help"]
        );
    }
}
