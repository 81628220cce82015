//! Makes a profile of a recording: adds it up, and gives its calls their names.

use std::collections::HashMap;
use std::path::Path;

use profile_trace::Recording;
use profile_trace::read::Condition;
use profile_trace::symbols::{self, Symbols};
use profile_trace::view::{Aggregate, Amount, Options};

use crate::Error;
use crate::profile::{Frame, Profile, Row, TreeBuilder, VIEWS, index};
use crate::progress::Progress;

/// Reads the recording at `path`.
///
/// # Errors
///
/// If the file cannot be read or is no recording.
pub fn load(path: &Path, options: Options) -> Result<Profile, Error> {
    let _progress = Progress::of(format!("reading {}", path.display()));
    let mut recording = Recording::open(path)?;
    let (aggregate, condition) = Aggregate::of(&mut recording, options)?;
    let mut symbols = Symbols::new(&recording);
    let (frames, calls, rows) = tree(&recording, &aggregate, &mut symbols);
    Ok(Profile {
        facts: recording.facts().clone(),
        notes: notes(path, &recording, &condition, &symbols),
        totals: aggregate.totals(),
        peak: aggregate.peak(),
        peak_time: aggregate.peak_time(),
        sizes: aggregate.sizes().classes().collect(),
        series: aggregate.series().points().collect(),
        threads: recording.stacks().threads().to_vec(),
        frames,
        calls,
        rows,
    })
}

/// The tree of calls, and what each thread allocated at each of them.
fn tree(
    recording: &Recording,
    aggregate: &Aggregate,
    symbols: &mut Symbols,
) -> (Vec<Frame>, Vec<crate::profile::Call>, Vec<Row>) {
    let mut builder = TreeBuilder::default();
    let mut call_of = HashMap::<u32, u32>::new();
    let mut amounts = HashMap::<(u32, u32), [Amount; 4]>::new();
    for view in VIEWS {
        for row in aggregate.rows(view) {
            let call = *call_of.entry(row.stack).or_insert_with(|| {
                let stack = symbols.stack(recording.stacks(), row.stack);
                builder.add(outermost_first(stack).iter())
            });
            let amounts = amounts.entry((row.thread, call)).or_default();
            let amount = &mut amounts[index(view)];
            amount.blocks = amount.blocks.saturating_add(row.amount.blocks);
            amount.bytes = amount.bytes.saturating_add(row.amount.bytes);
        }
    }
    let rows = amounts.into_iter().map(|((thread, call), amounts)| Row {
        thread,
        call,
        amounts,
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_unstable_by_key(|row| (row.thread, row.call));
    let (frames, calls) = builder.finish();
    (frames, calls, rows)
}

/// The frames of a stack, without what starts the program and its threads: the standard library
/// around the first function that is not its own.
fn outermost_first(stack: Vec<symbols::Frame>) -> Vec<Frame> {
    let mut stack: Vec<Frame> = stack.into_iter().rev().map(frame).collect();
    let first = stack.iter().position(|frame| !frame.is_standard());
    stack.drain(..first.unwrap_or(0));
    stack
}

fn frame(frame: symbols::Frame) -> Frame {
    Frame {
        function: frame.function,
        instance: frame.instance,
        file: frame.file,
        path: frame.path,
        line: frame.line,
    }
}

/// What a reader should know of the recording.
fn notes(
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
