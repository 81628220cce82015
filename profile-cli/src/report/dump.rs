//! Everything that a recording holds, as text, a line per event.

use std::io::{self, Write};

use profile_trace::Recording;
use profile_trace::events::Event;
use profile_trace::read::{Error, Moment, Sample, Stay, Timeline, Visitor};

/// Writes everything in `recording`: facts, modules, threads, stacks, and each event.
///
/// # Errors
///
/// The outer one if the recording can no longer be read, the inner one if `out` does not take
/// the bytes.
pub fn dump(recording: &mut Recording, out: &mut dyn Write) -> Result<io::Result<()>, Error> {
    let mut events = Events {
        out,
        result: Ok(()),
    };
    events.result = head(recording, events.out);
    let timeline = recording.timeline()?;
    if events.result.is_ok() {
        events.result = over_time(&timeline, events.out);
    }
    let condition = recording.replay(&mut events)?;
    let Events { out, result } = events;
    Ok(result.and_then(|()| write!(out, "{condition}")))
}

fn head(recording: &Recording, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:#?}", recording.facts())?;
    let stacks = recording.stacks();
    for module in stacks.modules() {
        let (start, end, base) = (module.start, module.end, module.base);
        writeln!(
            out,
            "module {start:#x}..{end:#x} base {base:#x} {}",
            module.path
        )?;
    }
    for thread in stacks.threads() {
        writeln!(
            out,
            "thread {} id {} {:?}",
            thread.number, thread.id, thread.name
        )?;
    }
    // Numbers leave gaps where blocks are missing.
    let numbers = (1..=u32::MAX).map(|number| (number, stacks.node(number)));
    let mut left = stacks.len();
    for (number, node) in numbers {
        if left == 0 {
            break;
        }
        if let Some(node) = node {
            left -= 1;
            writeln!(
                out,
                "call {number} from {} at {:#x}",
                node.parent, node.address
            )?;
        }
    }
    Ok(())
}

fn over_time(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    for Sample { time, rss, live } in &timeline.samples {
        match live {
            Some(live) => writeln!(out, "{time} sample rss {rss} B live {live} B")?,
            None => writeln!(out, "{time} sample rss {rss} B")?,
        }
    }
    for (process, samples) in &timeline.children {
        for Sample { time, rss, .. } in samples {
            writeln!(out, "{time} child {process} rss {rss} B")?;
        }
    }
    for (time, mark) in &timeline.marks {
        writeln!(out, "{time} mark {mark:?}")?;
    }
    for stay in &timeline.stays {
        let Stay {
            function,
            thread,
            time,
            calls,
            level,
        } = stay;
        let (from, to) = (time.start, time.end);
        writeln!(
            out,
            "{from} to {to} in {function} row {thread} level {level} calls {calls}"
        )?;
    }
    Ok(())
}

struct Events<'a> {
    out: &'a mut dyn Write,
    result: io::Result<()>,
}

impl Visitor for Events<'_> {
    fn run(&mut self, thread: u32, moment: Moment, events: &[Event]) {
        for event in events {
            if self.result.is_ok() {
                self.result = line(thread, moment, event, self.out);
            }
        }
    }
}

fn line(thread: u32, moment: Moment, event: &Event, out: &mut dyn Write) -> io::Result<()> {
    let Moment { from, .. } = moment;
    write!(out, "{from} thread {thread} ")?;
    match *event {
        Event::Alloc {
            zeroed,
            address,
            size,
            stack,
        } => {
            let zeroed = if zeroed { " zeroed" } else { "" };
            writeln!(out, "alloc{zeroed} {address:#x} {size} B call {stack}")
        }
        Event::Realloc {
            old,
            old_size,
            address,
            size,
            stack,
        } => {
            let told = told(old_size);
            writeln!(
                out,
                "realloc {old:#x}{told} to {address:#x} {size} B call {stack}"
            )
        }
        Event::Free { address, size } => writeln!(out, "free {address:#x}{}", told(size)),
        Event::Sample { rss, live } => writeln!(out, "sample rss {rss} B live {live} B"),
        Event::Time { elapsed } => writeln!(out, "time {elapsed} ns"),
    }
}

/// The size of a block that ends, where the recording tells it.
fn told(size: Option<u64>) -> String {
    size.map_or_else(String::new, |size| format!(" {size} B"))
}
