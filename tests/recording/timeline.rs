//! The process over time, of a program that was asked for nothing else, and of one that is recorded.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use memline::{Recorder, profile};
use profile_trace::Recording;
use profile_trace::read::{Stay, Timeline};
use profile_trace::view::{Aggregate, Options};

use super::read::load;
use crate::common::{Child, Ended, Outcome, Program, Test, ready, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![
    steps,
    calls_often,
    waits,
    killed_while_it_waits,
    forks_a_child,
    loses_descriptors,
    touches,
    starts_often,
];

pub(crate) const TESTS: &[Test] = named![
    a_timeline_shows_memory_functions_and_marks,
    a_recording_does_too,
    what_is_called_a_million_times_is_one_stay,
    the_program_stays_single_threaded_and_undisturbed,
    a_killed_program_leaves_what_there_was,
    a_signal_ends_a_timeline,
    a_forked_child_leaves_the_timeline_alone,
    what_cannot_be_written_is_told_once,
    lost_descriptors_do_not_matter,
    memory_is_seen_where_nothing_is_allocated,
    a_killed_recording_has_its_samples,
    a_recorder_leaves_nothing_behind,
];

const MIB: u64 = 1 << 20;
const PAUSE: Duration = Duration::from_millis(120);

#[profile]
fn steps() -> Outcome {
    memline::mark!("before");
    let first = hold(32);
    memline::mark!("phase {}", 2);
    let second = hold(64);
    drop((first, second));
    sleep(PAUSE);
    Ok(())
}

#[profile]
fn hold(mib: usize) -> Vec<u8> {
    let block = black_box(vec![1; mib << 20]);
    sleep(PAUSE);
    block
}

fn read(path: &Path) -> (Recording, Timeline) {
    let mut recording = Recording::open(path).expect("it is a recording");
    let timeline = recording.timeline().expect("it can be read");
    assert!(recording.condition().is_whole(), "{recording:?}");
    (recording, timeline)
}

fn stays<'a>(timeline: &'a Timeline, function: &str) -> Vec<&'a Stay> {
    let stays = timeline.stays.iter();
    stays
        .filter(|stay| stay.function.ends_with(function))
        .collect()
}

fn run(program: &str, folder: &str) -> (Ended, Recording, Timeline) {
    let path = scratch(folder).join("a.memline");
    let ended = Child::new(program).env("MEMLINE_TIMELINE", &path).run();
    let (recording, timeline) = read(&path);
    (ended, recording, timeline)
}

fn check_steps(timeline: &Timeline) {
    let samples = &timeline.samples;
    assert!(samples.is_sorted_by_key(|sample| sample.time));
    let rss = samples.iter().map(|sample| sample.rss).max();
    let live = samples.iter().filter_map(|sample| sample.live).max();
    assert!(live >= Some(96 * MIB) && live < Some(98 * MIB), "{live:?}");
    assert!(rss >= Some(96 * MIB) && rss < Some(150 * MIB), "{rss:?}");
    let marks: Vec<&str> = timeline.marks.iter().map(|(_, text)| &**text).collect();
    assert_eq!(marks, ["before", "phase 2"]);
    let (outer, inner) = (stays(timeline, "::steps"), stays(timeline, "::hold"));
    assert_eq!(outer.len(), 1, "{timeline:?}");
    assert_eq!(inner.iter().map(|stay| stay.calls).sum::<u64>(), 2);
    for stay in inner {
        assert_eq!((outer[0].level, stay.level), (0, 1), "{timeline:?}");
        assert!(outer[0].time.start <= stay.time.start && stay.time.end <= outer[0].time.end);
    }
}

fn a_timeline_shows_memory_functions_and_marks() {
    let (ended, recording, timeline) = run("steps", "timeline_steps");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(recording.condition().complete && recording.is_timeline());
    assert!(recording.facts().process.is_some() && recording.facts().duration.is_some());
    check_steps(&timeline);
    let outer = stays(&timeline, "::steps")[0];
    let long = outer.time.end - outer.time.start;
    // Of three pauses, less the interval at either end.
    assert!(long > 340_000_000, "{outer:?}");
    // Some 36 samples on an idle machine.
    assert!(timeline.samples.len() > 8, "{}", timeline.samples.len());
}

fn a_recording_does_too() {
    let path = scratch("timeline_recording").join("a.memline");
    let ended = Child::new("steps").env("MEMLINE_RECORD", &path).run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let (recording, timeline) = read(&path);
    assert!(recording.condition().complete && recording.has_events());
    let marks: Vec<&str> = timeline.marks.iter().map(|(_, text)| &**text).collect();
    assert_eq!(marks, ["before", "phase 2"]);
    assert!(!stays(&timeline, "::steps").is_empty(), "{timeline:?}");
    let live = timeline.samples.iter().filter_map(|sample| sample.live);
    assert!(live.max() >= Some(96 * MIB));
}

fn calls_often() -> Outcome {
    let mut sum = 0_u64;
    for number in 0..1_000_000 {
        sum += often(black_box(number));
    }
    sleep(PAUSE);
    println!("{sum}");
    Ok(())
}

#[profile]
fn often(number: u64) -> u64 {
    let half = number / 2;
    half + 1
}

fn what_is_called_a_million_times_is_one_stay() {
    let (ended, _, timeline) = run("calls_often", "timeline_often");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let stays = stays(&timeline, "::often");
    assert_eq!(stays.iter().map(|stay| stay.calls).sum::<u64>(), 1_000_000);
    // One, unless the machine kept the program waiting for longer than an interval.
    assert!(stays.len() < 20, "{stays:?}");
}

/// Waits in ways that a signal would cut short, and says whether the C library takes the program
/// for one with threads.
fn waits() -> Outcome {
    // SAFETY: a flag of the C library's, which threads that it starts clear.
    #[expect(unsafe_code)]
    let alone = unsafe {
        unsafe extern "C" {
            static __libc_single_threaded: u8;
        }
        (&raw const __libc_single_threaded).read_volatile()
    };
    for _ in 0..20 {
        // SAFETY: no descriptors are waited for.
        #[expect(unsafe_code)]
        let waited = unsafe { libc::poll(std::ptr::null_mut(), 0, 10) };
        assert_eq!(waited, 0, "{}", std::io::Error::last_os_error());
    }
    let threads = fs::read_dir("/proc/self/task")?.count();
    println!("{alone} {threads}");
    Ok(())
}

fn the_program_stays_single_threaded_and_undisturbed() {
    let plain = Child::new("waits").run();
    assert_eq!(
        (plain.code(), &*plain.stdout),
        (Some(0), "1 1\n"),
        "{plain:?}"
    );
    let path = scratch("timeline_waits").join("a.memline");
    for variable in ["MEMLINE_TIMELINE", "MEMLINE_RECORD"] {
        let ended = Child::new("waits").env(variable, &path).run();
        assert_eq!(
            (ended.code(), &*ended.stdout),
            (Some(0), "1 2\n"),
            "{ended:?}"
        );
        assert!(read(&path).1.samples.len() > 3);
    }
}

fn a_killed_program_leaves_what_there_was() {
    let path = scratch("timeline_killed").join("a.memline");
    let child = Child::new("killed_while_it_waits").env("MEMLINE_TIMELINE", &path);
    let ended = child.start().ready().signal(&["KILL"]).end();
    assert_eq!(ended.signal(), Some(libc::SIGKILL));
    let (recording, timeline) = read(&path);
    assert!(!recording.condition().complete);
    assert_eq!(timeline.marks[0].1, "about to be killed");
    let live = timeline.samples.iter().filter_map(|sample| sample.live);
    assert!(live.max() >= Some(8 * MIB), "{timeline:?}");
}

fn a_signal_ends_a_timeline() {
    for (name, signal) in [("INT", libc::SIGINT), ("TERM", libc::SIGTERM)] {
        let path = scratch("timeline_signal").join(name);
        let child = Child::new("killed_while_it_waits").env("MEMLINE_TIMELINE", &path);
        let ended = child.start().ready().signal(&[name]).end();
        assert_eq!(ended.signal(), Some(signal));
        assert!(ended.stderr.is_empty(), "{ended:?}");
        let (recording, timeline) = read(&path);
        assert!(recording.condition().complete);
        assert_eq!(timeline.marks[0].1, "about to be killed");
    }
}

fn forks_a_child() -> Outcome {
    memline::mark!("parent");
    // SAFETY: the child only allocates, marks, and ends.
    #[expect(unsafe_code)]
    let child = unsafe { libc::fork() };
    if child == 0 {
        memline::mark!("child");
        drop(black_box(vec![1_u8; 64 << 20]));
        sleep(PAUSE);
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: a child of this process.
    #[expect(unsafe_code)]
    unsafe {
        libc::waitpid(child, &raw mut status, 0);
    }
    memline::mark!("after");
    assert_eq!(status, 0);
    Ok(())
}

fn a_forked_child_leaves_the_timeline_alone() {
    let (ended, recording, timeline) = run("forks_a_child", "timeline_forks");
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    assert!(recording.condition().complete);
    let marks: Vec<&str> = timeline.marks.iter().map(|(_, text)| &**text).collect();
    assert_eq!(marks, ["parent", "after"]);
    let live = timeline.samples.iter().filter_map(|sample| sample.live);
    assert!(live.max() < Some(8 * MIB));
}

fn what_cannot_be_written_is_told_once() {
    let folder = scratch("timeline_unwritable");
    let notes = folder.join("notes.txt");
    fs::write(&notes, "my notes").expect("it is new");
    for (path, reason) in [
        (notes.clone(), "it exists and is no recording"),
        (
            folder.join("missing/a.memline"),
            "No such file or directory",
        ),
    ] {
        let ended = Child::new("waits").env("MEMLINE_TIMELINE", &path).run();
        assert_eq!((ended.code(), &*ended.stdout), (Some(0), "1 1\n"));
        let message = &ended.stderr;
        assert!(
            message.starts_with("memline: MEMLINE_TIMELINE: "),
            "{message}"
        );
        assert!(
            message.contains(reason) && message.lines().count() == 1,
            "{message}"
        );
    }
    assert_eq!(fs::read_to_string(&notes).expect("it is there"), "my notes");
}

/// Closes all that it has not opened, and opens a file of its own under the same numbers.
fn loses_descriptors() -> Outcome {
    let path = std::env::var("OWN")?;
    fs::write(&path, "own")?;
    sleep(PAUSE);
    memline::mark!("before");
    // SAFETY: closes descriptors that nobody in this program uses.
    #[expect(unsafe_code)]
    unsafe {
        libc::close_range(3, u32::MAX, 0);
    }
    let own: Result<Vec<fs::File>, _> = (0..300)
        .map(|_| fs::File::options().append(true).open(&path))
        .collect();
    sleep(2 * PAUSE);
    memline::mark!("after");
    assert_eq!(fs::read_to_string(&path)?, "own");
    drop(own);
    Ok(())
}

fn lost_descriptors_do_not_matter() {
    for variable in ["MEMLINE_TIMELINE", "MEMLINE_RECORD"] {
        let path = scratch("timeline_closed").join("a.memline");
        let ended = Child::new("loses_descriptors")
            .env("OWN", path.with_extension("own"))
            .env(variable, &path)
            .run();
        assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
        let (recording, timeline) = read(&path);
        assert!(recording.condition().complete);
        let marks: Vec<&str> = timeline.marks.iter().map(|(_, text)| &**text).collect();
        assert_eq!(marks, ["before", "after"]);
        // Some 24 on an idle machine.
        let times = timeline.marks[0].0..timeline.marks[1].0;
        let inside = timeline.samples.iter();
        let inside = inside.filter(|sample| times.contains(&sample.time));
        assert!(inside.count() > 4, "{timeline:?}");
    }
}

fn killed_while_it_waits() -> Outcome {
    let block = black_box(vec![1_u8; 8 << 20]);
    memline::mark!("about to be killed");
    sleep(3 * PAUSE);
    ready();
    sleep(Duration::from_secs(60));
    drop(block);
    Ok(())
}

fn a_killed_recording_has_its_samples() {
    let path = scratch("timeline_recording_killed").join("a.memline");
    let child = Child::new("killed_while_it_waits").env("MEMLINE_RECORD", &path);
    let ended = child.start().ready().signal(&["KILL"]).end();
    assert_eq!(ended.signal(), Some(libc::SIGKILL));
    let (recording, timeline) = read(&path);
    assert!(!recording.condition().complete && recording.has_events());
    // Some 30 on an idle machine, while nothing is allocated.
    let after = timeline.marks[0].0;
    let waited = timeline.samples.iter().filter(|sample| sample.time > after);
    assert!(waited.count() > 5, "{timeline:?}");
}

/// Allocates a block, and does nothing with the allocator from there on.
fn touches() -> Outcome {
    const STEPS: usize = 30;
    let mut block = black_box(vec![0_u8; 64 << 20]);
    memline::mark!("touch");
    for part in block.chunks_mut((64 << 20) / STEPS) {
        part.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        sleep(Duration::from_millis(10));
    }
    memline::mark!("rest");
    sleep(Duration::from_millis(200));
    memline::mark!("end");
    black_box(&block);
    Ok(())
}

fn memory_is_seen_where_nothing_is_allocated() {
    let path = scratch("timeline_touches").join("a.memline");
    let ended = Child::new("touches").env("MEMLINE_RECORD", &path).run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    let (mut recording, timeline) = read(&path);
    let [touch, rest, end] = timeline.marks.iter().map(|mark| mark.0).collect::<Vec<_>>()[..]
    else {
        panic!("{timeline:?}");
    };
    let within = |from, to| {
        let samples = timeline.samples.iter();
        let samples = samples.filter(move |sample| (from..to).contains(&sample.time));
        samples.collect::<Vec<_>>()
    };
    // 10 ms apart on an idle machine; a busy one may keep the thread waiting.
    let (grows, rests) = (within(touch, rest), within(rest, end));
    assert!(grows.len() > 8 && rests.len() > 4, "{timeline:?}");
    let mut levels: Vec<u64> = grows.iter().map(|sample| sample.rss / MIB).collect();
    levels.dedup();
    assert!(levels.is_sorted() && levels.len() > 6, "{levels:?}");
    let grown = rests[0].rss - grows[0].rss;
    assert!((30 * MIB..66 * MIB).contains(&grown), "{grown}");
    for sample in grows.iter().chain(&rests) {
        let live = sample.live.unwrap_or_default();
        assert!((64 * MIB..65 * MIB).contains(&live), "{sample:?}");
    }
    // The pictures of a recording show the same.
    let (aggregate, _) = Aggregate::of(&mut recording, Options::default()).expect("it can be read");
    let points = aggregate.series().points();
    let shown = points.filter(|point| (touch..end).contains(&point.time) && point.rss.is_some());
    assert!(shown.count() > 8);
}

/// Is recorded a hundred times, and says what of it is left.
fn starts_often() -> Outcome {
    let path = std::env::var("FILE")?;
    let count = |path: &str| fs::read_dir(path).map(Iterator::count);
    let mappings = || fs::read_to_string("/proc/self/maps").map(|maps| maps.lines().count());
    drop(Recorder::start(&path)?);
    sleep(PAUSE);
    let before = (mappings()?, count("/proc/self/fd")?);
    for round in 0..100 {
        let recorder = Recorder::start(&path)?;
        if round % 10 == 0 {
            drop(load(2000)); // full slots wait to be packed as it ends
        }
        drop(recorder);
    }
    for _ in 0..100 {
        if count("/proc/self/task")? == 1 {
            break;
        }
        sleep(Duration::from_millis(10));
    }
    let after = (mappings()?, count("/proc/self/fd")?);
    println!(
        "{} {} {}",
        count("/proc/self/task")?,
        after.0.saturating_sub(before.0),
        after.1.saturating_sub(before.1)
    );
    Ok(())
}

fn a_recorder_leaves_nothing_behind() {
    let path = scratch("timeline_often").join("a.memline");
    let ended = Child::new("starts_often").env("FILE", &path).run();
    let left: Vec<usize> = ended
        .stdout
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    let [threads, mappings, descriptors] = left[..] else {
        panic!("{ended:?}");
    };
    assert_eq!((threads, descriptors), (1, 0), "{ended:?}");
    // The heap may grow by a few.
    assert!(mappings < 20, "{ended:?}");
}
