//! Makes a profile of a recording: adds it up, and gives its calls their names.

use std::path::Path;

use profile_trace::Recording;
use profile_trace::read::Condition;
use profile_trace::symbols::Symbols;
use profile_trace::view::{Aggregate, Division, Life, Options, View};

use crate::Error;
use crate::naming::Naming;
use crate::profile::{Filter, Profile, Row, Rows, VIEWS, index};
use crate::progress::Progress;

/// Reads the recording at `path`, and adds up what passes the filter.
///
/// # Errors
///
/// If the file cannot be read or is no recording.
pub fn load(path: &Path, options: Options, filter: &Filter) -> Result<Profile, Error> {
    let mut recording = Recording::open(path)?;
    if recording.is_timeline() {
        return Err(Error::Failed(format!(
            "{0}: expected a recording of allocations, found a timeline, which has none; memline plot \
             {0} shows it",
            path.display()
        )));
    }
    let progress = Progress::of(format!("reading {}", path.display()), recording.meter());
    let mut naming = Naming::new(&recording, filter.clone());
    let mut passes = |thread: u32, stack: u32| naming.passes(thread, stack);
    let passes: Option<&mut dyn FnMut(u32, u32) -> bool> = match filter.is_empty() {
        true => None,
        false => Some(&mut passes),
    };
    let (aggregate, condition) = Aggregate::of_stacks(&mut recording, options, passes)?;
    let rows = rows(&mut naming, &aggregate, &progress);
    let (spans, lives) = lives(&mut naming, &aggregate);
    let (frames, calls, symbols) = naming.finish();
    let notes = notes(path, &recording, &condition, &symbols);
    Ok(Profile {
        facts: recording.facts().clone(),
        notes,
        totals: aggregate.totals(),
        peak: aggregate.peak(),
        peak_time: aggregate.peak_time(),
        sizes: aggregate.sizes().classes().collect(),
        series: aggregate.series().points().collect(),
        threads: recording.stacks().threads().to_vec(),
        frames,
        calls,
        rows,
        spans,
        lives,
    })
}

/// What each thread allocated at each call.
fn rows(naming: &mut Naming, aggregate: &Aggregate, progress: &Progress) -> Vec<Row> {
    let mut rows = Rows::default();
    let meter = progress.next("naming calls", aggregate.rows(View::Total).count() as u64);
    for view in VIEWS.into_iter().rev() {
        for row in aggregate.rows(view) {
            let call = naming.call(row.stack);
            rows.add(row.thread, call, index(view), row.amount);
            // Every stack is in this view.
            meter.add(u64::from(view == View::Total));
        }
    }
    rows.finish()
}

/// When it was allocated and freed.
fn lives(naming: &mut Naming, aggregate: &Aggregate) -> (Division, Vec<Life>) {
    let (division, lives) = aggregate.lives();
    let mut lives: Vec<Life> = lives
        .into_iter()
        .map(|life| Life {
            stack: naming.call(life.stack),
            ..life
        })
        .collect();
    lives.sort_unstable_by_key(|life| {
        (
            life.thread,
            life.stack,
            life.born,
            life.ended,
            life.temporary,
        )
    });
    (division, lives)
}

/// What a reader should know of the recording.
pub(crate) fn notes(
    path: &Path,
    recording: &Recording,
    condition: &Condition,
    symbols: &Symbols,
) -> Vec<String> {
    let name = path.display();
    let condition = condition.to_string();
    let mut notes: Vec<String> = condition
        .lines()
        .map(|line| format!("{name} is {line}"))
        .collect();
    let mut problems: Vec<String> = symbols
        .problems()
        // Libraries of the system have no lines, and nobody misses them.
        .filter(|(module, _)| *module == recording.facts().executable)
        .map(|(module, problem)| format!("{module} {problem}"))
        .collect();
    problems.sort();
    notes.extend(problems);
    if recording.facts().lost > 0 {
        let lost = recording.facts().lost;
        notes.push(format!(
            "{lost} sampled allocations were not recorded for want of room"
        ));
    }
    notes
}
