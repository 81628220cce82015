//! What is recorded is what the counters count.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use memline::Recorder;
use profile_trace::view::{Row, View};
use stats_alloc::Stats;

use super::read::{figures, leave_at_once, load, print, read, read_complete};
use crate::common::{Child, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![
    counts,
    counts_on_threads,
    hands_blocks_around,
    starts_and_stops,
    starts_and_stops_beside_threads,
    many_threads,
    recurses,
    allocates_evenly,
];

pub(crate) const TESTS: &[Test] = named![
    totals_and_peak_are_the_counters,
    totals_of_threads_are_the_counters,
    each_threads_totals_are_its_counters,
    a_recorder_records_what_lies_between,
    recordings_end_beside_busy_threads,
    five_hundred_threads,
    a_deep_recursion_is_cut_off,
    samples_add_up,
];

/// Prints the figures, and ends before anything else is allocated.
fn counts() -> Outcome {
    println!("stdout has its buffer");
    let kept = load(2000);
    drop(load(3000));
    let (stats, peak, live) = (memline::process_stats(), memline::peak(), memline::live());
    println!("peak {peak} live {live}");
    print(&stats);
    drop(kept);
    print(&memline::process_stats());
    leave_at_once()
}

fn totals_and_peak_are_the_counters() {
    let path = scratch("recording_counts").join("a.memline");
    let ended = Child::new("counts").env("MEMLINE_RECORD", &path).run();
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let read = read(&path);
    assert_eq!(figures(&read.aggregate.totals()), lines[3], "{ended:?}");
    let peak = read.aggregate.peak();
    assert!(
        lines[1].contains(&format!("peak {} ", peak.bytes)),
        "{ended:?}, {peak:?}"
    );
    assert_eq!(read.aggregate.sum(View::Peak), peak);
    // The program ended as if it had been killed.
    assert!(!read.condition.complete && read.condition.recovered > 0);
    assert_eq!(read.recording.facts().live_before, 0);
}

fn counts_on_threads() -> Outcome {
    println!("stdout has its buffer");
    let work = |_| thread::spawn(|| drop(load(2000)));
    let threads: Vec<_> = (0..8).map(work).collect();
    threads
        .into_iter()
        .try_for_each(|thread| thread.join())
        .expect("they end well");
    print(&memline::process_stats());
    leave_at_once()
}

fn totals_of_threads_are_the_counters() {
    let path = scratch("recording_threads").join("a.memline");
    let ended = Child::new("counts_on_threads")
        .env("MEMLINE_RECORD", &path)
        .run();
    let read = read(&path);
    assert_eq!(
        figures(&read.aggregate.totals()),
        ended.stdout.lines().last().unwrap_or_default()
    );
    let threads = read.recording.stacks().threads();
    assert_eq!((threads.len(), &*threads[0].name), (9, "main"));
    let alike: Vec<u64> = (2..=9)
        .map(|thread| read.aggregate.totals_of(thread).zeroed)
        .collect();
    assert!(
        alike
            .iter()
            .all(|zeroed| *zeroed == alike[0] && *zeroed > 1000),
        "{alike:?}"
    );
}

/// Threads that allocate, grow, shrink and free, all at once; and, where `ALONE` is not set, what others
/// have allocated, too. Prints the counters of each, and ends before any of them does.
fn hands_blocks_around() -> Outcome {
    const THREADS: usize = 4;
    let alone = std::env::var_os("ALONE").is_some();
    println!("stdout has its buffer");
    // Their records go to the threads below.
    for _ in 0..2 {
        thread::spawn(|| drop(load(50)))
            .join()
            .expect("it ends well");
    }
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| mpsc::channel::<Vec<u8>>()).unzip();
    let counters = Arc::new(Mutex::new([Stats::default(); THREADS]));
    let all = Arc::new(Barrier::new(THREADS + 1));
    for (number, received) in receivers.into_iter().enumerate() {
        let next = senders[(number + usize::from(!alone)) % THREADS].clone();
        let (counters, all) = (counters.clone(), all.clone());
        let work = move || {
            all.wait();
            for round in 0..5000 {
                let mut block = vec![1_u8; 1 + round * 7 % 300];
                block.reserve_exact(round * 13 % 500);
                next.send(block).expect("somebody receives");
                if let Ok(mut block) = received.try_recv() {
                    match round % 3 {
                        0 => block.reserve_exact(1000),
                        1 => block.shrink_to_fit(),
                        _ => {}
                    }
                }
            }
            counters.lock().expect("nobody panics")[number] = memline::stats();
            all.wait();
            thread::park();
        };
        thread::Builder::new()
            .name(format!("worker {number}"))
            .spawn(work)?;
    }
    all.wait();
    all.wait();
    print(&memline::stats());
    counters
        .lock()
        .expect("nobody panics")
        .iter()
        .for_each(print);
    leave_at_once()
}

fn each_threads_totals_are_its_counters() {
    let path = scratch("recording_each_thread").join("a.memline");
    for alone in [true, false] {
        let mut child = Child::new("hands_blocks_around").env("MEMLINE_RECORD", &path);
        if alone {
            child = child.env("ALONE", "1");
        }
        let ended = child.run();
        assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
        let read = read(&path);
        let threads = read.recording.stacks().threads();
        let of = |name: &str| {
            let mut named = threads.iter().filter(|thread| thread.name == name);
            let thread = named.next().expect("it was recorded");
            figures(&read.aggregate.totals_of(thread.number))
        };
        let names = ["main", "worker 0", "worker 1", "worker 2", "worker 3"];
        let counted: Vec<&str> = ended.stdout.lines().skip(1).collect();
        assert_eq!(counted, names.map(of));
    }
}

/// Is recorded in part, twice, and not in between.
fn starts_and_stops() -> Outcome {
    for name in ["first", "second"] {
        drop(load(100));
        let path = std::env::var("FOLDER")? + "/" + name;
        let recorder = Recorder::start(&path)?;
        let before = memline::process_stats();
        let kept = load(1000);
        let change = memline::process_stats() - before;
        drop(recorder);
        print(&change);
        drop(kept);
    }
    for _ in 0..200 {
        let path = std::env::var("FOLDER")? + "/third";
        let recorder = Recorder::start(&path)?;
        let again = Recorder::start(path + "again").map(drop);
        assert!(again.is_err(), "it is being recorded already");
        drop(recorder);
    }
    Ok(())
}

/// Whether this file is compiled with frame pointers: whether the one in the register lies just
/// above a local.
#[inline(never)]
fn has_frame_pointers() -> bool {
    let local = black_box(0u64);
    let frame: usize;
    // SAFETY: reads a register.
    #[expect(unsafe_code)]
    unsafe {
        std::arch::asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack));
    }
    let local = black_box(&raw const local).addr();
    (local..local + 512).contains(&frame)
}

fn a_recorder_records_what_lies_between() {
    let folder = scratch("recording_between");
    let ended = Child::new("starts_and_stops").env("FOLDER", &folder).run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    for (name, counted) in ["first", "second"].into_iter().zip(ended.stdout.lines()) {
        let read = read_complete(&folder.join(name));
        let facts = read.recording.facts();
        assert!(facts.live_before > 0 && facts.duration.is_some());
        assert_eq!(figures(&read.aggregate.totals()), counted, "{name}");
        let way = if has_frame_pointers() {
            "frame pointers"
        } else {
            "unwind tables"
        };
        assert_eq!(facts.unwinder, way);
        assert_eq!(facts.allocator, "std::alloc::System");
    }
    read_complete(&folder.join("third"));
    let left = std::fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(left, 3, "no side file is left");
}

const BUSY: usize = 4;

/// Is recorded often, for some milliseconds each, while threads go on allocating. Prints how many slots
/// of side files are mapped then.
fn starts_and_stops_beside_threads() -> Outcome {
    let folder = std::env::var("FOLDER")?;
    let goes_on = AtomicBool::new(true);
    thread::scope(|scope| {
        for _ in 0..BUSY {
            scope.spawn(|| {
                while goes_on.load(Relaxed) {
                    drop(load(50));
                }
            });
        }
        let start_often = || {
            for round in 0..60 {
                let recorder = Recorder::start(format!("{folder}/{}", round % 10))?;
                thread::sleep(Duration::from_micros(round * 997 % 20_000));
                drop(recorder);
            }
            let maps = std::fs::read_to_string("/proc/self/maps")?;
            let mapped = maps.lines().filter(|line| line.contains(".pending"));
            println!("{}", mapped.count());
            Ok(())
        };
        let outcome = start_often();
        goes_on.store(false, Relaxed);
        outcome
    })
}

fn recordings_end_beside_busy_threads() {
    let folder = scratch("recording_beside");
    let child = Child::new("starts_and_stops_beside_threads").env("FOLDER", &folder);
    let ended = child.run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    for name in 0..10 {
        let read = read_complete(&folder.join(name.to_string()));
        // What lives was allocated between its beginning and its end.
        let totals = read.aggregate.totals();
        assert!(read.aggregate.sum(View::Leaks).bytes <= totals.allocated);
    }
    // A thread keeps the slot that it had last until it is recorded again.
    let mapped: usize = ended.stdout.trim().parse().expect("it is a number");
    assert!(mapped <= BUSY + 1, "{ended:?}");
}

fn many_threads() -> Outcome {
    for _ in 0..5 {
        let work = |_| thread::spawn(|| load(20).len());
        let threads: Vec<_> = (0..100).map(work).collect();
        for thread in threads {
            thread.join().expect("it ends well");
        }
    }
    Ok(())
}

fn five_hundred_threads() {
    let path = scratch("recording_500").join("a.memline");
    let ended = Child::new("many_threads")
        .env("MEMLINE_RECORD", &path)
        .run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""));
    let read = read_complete(&path);
    assert_eq!(read.recording.stacks().threads().len(), 501);
    assert!((2..=501).all(|thread| read.aggregate.totals_of(thread).zeroed >= 19));
}

fn recurses() -> Outcome {
    fn down(depth: u32) -> u64 {
        let text = black_box(depth.to_string());
        let below = if depth > 0 { down(depth - 1) } else { 0 };
        below + text.len() as u64
    }
    let deep = thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(|| down(10_000))?;
    println!("{:?}", deep.join());
    Ok(())
}

fn a_deep_recursion_is_cut_off() {
    let path = scratch("recording_deep").join("a.memline");
    let ended = Child::new("recurses").env("MEMLINE_RECORD", &path).run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let read = read_complete(&path);
    let stacks = read.recording.stacks();
    let rows: Vec<_> = read.aggregate.rows(View::Total).collect();
    let (cut, whole): (Vec<Row>, Vec<Row>) = rows
        .into_iter()
        .partition(|row| stacks.is_cut_off(row.stack));
    // Below the limit all stacks are alike: a handful of places, in rows of thousands.
    let blocks: u64 = cut.iter().map(|row| row.amount.blocks).sum();
    assert!(
        cut.len() < 30 && blocks > 9000,
        "{} rows, {blocks} blocks",
        cut.len()
    );
    assert!(whole.len() > 100, "{}", whole.len());
}

fn allocates_evenly() -> Outcome {
    let kept: Vec<Vec<u8>> = (0..20_000)
        .map(|index| vec![1; 100 + index % 5000])
        .collect();
    drop(load(20_000));
    println!("{}", kept.iter().map(Vec::len).sum::<usize>());
    leave_at_once()
}

fn samples_add_up() {
    let path = scratch("recording_sample").join("a.memline");
    let child = Child::new("allocates_evenly").env("MEMLINE_SAMPLE", "16KiB");
    let ended = child.env("MEMLINE_RECORD", &path).run();
    let kept: f64 = ended.stdout.trim().parse().expect("a number");
    let read = read(&path);
    let leaks = read.aggregate.sum(View::Leaks);
    // 52 MB in samples of 16 KiB are about 3,200, which are right within a few percent.
    let (bytes, blocks) = (leaks.bytes as f64 / kept, leaks.blocks as f64 / 20_000.0);
    assert!(
        (bytes - 1.0).abs() < 0.1 && (blocks - 1.0).abs() < 0.3,
        "{leaks:?} of {kept}"
    );
    let events = std::fs::metadata(&path).expect("it is there").len();
    assert!(events < 200_000, "{events} bytes for {leaks:?}");
    assert_eq!(read.recording.facts().sample_rate, Some(16 << 10));
}
