//! Makes a profile of a recording: adds it up, and gives its calls their names.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use profile_trace::Recording;
use profile_trace::read::{Condition, Stacks};
use profile_trace::symbols::{self, Symbols};
use profile_trace::view::{Aggregate, Division, Life, Options, View};

use crate::Error;
use crate::profile::{Filter, Frame, Profile, Row, Rows, TreeBuilder, VIEWS, index, thread_name};
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
    let mut tree = Tree::new(&recording);
    let mut passes = |thread: u32, stack: u32| tree.passes(filter, thread, stack);
    let passes: Option<&mut dyn FnMut(u32, u32) -> bool> = match filter.is_empty() {
        true => None,
        false => Some(&mut passes),
    };
    let (aggregate, condition) = Aggregate::of_stacks(&mut recording, options, passes)?;
    let rows = tree.rows(&aggregate, &progress);
    let (spans, lives) = tree.lives(&aggregate);
    let notes = notes(path, &recording, &condition, &tree.symbols);
    let (frames, calls) = tree.calls.finish();
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

/// The tree of calls, which grows by the stacks that are asked for.
struct Tree {
    stacks: Arc<Stacks>,
    symbols: Symbols,
    calls: TreeBuilder,
    number_of: HashMap<u32, u32>,
}

impl Tree {
    fn new(recording: &Recording) -> Self {
        Self {
            stacks: recording.shared_stacks(),
            symbols: Symbols::new(recording),
            calls: TreeBuilder::default(),
            number_of: HashMap::new(),
        }
    }

    fn passes(&mut self, filter: &Filter, thread: u32, stack: u32) -> bool {
        let name = thread_name(self.stacks.threads(), thread);
        let frames = outermost_first(self.symbols.stack(&self.stacks, stack));
        filter.passes(thread, &name, &frames)
    }

    /// The number of a stack's innermost call.
    fn call(&mut self, stack: u32) -> u32 {
        if let Some(number) = self.number_of.get(&stack) {
            return *number;
        }
        let frames = outermost_first(self.symbols.stack(&self.stacks, stack));
        let number = self.calls.add(frames.iter());
        self.number_of.insert(stack, number);
        number
    }

    /// What each thread allocated at each call.
    fn rows(&mut self, aggregate: &Aggregate, progress: &Progress) -> Vec<Row> {
        let mut rows = Rows::default();
        let meter = progress.next("naming calls", aggregate.rows(View::Total).count() as u64);
        for view in VIEWS.into_iter().rev() {
            for row in aggregate.rows(view) {
                let call = self.call(row.stack);
                rows.add(row.thread, call, index(view), row.amount);
                // Every stack is in this view.
                meter.add(u64::from(view == View::Total));
            }
        }
        rows.finish()
    }

    /// When it was allocated and freed.
    fn lives(&mut self, aggregate: &Aggregate) -> (Division, Vec<Life>) {
        let (division, lives) = aggregate.lives();
        let mut lives: Vec<Life> = lives
            .into_iter()
            .map(|life| Life {
                stack: self.call(life.stack),
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
