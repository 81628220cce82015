//! A program in phases, to be looked at over time:
//!
//! ```text
//! cargo build --release --example phases
//! MEMLINE_TIMELINE=phases.memline target/release/examples/phases
//! memline plot phases.memline
//! ```

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use memline::profile;

/// Words that are made up.
const WORDS: u64 = 1_500_000;

#[profile]
fn main() {
    memline::mark!("load");
    let words = load();
    memline::mark!("count");
    let counts = count(&words);
    drop(words);
    memline::mark!("report");
    let longest = report(&counts);
    println!("{} different words, the longest is {longest}", counts.len());
}

/// Makes words up.
#[profile]
fn load() -> Vec<String> {
    let mut words = Vec::new();
    let mut state = 1_u64;
    for _ in 0..WORDS {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        words.push(word(state >> 33));
    }
    pause();
    words
}

/// A short function that is called often: it shows as one bracket.
#[profile]
fn word(number: u64) -> String {
    format!("word-{:x}", number % 400_000)
}

#[profile]
fn count(words: &[String]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for word in words {
        *counts.entry(word.clone()).or_default() += 1;
    }
    pause();
    counts
}

#[profile]
fn report(counts: &HashMap<String, usize>) -> usize {
    let mut table: Vec<_> = counts.iter().collect();
    table.sort_unstable();
    pause();
    let longest = table.iter().map(|(word, _)| word.len()).max();
    longest.unwrap_or(0)
}

/// Stands for waiting, on a disk or a network.
#[profile]
fn pause() {
    thread::sleep(Duration::from_millis(150));
}
