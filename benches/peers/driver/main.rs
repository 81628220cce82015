//! memline beside its peers, in one run:
//!
//! ```text
//! cargo bench --manifest-path benches/peers/Cargo.toml [-- OPTIONS]
//! ```
//!
//! `--rounds N` runs them N times instead of nine, `--index FOLDER` indexes that folder instead of
//! cargo's downloaded sources, and `--instructions` counts instructions too, with valgrind.
//! `--program` compares nothing but the whole program, `--recordings` nothing but recordings, in three
//! rounds, and `--only-instructions` nothing but instructions.
//!
//! Every tool is built into a program of its own, and the programs run in turns, round after
//! round, so that whatever else happens on the machine meets all of them; whole programs whose
//! processor time is compared run at once and share a processor. Each figure is a median over the
//! rounds, and each comparison one between runs of the same round.

mod builds;
mod callgrind;
mod cases;
mod meter;
mod options;
mod rounds;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let options = options::Options::from_arguments(std::env::args().skip(1))?;
    let sections = cases::sections(&options);
    let cases = sections.iter().flat_map(|section| &section.cases);
    let programs = builds::build(
        cases
            .flat_map(|case| [case.run.build, case.beside.build])
            .collect(),
    )?;
    let rounds = rounds::run(&sections, &programs, &options)?;
    for section in &sections {
        println!("\n{}\n", section.title);
        table::of(section, &rounds).printstd();
    }
    Ok(())
}
