//! The ledger balances: every byte is charged to exactly one row, so that the rows of a function add up to what the
//! heap grew by, and a row counts as often as its line ran.

#[path = "ledger/program/dice.rs"]
mod dice;
#[path = "ledger/generated.rs"]
mod generated;
#[path = "ledger/interpreter.rs"]
mod interpreter;
#[path = "ledger/lower.rs"]
mod lower;
#[path = "ledger/program.rs"]
mod program;
#[path = "ledger/raw.rs"]
mod raw;
#[path = "ledger/script.rs"]
#[rustfmt::skip] // its rows carry their names at the end of the line
mod script;
#[path = "ledger/workshop.rs"]
mod workshop;

use proptest::prelude::{ProptestConfig, proptest};

#[test]
fn rows_of_generated_programs_are_those_of_an_interpreter() {
    generated::check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_of_scripts_are_those_of_a_plain_count(script in script::script()) {
        script::check(&script)?;
    }
}
