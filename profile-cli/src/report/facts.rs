//! What is known of a recording, in words.

use profile_trace::view::View;

use super::Input;
use crate::units;

/// Names and values, without those that are not known. Totals are those of what passed the filter,
/// and the peak is the program's, with the part in it of what passed.
pub(super) fn facts(input: &Input<'_>) -> Vec<(&'static str, String)> {
    let profile = input.profile;
    let (facts, totals) = (&profile.facts, &profile.totals);
    let began = facts.began.map(|began| units::date(began.as_secs()));
    let duration = facts
        .duration
        .map(|time| units::time(time.as_nanos() as u64));
    let sampled = facts
        .sample_rate
        .map(|rate| format!("one per {}", units::bytes(rate)));
    let process = facts.process.map(|process| process.to_string());
    let calls = totals.allocs + totals.zeroed + totals.reallocs;
    let rows = [
        ("Process", process.unwrap_or_default()),
        ("Began", began.unwrap_or_default()),
        ("Duration", duration.unwrap_or_default()),
        ("Threads", units::count(profile.threads.len() as u64)),
        ("Allocator", facts.allocator.clone()),
        ("Host", facts.host.clone()),
        ("System", facts.system.clone()),
        ("Recorded by", recorder(&facts.recorder)),
        ("Sampled", sampled.unwrap_or_default()),
        ("Peak", peak(input)),
        (
            "Allocations",
            format!(
                "{} ({} zeroed, {} reallocations)",
                units::count(calls),
                units::count(totals.zeroed),
                units::count(totals.reallocs)
            ),
        ),
        ("Frees", units::count(totals.frees)),
        ("Allocated", units::bytes(totals.allocated)),
        ("Freed", units::bytes(totals.freed)),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    rows.collect()
}

fn recorder(version: &str) -> String {
    match version {
        "" => String::new(),
        _ => format!("memline {version}"),
    }
}

fn peak(input: &Input<'_>) -> String {
    let profile = input.profile;
    let share = profile.sum(View::Peak);
    let whole = match input.filter.is_empty() {
        true => String::new(),
        false => format!(" of {}", units::bytes(profile.peak.bytes)),
    };
    format!(
        "{}{whole} in {}, after {}",
        units::bytes(share.bytes),
        units::blocks(share.blocks),
        units::time(profile.peak_time)
    )
}
