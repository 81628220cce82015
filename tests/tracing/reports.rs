//! How reports read, and that there is nothing of memline's own in them.

use std::collections::HashMap;
use std::hint::black_box;
use std::thread;

use memline::trace::{self, Filter, Snapshot};
use memline::{Key, Leak, trace::LeakReport};

use profile_trace::Recording;
use profile_trace::view::{Aggregate, Options, View};

use crate::common::{Child, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![leaks_lines, leaks_by, grows, saves];

pub(crate) const TESTS: &[Test] = named![
    a_leak_reads_as_promised,
    a_stack_shows_its_calls,
    a_report_is_a_value,
    what_grew_is_told,
    a_saved_snapshot_is_a_recording,
];

struct Page(#[expect(dead_code, reason = "it takes room")] [u8; 4096]);

#[inline(never)]
fn pages() -> Vec<Box<Page>> {
    (0..25).map(|_| Box::new(Page([1; 4096]))).collect()
}

#[inline(never)]
fn text() -> String {
    black_box("0123456789").repeat(300)
}

fn leaks_lines() -> Outcome {
    let before = vec![1u8; 77_777];
    let leak = Leak::builder().limit(2).start();
    let kept = (pages(), text(), vec![1u16; 50]);
    drop(vec![1u8; 99_999]);
    leak.stop();
    println!(
        "{}",
        kept.0.len() + kept.1.len() + kept.2.len() + before.len()
    );
    Ok(())
}

fn a_leak_reads_as_promised() {
    let ended = Child::new("leaks_lines").run();
    assert_eq!(
        (ended.code(), &*ended.stdout),
        (Some(0), "80852\n"),
        "{ended:?}"
    );
    let line_of = |source: &str| {
        let text = include_str!("reports.rs");
        let index = text.lines().position(|line| line.trim() == source);
        index.expect("it is there") + 1
    };
    let pages = "(0..25).map(|_| Box::new(Page([1; 4096]))).collect()";
    let repeat = "black_box(\"0123456789\").repeat(300)";
    let used = ended
        .stderr
        .lines()
        .find(|line| line.starts_with("Used Memory: "));
    let used = used.expect("the system tells");
    assert!(used.contains("MiB (") && used.ends_with("iB)"), "{used}");
    let expected = format!(
        "\
------------------------------
Called 'memline::Leak' with 'line' mode...
------------------------------

Top 2 lines
#1: File:tests/tracing/reports.rs
    Line: {}
    Size: 100.2 KiB
    {pages}
-----
#2: File:tests/tracing/reports.rs
    Line: {}
    Size: 2.9 KiB
    {repeat}
-----
1, Other: 100 B
Total allocated size: 103.2 KiB
------------------------------
{used}
------------------------------

Report by type
                               types |   # objects |   total size
==================================== | =========== | ============
       Box<tracing::reports::Page> |          25 |   100.00 KiB
                            String |           1 |     2.93 KiB
  Vec<Box<tracing::reports::Page>> |           1 |        200 B
                          Vec<u16> |           1 |        100 B
------------------------------
Changed since the start
                               types |   # objects |    total size
==================================== | =========== | =============
       Box<tracing::reports::Page> |         +25 |   +100.00 KiB
                            String |          +1 |     +2.93 KiB
  Vec<Box<tracing::reports::Page>> |          +1 |        +200 B
                          Vec<u16> |          +1 |        +100 B
------------------------------
",
        line_of(pages),
        line_of(repeat)
    )
    .replace("  types |", "types |")
    .replace(
        "====================================",
        "==================================",
    );
    assert_eq!(ended.stderr, expected);
}

fn leaks_by() -> Outcome {
    let key: Key = std::env::var("KEY")?.parse()?;
    let leak = Leak::builder().limit(1).key(key).frames(10).start();
    let kept = pages();
    let report = leak.into_report();
    println!("{report}");
    println!("{}", report.to_json());
    drop(kept);
    Ok(())
}

fn a_stack_shows_its_calls() {
    let ended = Child::new("leaks_by").env("KEY", "stack").run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    let text = &ended.stdout;
    assert!(
        text.contains("Top 1 stacks\n#1\ntests/tracing/reports.rs:"),
        "{text}"
    );
    assert!(
        text.contains(": size=100 KiB (+100 KiB), count=25 (+25), average=4096 B\n"),
        "{text}"
    );
    // The oldest call comes first, each with its line.
    let calls = [
        "common::main(&programs",
        "program()",
        "let kept = pages();",
        "(0..25)",
    ];
    let places: Vec<_> = calls.iter().map(|call| text.find(call)).collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?}: {text}"
    );
    assert!(
        text.contains("      File \"tests/tracing.rs\", line "),
        "{text}"
    );
}

fn a_report_is_a_value() {
    for (key, label) in [
        ("type", "Box<tracing::reports::Page>"),
        ("function", "tracing::reports::pages::{{closure}}"),
        ("crate", "tracing"),
    ] {
        let ended = Child::new("leaks_by").env("KEY", key).run();
        let json = ended.stdout.lines().last().unwrap_or_default();
        let report: LeakReport = serde_json::from_str(json).expect("it is whole");
        assert_eq!(report.to_json(), json);
        let top = &report.top[0];
        let closure = |label: &str| label.replace("{closure#0}", "{{closure}}");
        assert_eq!(closure(&top.label), label, "{json}");
        assert!(top.bytes >= 25 * 4096 && top.blocks >= 25, "{json}");
        assert_eq!((report.blocks, report.bytes), (26, 25 * 4096 + 200));
        assert_eq!(
            report.top.len() as u64 + report.other_places,
            if key == "crate" { 1 } else { 2 }
        );
    }
}

#[inline(never)]
fn grow(kept: &mut Vec<Vec<u8>>, count: usize) {
    (0..count).for_each(|_| kept.push(vec![1; 1000]));
}

/// Takes snapshots, and prints what they say.
fn grows() -> Outcome {
    trace::start(30)?;
    let mut kept = Vec::with_capacity(100);
    grow(&mut kept, 10);
    let before = Snapshot::take()?;
    grow(&mut kept, 5);
    let gone = kept.swap_remove(0);
    let worker = thread::Builder::new().name("worker".to_owned());
    let other = worker
        .spawn(|| vec![1u8; 12_345])?
        .join()
        .expect("it ends well");
    drop(gone);
    let after = Snapshot::take()?;
    let changed = after.compare_to(&before, Key::Line);
    let largest = changed.first().expect("something has changed");
    assert_eq!(
        (largest.bytes, largest.change.map(|c| c.bytes)),
        (12_345, Some(12_345))
    );
    let grown = &changed[1];
    assert_eq!((grown.bytes, grown.blocks), (14_000, 14));
    assert_eq!(grown.change.map(|c| (c.bytes, c.blocks)), Some((4000, 4)));
    assert!(
        grown
            .to_string()
            .contains(": size=13.7 KiB (+4000 B), count=14 (+4), average=1000 B")
    );
    // By thread, by file, by whom it was called from.
    let of = |filter: Filter| after.filter([filter]).bytes();
    assert_eq!(
        of(Filter::only().thread("worker").function("*grows*")),
        12_345
    );
    assert_eq!(of(Filter::only().function("*::grow").all_frames()), 14_000);
    let all = after.filter([Filter::only().function("*reports::grows*").all_frames()]);
    let without = after.filter([
        Filter::only().function("*reports::grows*").all_frames(),
        Filter::without().function("*::grow").all_frames(),
    ]);
    assert_eq!(all.bytes() - without.bytes(), 14_000);
    assert_eq!(of(Filter::only().krate("no_such_crate")), 0);
    // In whatever it leads through, each counts once.
    let cumulative = after.statistics(Key::Function, true);
    let main = cumulative
        .iter()
        .find(|s| s.label.ends_with("reports::grows"));
    assert!(
        main.is_some_and(|main| main.bytes >= 14_000),
        "{cumulative:?}"
    );
    // Nothing of memline's own.
    for statistic in cumulative
        .iter()
        .chain(&after.statistics(Key::Stack, false))
    {
        let text = format!("{statistic:?}");
        assert!(
            !text.contains("profile_runtime") && !text.contains("profile-runtime"),
            "{text}"
        );
    }
    // What tracing and its reports need is not traced, and each snapshot says the same.
    let again = Snapshot::take()?;
    let lasting =
        [&again, &after].map(|snapshot| snapshot.filter([Filter::only().function("*::grow*")]));
    assert_eq!(lasting[0].bytes(), lasting[1].bytes());
    assert!(trace::overhead() > 0);
    let (current, peak) = trace::current_and_peak();
    trace::reset_peak();
    assert!(current > 0 && peak > current && trace::current_and_peak().1 <= peak);
    println!("{}", kept.len() + other.len());
    Ok(())
}

fn what_grew_is_told() {
    let ended = Child::new("grows").run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    assert_eq!(ended.stdout, "12359\n");
}

fn saves() -> Outcome {
    trace::start(10)?;
    let kept: HashMap<u32, Vec<u8>> = (0..100).map(|i| (i, vec![1; 10])).collect();
    let snapshot = Snapshot::take()?;
    let path = std::env::var("FOLDER")? + "/a.memline";
    snapshot.save(&path)?;
    snapshot.save(&path)?; // over a recording
    let loaded = Snapshot::load(&path)?;
    for key in Key::ALL {
        assert_eq!(
            loaded.statistics(key, false),
            snapshot.statistics(key, false),
            "{key}"
        );
    }
    let again = path.clone() + ".again";
    loaded
        .filter([Filter::only().function("*saves*")])
        .save(&again)?;
    assert_eq!(Snapshot::load(&again)?.blocks(), 101);
    println!("{} {} {}", snapshot.blocks(), snapshot.bytes(), kept.len());
    Ok(())
}

fn a_saved_snapshot_is_a_recording() {
    let folder = scratch("tracing_saved");
    let ended = Child::new("saves").env("FOLDER", &folder).run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    let mut recording = Recording::open(&folder.join("a.memline")).expect("it is a recording");
    let (aggregate, condition) =
        Aggregate::of(&mut recording, Options::default()).expect("it is read");
    assert!(condition.complete, "{condition}");
    for view in [View::Leaks, View::Peak, View::Total] {
        let sum = aggregate.sum(view);
        assert_eq!(format!("{} {} 100\n", sum.blocks, sum.bytes), ended.stdout);
    }
    let left = std::fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(left, 2, "nothing half written is left");
}
