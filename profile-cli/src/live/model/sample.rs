//! What a program told, for tests.

use profile_trace::facts::{self, Fact};
use profile_trace::live::{self, Inbox};
use profile_trace::tables::{self, Encoder};

use super::*;

/// The messages of a program with two threads: functions 0x1000 and 0x2000, called by 0x100.
pub(in crate::live) fn told() -> Vec<u8> {
    told_of(0)
}

/// The same of a program that had 1.5 MiB when somebody began to look.
pub(in crate::live) fn told_late() -> Vec<u8> {
    told_of(3 << 19)
}

fn told_of(before: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut known = Vec::new();
    facts::text(Fact::CommandLine, b"target/app\0--all\0", &mut known);
    facts::text(Fact::Directory, b"/work", &mut known);
    facts::number(Fact::Process, 4711, &mut known);
    facts::number(Fact::LiveBefore, before, &mut known);
    live::push_facts(&known, &mut out);
    let mut encoder = Encoder::new();
    let mut stacks = Vec::new();
    live::push_tables(&mut out, |out| {
        encoder.begin(out);
        tables::thread(1, 4711, b"main", out);
        tables::thread(2, 4712, b"worker", out);
        let root = encoder.node(0, 0x100, out).expect("there are numbers");
        for address in [0x1000, 0x2000] {
            stacks.extend(encoder.node(root, address, out));
        }
    });
    let row = |thread, stack: usize, bytes, blocks, allocs| Row {
        thread,
        stack: stacks[stack],
        bytes,
        blocks,
        allocs,
    };
    let rows = [
        row(1, 0, 3 << 20, 3, 10),
        row(2, 0, 1 << 20, 1, 2),
        row(2, 1, 4096, 100, 5000),
    ];
    live::push_rows(&rows, &mut out);
    let moment = Moment {
        time: 12_000_000_000,
        rss: 9 << 20,
        highest_rss: 10 << 20,
        heap: 5 << 20,
        peak: 6 << 20,
        highest_heap: 6 << 20,
        threads: 2,
        ..Moment::default()
    };
    News::Moment(moment).push(&mut out);
    out
}

/// The model after these messages.
pub(in crate::live) fn model(told: &[u8]) -> Model {
    let mut model = Model::new();
    learn(&mut model, told);
    model
}

pub(in crate::live) fn learn(model: &mut Model, told: &[u8]) {
    let mut inbox = Inbox::default();
    inbox.add(told);
    while let Some(message) = inbox.next().expect("it is well-formed") {
        let news = News::read(message.kind, &message.payload);
        model.learn(news.expect("it is known"));
    }
}
