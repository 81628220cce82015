//! The workloads by name.

use crate::allocator::Installed;
use crate::common::{costs, pairs, timing};
use crate::rss::Statm;
use crate::{bodies, counted, growth, rss, tree};

/// Runs one workload and returns its figure; `None` where there is no such workload, or its
/// `number` is missing.
pub(crate) fn run(name: &str, number: Option<u64>) -> Option<f64> {
    Some(match name {
        // Nanoseconds per pair of 64 B, and per entry.
        "pairs" => match u32::try_from(number?).ok()? {
            1 => timing::per_operation(|n| pairs::run(&Installed, n)),
            threads => pairs::at_once(&Installed, threads),
        },
        "tree" => tree::build_and_drop(number?),
        // Nanoseconds per call, line, pass and poll.
        "call" => costs::call(bodies::one_line),
        "line" => costs::line(bodies::one_line, bodies::eleven_lines),
        "allocating-call" => costs::call(bodies::allocates),
        "pass" => timing::per_operation(bodies::passes),
        "closure" => timing::per_operation(bodies::closures),
        "allocating" => timing::per_operation(bodies::allocating_passes),
        "poll" => costs::poll(bodies::polls),
        "rss-statm" => {
            let statm = Statm::open()?;
            rss::around_a_line(|| statm.read())
        }
        "rss-memory-stats" => rss::around_a_line(rss::by_memory_stats),
        // Nanoseconds per call, with ten lines in it.
        "functions" => growth::after_functions(usize::try_from(number?).ok()?),
        "threads" => growth::after_threads(usize::try_from(number?).ok()?),
        // Bytes.
        "table-bytes" => growth::table_bytes()?,
        "call-bytes" => growth::call_bytes(number?)?,
        // For a count of instructions, which somebody else takes.
        _ => counted::run(name, number?)?,
    })
}
