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
#[path = "ledger/workshop.rs"]
mod workshop;

#[test]
fn rows_of_generated_programs_are_those_of_an_interpreter() {
    generated::check();
}
