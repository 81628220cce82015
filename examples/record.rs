//! A picture of everything: records every allocation with its stack, to be looked at as a flame graph.
//! Run it with
//!
//! ```text
//! cargo run --release --example record -- output.memline
//! memline flamegraph output.memline
//! memline types output.memline --leaks
//! ```
//!
//! `memline run PROGRAM` does the same for a whole program, without a line of code.

use std::collections::BTreeMap;
use std::path::PathBuf;

use memline::Recorder;

/// The primes below a limit, by their last digit.
fn primes(limit: usize) -> BTreeMap<usize, Vec<usize>> {
    let mut composite = vec![false; limit];
    let mut primes = BTreeMap::<usize, Vec<usize>>::new();
    for number in 2..limit {
        if !composite[number] {
            (number * number..limit)
                .step_by(number)
                .for_each(|multiple| composite[multiple] = true);
            primes.entry(number % 10).or_default().push(number);
        }
    }
    primes
}

fn main() -> std::io::Result<()> {
    let folder = std::env::temp_dir();
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.unwrap_or_else(|| folder.join("memline-example.memline"));
    let recorder = Recorder::start(&path)?;
    let primes = primes(200_000);
    drop(recorder);
    let count: usize = primes.values().map(Vec::len).sum();
    println!("{count} primes; their memory is in {}", path.display());
    Ok(())
}
