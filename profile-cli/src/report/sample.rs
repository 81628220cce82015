//! A small profile, and a check against what is written of it.

use std::time::Duration;

use expect_test::Expect;
use profile_trace::read::Thread;
use profile_trace::view::{Amount, Class, Point, Totals, View};

use super::{Input, Paint, Reporter};
use crate::profile::{Filter, Frame, Profile, Row, TreeBuilder, UNKNOWN};

/// A frame as most are.
pub(crate) fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.to_owned(),
        instance: None,
        file: Some(file.to_owned()),
        path: Some(format!("/src/app/{file}")),
        line: Some(line),
    }
}

fn amount(blocks: u64, bytes: u64) -> Amount {
    Amount { blocks, bytes }
}

/// Two threads that read lines and keep words.
pub(crate) fn profile() -> Profile {
    let start = frame("std::rt::lang_start", "std::std/rt.rs", 206);
    let main = frame("app::main", "src/main.rs", 40);
    let build = frame("app::Index::build", "src/index.rs", 12);
    let read = frame("app::read", "src/index.rs", 30);
    let grow = frame(
        "alloc::raw_vec::RawVec<T,A>::grow_one",
        "std::alloc/raw_vec.rs",
        340,
    );
    let string = frame("std::fs::read_to_string", "std::std/fs.rs", 300);
    let worker = frame("worker::run", "worker-1.0.0/src/lib.rs", 7);
    let mut tree = TreeBuilder::default();
    let words = tree.add([&start, &main, &build, &grow].into_iter());
    let text = tree.add([&start, &main, &build, &read, &string].into_iter());
    let jobs = tree.add([&worker, &grow].into_iter());
    let (frames, calls) = tree.finish();
    let rows = vec![
        Row {
            thread: 1,
            call: words,
            of_type: UNKNOWN,
            amounts: [
                amount(240, 5 << 20),
                amount(1, 64),
                amount(0, 0),
                amount(300, 9 << 20),
            ],
        },
        Row {
            thread: 1,
            call: text,
            of_type: UNKNOWN,
            amounts: [
                amount(1, 2048),
                amount(0, 0),
                amount(200, 3 << 20),
                amount(241, 4 << 20),
            ],
        },
        Row {
            thread: 2,
            call: jobs,
            of_type: UNKNOWN,
            amounts: [
                amount(3, 1 << 20),
                amount(2, 4096),
                amount(0, 0),
                amount(3, 1 << 20),
            ],
        },
    ];
    let mut profile = Profile {
        totals: Totals {
            allocs: 500,
            zeroed: 4,
            reallocs: 40,
            frees: 501,
            allocated: 14 << 20,
            freed: (14 << 20) - 4160,
        },
        peak: amount(244, (6 << 20) + 2048),
        peak_time: 12_345_678,
        sizes: vec![
            Class {
                from: 32,
                to: 63,
                count: 500,
            },
            Class {
                from: 64,
                to: 127,
                count: 0,
            },
            Class {
                from: 128,
                to: 255,
                count: 44,
            },
        ],
        series: (0..4)
            .map(|index| Point {
                time: index * 10_000_000,
                live: [1 << 20, (6 << 20) + 2048, 2 << 20, 4160][index as usize],
                rss: (index % 2 == 0).then_some(8 << 20),
            })
            .collect(),
        threads: vec![
            Thread {
                number: 1,
                id: 100,
                name: "main".to_owned(),
            },
            Thread {
                number: 2,
                id: 101,
                name: "worker".to_owned(),
            },
        ],
        frames,
        calls,
        rows,
        ..Profile::default()
    };
    profile.facts.command_line = vec!["app".to_owned(), "folder".to_owned()];
    profile.facts.process = Some(100);
    profile.facts.began = Some(Duration::from_secs(1_795_620_598));
    profile.facts.duration = Some(Duration::from_millis(40));
    profile.facts.allocator = "std::alloc::System".to_owned();
    profile
}

/// The data in a page that a reporter writes.
pub(crate) fn data_of(reporter: &dyn Reporter, input: &Input<'_>) -> serde_json::Value {
    let mut bytes = Vec::new();
    reporter.write(input, &mut bytes).expect("memory takes it");
    let page = String::from_utf8(bytes).expect("pages are UTF-8");
    let data = page.split("id=\"data\">").nth(1);
    let data = data.and_then(|rest| rest.split("</script>").next());
    serde_json::from_str(data.expect("it is there")).expect("it is JSON")
}

/// What a reporter writes of the small profile.
pub(crate) fn written(reporter: &dyn Reporter, view: View) -> Vec<u8> {
    let profile = profile();
    let input = Input {
        profile: &profile,
        view,
        filter: &Filter::default(),
        paint: Paint::default(),
    };
    let mut bytes = Vec::new();
    reporter.write(&input, &mut bytes).expect("memory takes it");
    bytes
}

/// Compares what a reporter writes of the small profile with what is expected.
pub(crate) fn check(reporter: &dyn Reporter, view: View, expected: Expect) {
    let text = String::from_utf8(written(reporter, view));
    expected.assert_eq(&text.expect("reports are UTF-8"));
}
