//! Timelines: what is written is read, in a file of their own and beside events, whole or not.

#![cfg(feature = "read")]

use profile_trace::Recording;
use profile_trace::events::Event;
use profile_trace::facts::{self, Fact};
use profile_trace::read::{Sample, Timeline};
use profile_trace::timeline::{File, MAX_TEXT, Record};
use profile_trace::writer::Writer;

fn facts_of(process: u64) -> Vec<u8> {
    let mut facts = Vec::new();
    facts::number(Fact::Process, process, &mut facts);
    facts
}

fn written(records: &[(u64, Record<'_>)]) -> Vec<u8> {
    let write = || {
        let mut file = File::new(Vec::new(), 7, &facts_of(42))?;
        for (time, record) in records {
            file.add(*time, record)?;
        }
        let mut end = Vec::new();
        facts::number(Fact::Ended, 1_000, &mut end);
        file.finish(&end)
    };
    let written: std::io::Result<Vec<u8>> = write();
    written.expect("memory takes it")
}

fn read(bytes: Vec<u8>) -> (Recording, Timeline) {
    let mut recording = Recording::from_bytes(bytes, None).expect("it is a recording");
    let timeline = recording.timeline().expect("memory is read");
    (recording, timeline)
}

fn sample(rss: u64, live: Option<u64>) -> Record<'static> {
    Record::Sample { rss, live }
}

#[test]
fn records_come_back() {
    let (function, thread) = (3, 1);
    let (recording, timeline) = read(written(&[
        (0, sample(4096, Some(0))),
        (
            5,
            Record::Child {
                process: 9,
                rss: 77,
            },
        ),
        (5, Record::Mark("phase 2")),
        (
            10,
            Record::Function {
                number: 3,
                name: "app::load",
            },
        ),
        (10, Record::Enter { function, thread }),
        (10, sample(8192, None)),
        // Time does not go back.
        (
            8,
            Record::Enter {
                function: 4,
                thread,
            },
        ),
        (
            30,
            Record::Leave {
                function: 4,
                thread,
                calls: 6,
            },
        ),
    ]));
    assert!(recording.condition().complete && recording.condition().is_whole());
    assert!(recording.is_timeline() && recording.facts().process == Some(42));
    let expected = [(0, 4096, Some(0)), (10, 8192, None)];
    let samples = timeline.samples.iter().map(|s| (s.time, s.rss, s.live));
    assert!(samples.eq(expected), "{timeline:?}");
    let child = Sample {
        time: 5,
        rss: 77,
        live: None,
    };
    assert_eq!(timeline.children[&9], [child]);
    assert_eq!(timeline.marks, [(5, "phase 2".to_owned())]);
    let stays: Vec<_> = timeline
        .stays
        .iter()
        .map(|stay| (&*stay.function, stay.time.clone(), stay.calls, stay.level))
        .collect();
    // What nobody has left ran until the end; what has no name has its number.
    assert_eq!(
        stays,
        [("app::load", 10..1_000, 1, 0), ("function 4", 10..30, 6, 1)]
    );
    assert_eq!(timeline.end(), 1_000);
}

#[test]
fn many_records_take_many_blocks_and_few_bytes() {
    let records: Vec<_> = (0..100_000)
        .map(|n| (n * 10_000_000, sample((n % 977) << 12, Some(n * 3))))
        .collect();
    let bytes = written(&records);
    assert!(bytes.len() < 15 * records.len(), "{}", bytes.len());
    let (recording, timeline) = read(bytes);
    assert!(recording.condition().is_whole());
    let samples = timeline.samples.iter();
    assert!(samples.map(|s| (s.time, sample(s.rss, s.live))).eq(records));
}

#[test]
fn long_texts_are_cut_between_characters() {
    let long = "ä".repeat(1_000);
    let (_, timeline) = read(written(&[(1, Record::Mark(&long))]));
    assert_eq!(timeline.marks[0].1, "ä".repeat(MAX_TEXT / 2));
}

#[test]
fn whatever_is_cut_off_the_rest_is_read() {
    let records: Vec<_> = (0..5_000).map(|n| (n, sample(n, None))).collect();
    let bytes = written(&records);
    let whole = read(bytes.clone()).1.samples;
    for length in (bytes.len() / 2..bytes.len()).step_by(97) {
        let (recording, timeline) = read(bytes[..length].to_vec());
        assert!(!recording.condition().complete);
        assert!(whole.starts_with(&timeline.samples));
    }
    // A damaged byte costs a block, and is told.
    let mut damaged = bytes;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let (recording, timeline) = read(damaged);
    assert!(!recording.condition().is_whole());
    assert!(timeline.samples.len() > 1_000 && timeline.samples.len() < 5_000);
}

#[test]
fn samples_among_events_are_of_the_timeline_too() {
    let write = || {
        let mut writer = Writer::new(Vec::new(), 1, &[])?;
        for (elapsed, rss) in [(10, 100), (10, 0), (10, 300)] {
            writer.event(1, &Event::Time { elapsed })?;
            writer.event(1, &Event::Sample { rss, live: 5 })?;
        }
        writer.event(1, &Event::Time { elapsed: 1 })?;
        writer.finish(&[])
    };
    let bytes: std::io::Result<Vec<u8>> = write();
    let (recording, timeline) = read(bytes.expect("memory takes it"));
    assert!(recording.has_events() && !recording.is_timeline());
    // The second sample was taken where nothing told the resident set.
    let samples: Vec<_> = timeline.samples.iter().map(|s| (s.rss, s.live)).collect();
    assert_eq!(samples, [(100, Some(5)), (300, Some(5))]);
    assert!(timeline.samples[0].time >= 10 && timeline.samples[1].time <= 31);
}
