//! A report that the tests of all forms share.

use std::time::Duration;

use profile_trace::symbols::Frame;
use profile_trace::view::{Amount, Class, Totals};

use super::Reporter;
use crate::load::{Report, Row};

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.to_owned(),
        file: Some(file.to_owned()),
        line: Some(line),
        ..Frame::default()
    }
}

fn row(thread: &str, bytes: u64, blocks: u64, frames: Vec<Frame>) -> Row {
    Row {
        thread: thread.to_owned(),
        amount: Amount { blocks, bytes },
        frames,
    }
}

/// Three stacks of two threads, and one that is not known.
pub(super) fn report() -> Report {
    let main = frame("app::main", "src/main.rs", 3);
    let build = frame("app::Index::build", "src/index.rs", 10);
    let parse = frame(
        "<json::Parser as core::iter::Iterator>::next",
        "json-1.0.0/src/lib.rs",
        70,
    );
    let grow = frame(
        "alloc::raw_vec::RawVecInner<A>::finish_grow",
        "std::alloc/raw_vec.rs",
        500,
    );
    Report {
        command_line: "app --all".to_owned(),
        duration: Some(Duration::from_millis(1500)),
        threads: 2,
        totals: Totals {
            allocs: 1000,
            zeroed: 20,
            reallocs: 300,
            frees: 980,
            allocated: 123_456_789,
            freed: 123_451_789,
        },
        peak: Amount {
            blocks: 50,
            bytes: 5000,
        },
        peak_time: Duration::from_micros(2500),
        sizes: vec![
            Class {
                from: 16,
                to: 31,
                count: 1000,
            },
            Class {
                from: 32,
                to: 63,
                count: 0,
            },
            Class {
                from: 64,
                to: 127,
                count: 320,
            },
        ],
        rows: vec![
            row("main", 3000, 4, vec![build.clone(), main.clone()]),
            row(
                "worker",
                1500,
                40,
                vec![grow, parse.clone(), build, main.clone()],
            ),
            row("main", 450, 5, vec![parse, main]),
            row("worker", 50, 1, vec![]),
        ],
        warnings: Vec::new(),
    }
}

pub(super) fn text(reporter: &dyn Reporter) -> String {
    let mut out = Vec::new();
    reporter.text(&report(), &mut out).expect("memory takes it");
    String::from_utf8(out).expect("it is text")
}
