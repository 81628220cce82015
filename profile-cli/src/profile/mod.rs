//! What a recording says, as plain data: what every report is made from.

mod filter;
mod frame;
mod groups;
mod types;

use hashbrown::HashMap;
use profile_trace::read::{Facts, Thread};
use profile_trace::view::{Amount, Class, Division, Life, Point, Totals, View};

pub use filter::{Filter, Found};
pub use frame::Frame;
pub use groups::{Group, Grouping, groups};
pub use types::{Types, UNKNOWN};

/// The views, in the order in which [`Row::amounts`] has them.
pub const VIEWS: [View; 4] = [View::Peak, View::Leaks, View::Temporary, View::Total];

/// What a view is called in headings.
#[must_use]
pub fn title(view: View) -> &'static str {
    match view {
        View::Peak => "live at the high-water mark",
        View::Leaks => "still live at the end",
        View::Temporary => "temporary: freed again at once",
        View::Total => "allocated in total",
    }
}

/// What a view is called where a program reads it.
#[must_use]
pub fn name(view: View) -> &'static str {
    match view {
        View::Peak => "peak",
        View::Leaks => "leaks",
        View::Temporary => "temporary",
        View::Total => "total",
    }
}

/// A node of the tree of calls, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// The number of the calling node; [`ROOT`] for an outermost call.
    pub parent: u32,
    /// The index of its frame.
    pub frame: u32,
}

/// The number of the tree's root, which is no call. A call's number is its index plus 1.
pub const ROOT: u32 = 0;

/// What one thread allocated at one call, for one type where these are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number of the thread.
    pub thread: u32,
    /// The number of the innermost call.
    pub call: u32,
    /// The number of the type, as [`Types`] numbers them; [`UNKNOWN`] where nobody asked.
    pub of_type: u32,
    /// What it allocated, by view.
    pub amounts: [Amount; 4],
}

impl Row {
    /// What it allocated, in one view.
    #[must_use]
    pub fn amount(&self, view: View) -> Amount {
        self.amounts[index(view)]
    }
}

/// A recording, added up and with its names.
#[derive(Debug, Default)]
pub struct Profile {
    /// What is known of the process.
    pub facts: Facts,
    /// What a reader should know of the recording: that it is incomplete, or names are missing.
    pub notes: Vec<String>,
    /// What was done in all.
    pub totals: Totals,
    /// The highest that the heap was.
    pub peak: Amount,
    /// When that was, in nanoseconds since the recording began.
    pub peak_time: u64,
    /// Allocations by size.
    pub sizes: Vec<Class>,
    /// Memory over time.
    pub series: Vec<Point>,
    /// The threads, in the order of their numbers.
    pub threads: Vec<Thread>,
    /// All functions and places that occur.
    pub frames: Vec<Frame>,
    /// The tree of calls.
    pub calls: Vec<Call>,
    /// What was allocated, by thread and call.
    pub rows: Vec<Row>,
    /// How the time is divided for `lives`.
    pub spans: Division,
    /// When it was allocated and freed, if that was asked for; the stacks are numbers of calls.
    pub lives: Vec<Life>,
}

impl Profile {
    /// The calls from `call` outwards, the innermost first.
    pub fn stack(&self, call: u32) -> impl Iterator<Item = Call> {
        // A node's parent has a lower number, so that this ends.
        std::iter::successors(self.call(call), |call| self.call(call.parent))
    }

    /// The frames from `call` outwards, the innermost first.
    pub fn frames_of(&self, call: u32) -> impl Iterator<Item = &Frame> {
        self.stack(call)
            .map(|call| &self.frames[call.frame as usize])
    }

    /// The call that an allocation is charged to: the innermost outside of the standard library,
    /// whose own lines say nothing about the program. What the library does before `main` is charged to
    /// what of `std` asked for the memory. `None` for an empty stack.
    #[must_use]
    pub fn charged(&self, call: u32) -> Option<Call> {
        let frame = |call: &Call| &self.frames[call.frame as usize];
        let own = self.stack(call).find(|call| !frame(call).is_standard());
        let std = || self.stack(call).find(|call| frame(call).krate() == "std");
        own.or_else(std).or_else(|| self.call(call))
    }

    /// The sum of a view's rows.
    #[must_use]
    pub fn sum(&self, view: View) -> Amount {
        sum(self.rows.iter().map(|row| row.amount(view)))
    }

    /// What a thread is called: its name, or its number.
    #[must_use]
    pub fn thread_name(&self, number: u32) -> String {
        thread_name(&self.threads, number)
    }

    /// The command line as one would type it.
    #[must_use]
    pub fn command(&self) -> String {
        self.facts.command_line.join(" ")
    }

    fn call(&self, number: u32) -> Option<Call> {
        self.calls.get((number as usize).checked_sub(1)?).copied()
    }
}

/// What a thread is called: its name, or its number.
#[must_use]
pub fn thread_name(threads: &[Thread], number: u32) -> String {
    let thread = threads.iter().find(|thread| thread.number == number);
    match thread.map(|thread| &*thread.name) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("thread {number}"),
    }
}

/// Adds rows up, each thread, call and type once.
#[derive(Debug, Default)]
pub struct Rows(HashMap<(u32, u32, u32), [Amount; 4]>);

impl Rows {
    /// Adds to the place of a view in a row, whatever the type.
    pub fn add(&mut self, thread: u32, call: u32, view: usize, amount: Amount) {
        let amounts = self.0.entry((thread, call, UNKNOWN)).or_default();
        amounts[view] = sum([amounts[view], amount].into_iter());
    }

    /// Adds all views of a row.
    pub fn add_row(&mut self, row: &Row) {
        let key = (row.thread, row.call, row.of_type);
        let amounts = self.0.entry(key).or_default();
        for (to, amount) in amounts.iter_mut().zip(row.amounts) {
            *to = sum([*to, amount].into_iter());
        }
    }

    /// The rows, in the order of threads, calls and types.
    #[must_use]
    pub fn finish(self) -> Vec<Row> {
        let rows = self.0.into_iter();
        let rows = rows.map(|((thread, call, of_type), amounts)| Row {
            thread,
            call,
            of_type,
            amounts,
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_unstable_by_key(|row| (row.thread, row.call, row.of_type));
        rows
    }
}

/// The sum of some amounts.
pub fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    amounts.fold(Amount::default(), |sum, amount| Amount {
        blocks: sum.blocks.saturating_add(amount.blocks),
        bytes: sum.bytes.saturating_add(amount.bytes),
    })
}

/// The place of a view in [`VIEWS`].
#[must_use]
pub fn index(view: View) -> usize {
    match view {
        View::Peak => 0,
        View::Leaks => 1,
        View::Temporary => 2,
        View::Total => 3,
    }
}

/// Builds the tree of calls, each frame and each call once.
#[derive(Debug, Default)]
pub struct TreeBuilder {
    frames: Vec<Frame>,
    frame_of: HashMap<Frame, u32>,
    calls: Vec<Call>,
    call_of: HashMap<Call, u32>,
}

impl TreeBuilder {
    /// Adds a stack, the outermost frame first. Returns the number of its innermost call.
    pub fn add<'a>(&mut self, stack: impl Iterator<Item = &'a Frame>) -> u32 {
        stack.fold(ROOT, |parent, frame| self.callee(parent, frame))
    }

    /// Adds a call that `parent` makes. Returns its number.
    pub fn callee(&mut self, parent: u32, frame: &Frame) -> u32 {
        let frame = self.frame(frame);
        self.call(Call { parent, frame })
    }

    /// Adds a call of a frame that was added. Returns its number.
    pub fn call(&mut self, call: Call) -> u32 {
        let next = self.calls.len() as u32 + 1;
        let number = *self.call_of.entry(call).or_insert(next);
        if number == next {
            self.calls.push(call);
        }
        number
    }

    /// The frames and the calls.
    #[must_use]
    pub fn finish(self) -> (Vec<Frame>, Vec<Call>) {
        (self.frames, self.calls)
    }

    /// Adds a frame. Returns its index.
    pub fn frame(&mut self, frame: &Frame) -> u32 {
        if let Some(number) = self.frame_of.get(frame) {
            return *number;
        }
        let number = self.frames.len() as u32;
        self.frames.push(frame.clone());
        self.frame_of.insert(frame.clone(), number);
        number
    }
}
