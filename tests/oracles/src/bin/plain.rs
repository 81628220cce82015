//! Runs the workload, for a tool that looks from outside.

fn main() {
    println!("{}", oracles::work());
}
