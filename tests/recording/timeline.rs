//! The process over time, of a program that was asked for nothing else, and of one that is recorded.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use memline::profile;
use profile_trace::Recording;
use profile_trace::read::{Stay, Timeline};

use crate::common::{Child, Ended, Outcome, Program, Test, ready, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![
    steps,
    calls_often,
    waits,
    killed_while_it_waits,
    forks_a_child,
    loses_descriptors,
];

pub(crate) const TESTS: &[Test] = named![
    a_timeline_shows_memory_functions_and_marks,
    a_recording_does_too,
    what_is_called_a_million_times_is_one_stay,
    the_program_stays_single_threaded_and_undisturbed,
    a_killed_program_leaves_what_there_was,
    a_forked_child_leaves_the_timeline_alone,
    what_cannot_be_written_is_told_once,
    lost_descriptors_stop_the_timeline,
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
    let (ended, _, timeline) = run("waits", "timeline_waits");
    assert_eq!(
        (ended.code(), &*ended.stdout),
        (Some(0), "1 2\n"),
        "{ended:?}"
    );
    assert!(timeline.samples.len() > 3);
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
    let path = std::env::var("MEMLINE_TIMELINE")? + ".own";
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
    assert_eq!(fs::read_to_string(&path)?, "own");
    drop(own);
    Ok(())
}

fn lost_descriptors_stop_the_timeline() {
    let (ended, recording, timeline) = run("loses_descriptors", "timeline_closed");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with("memline: the timeline has stopped: ")
            && ended.stderr.lines().count() == 1,
        "{ended:?}"
    );
    // What was noted until then is there.
    assert!(!recording.condition().complete && !timeline.samples.is_empty());
    assert_eq!(timeline.marks[0].1, "before");
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
