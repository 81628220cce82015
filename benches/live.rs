//! What being watched costs, and what watching does:
//!
//! ```text
//! cargo build --release -p profile-cli && cargo bench --bench live
//! cargo bench --bench live -- --screen        # only the screen
//! cargo bench --bench live -- --soak          # 60 s of viewers that come, go and are killed
//! ```
//!
//! `RUSTFLAGS=-Cforce-frame-pointers=yes` walks stacks by frame pointers, as `cargo memline` has it. Times
//! are processor times of the thread that allocates, within one process.

#[allow(dead_code, unused_macros, reason = "what only the other benches use")]
mod common;

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, mem, thread};

use common::pairs;
use memline::Recorder;
use profile_trace::live::{self, Request};

/// How often everything is measured in turn; medians are printed.
const ROUNDS: usize = 7;

/// Pairs in a sample: about a fifth of a second.
const PAIRS: u64 = 2_000_000;

/// Stacks that a screen is to show.
const STACKS: u32 = 100_000;

/// Branches on the way to each of them.
const DEPTH: u32 = STACKS.ilog2() + 1;

static MEMLINE: memline::Allocator = memline::Allocator::system();

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--viewer", kind, socket] => view(kind, Path::new(socket)),
        // `cargo test --benches` runs this too, without cargo's `--bench`; it is no test.
        _ if !arguments.iter().any(|argument| argument == "--bench") => {}
        // The environment is asked when the program begins.
        _ if env::var_os("MEMLINE_CONTROL").is_none() => again(&arguments),
        _ if arguments.iter().any(|argument| argument == "--soak") => soak(),
        _ if arguments.iter().any(|argument| argument == "--screen") => many_stacks(),
        _ => {
            costs();
            many_stacks();
        }
    }
}

/// Runs this with what it measures turned on.
fn again(arguments: &[String]) {
    let mut command = Command::new(env::current_exe().expect("a bench is a file"));
    let command = command.args(arguments).env("MEMLINE_CONTROL", "1");
    let status = command.status().expect("it starts");
    assert!(status.success(), "{status}");
}

/// This program's socket.
fn socket() -> PathBuf {
    // SAFETY: no preconditions.
    #[expect(unsafe_code)]
    let user = unsafe { libc::geteuid() };
    let runtime = env::var_os("XDG_RUNTIME_DIR");
    let places = live::sockets(std::process::id(), user, runtime);
    let found = places.into_iter().find(|path| path.exists());
    found.expect("this program can be looked at")
}

/// A viewer as a process of its own.
struct Viewer(Child);

impl Viewer {
    fn start(kind: &str) -> Self {
        let mut command = Command::new(env::current_exe().expect("a bench is a file"));
        let command = command.args(["--viewer", kind]).arg(socket());
        let child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut viewer = Self(child);
        let stdout = viewer.0.stdout.as_mut().expect("it is piped");
        stdout.read_exact(&mut [0; 5]).expect("it watches");
        viewer
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        thread::sleep(Duration::from_millis(400)); // until the program has noticed
    }
}

/// What a viewer does: reads all, with a delay, or nothing.
fn view(kind: &str, socket: &Path) {
    let mut stream = UnixStream::connect(socket).expect("it listens");
    stream.write_all(&live::header(0)).expect("it is there");
    let mut requests = Vec::new();
    Request::Hello(b"").push(&mut requests);
    Request::Watch.push(&mut requests);
    stream.write_all(&requests).expect("it is there");
    let mut bytes = vec![0; 65_536];
    stream.read_exact(&mut bytes[..200]).expect("it is there");
    print!("ready");
    std::io::stdout().flush().expect("it is read");
    loop {
        match kind {
            "paused" => thread::sleep(Duration::from_secs(60)),
            "slow" => thread::sleep(Duration::from_millis(100)),
            _ => {}
        }
        if stream.read(&mut bytes).is_ok_and(|length| length == 0) {
            return;
        }
    }
}

/// Processor time of this thread, in nanoseconds.
fn processor_time() -> u64 {
    // SAFETY: the clock fills the struct.
    #[expect(unsafe_code)]
    let time = unsafe {
        let mut time: libc::timespec = mem::zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
        time
    };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[inline(never)]
fn deep(depth: u32, count: u64) {
    if depth == 0 {
        pairs::run(&MEMLINE, count);
    } else {
        deep(black_box(depth - 1), count);
    }
    black_box(()); // no tail call
}

/// Nanoseconds of a pair, some ten calls deep.
fn pair() -> f64 {
    deep(8, PAIRS / 20);
    let begin = processor_time();
    deep(8, PAIRS);
    (processor_time() - begin) as f64 / PAIRS as f64
}

fn recorded() -> f64 {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("live.memline");
    let recorder = Recorder::start(&path).expect("the target folder can be written");
    let time = pair();
    drop(recorder);
    let _ = fs::remove_file(path);
    time
}

fn watched(kind: &str) -> f64 {
    let _viewer = Viewer::start(kind);
    pair()
}

/// A viewer that is killed while pairs are measured.
fn killed() -> f64 {
    let viewer = Viewer::start("reads");
    let other = Viewer::start("reads");
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        drop(viewer);
    });
    let time = pair();
    killer.join().expect("it ends well");
    drop(other);
    time
}

type Measure = fn() -> f64;

fn costs() {
    let measures: [(&str, Measure); 6] = [
        ("counted", pair),
        ("recorded", recorded),
        ("watched", || watched("reads")),
        ("… by a viewer that is paused", || watched("paused")),
        ("… that is 100 ms behind at each reading", || {
            watched("slow")
        }),
        ("… while another one is killed", killed),
    ];
    let mut samples = [const { Vec::new() }; 6];
    for _ in 0..ROUNDS {
        for (samples, (_, measure)) in samples.iter_mut().zip(measures) {
            samples.push(measure());
        }
    }
    let medians = samples.each_ref().map(|samples| median(samples));
    println!(
        "{:<42} {:>8} {:>10} {:>10}",
        "ns of a pair", "", "/ recorded", "/ watched"
    );
    for ((name, _), time) in measures.iter().zip(medians) {
        let (recorded, watched) = (time / medians[1], time / medians[2]);
        println!("{name:<42} {time:>8.2} {recorded:>10.2} {watched:>10.2}");
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[inline(never)]
fn left(way: u32, depth: u32) -> usize {
    branches(way, depth) + 1
}

#[inline(never)]
fn right(way: u32, depth: u32) -> usize {
    branches(way, depth) + 2
}

/// Allocates at a stack that is another one for each way.
#[inline(never)]
fn branches(way: u32, depth: u32) -> usize {
    match (depth, way & 1) {
        (0, _) => {
            let block = black_box(vec![0u8; 48]);
            mem::forget(block);
            1
        }
        (_, 0) => black_box(left(way >> 1, depth - 1)),
        _ => black_box(right(way >> 1, depth - 1)),
    }
}

/// Processor time that a process, or one of its threads, has taken, in seconds.
fn taken(stat: &str) -> f64 {
    let stat = fs::read_to_string(stat).unwrap_or_default();
    // Fields 14 and 15, of which the second, in parentheses, may hold blanks.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .map(|ticks| ticks.parse::<f64>().unwrap_or(0.0))
        .sum::<f64>()
        / 100.0
}

/// The thread of this program, or the process, whose `stat` has this name.
fn stat_of(folder: &str, name: &str) -> Option<String> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().find_map(|entry| {
        let stat = entry.path().join("stat");
        let found = fs::read_to_string(&stat).ok()?;
        let is_it = found.contains(&format!("({name})")) && !found.contains(") Z ");
        is_it.then(|| stat.to_string_lossy().into_owned())
    })
}

/// All stacks change between any two refreshes of a real screen.
fn many_stacks() {
    let memline = env::current_exe().expect("a bench is a file");
    let memline = memline
        .ancestors()
        .nth(2)
        .map(|folder| folder.join("memline"));
    let Some(memline) = memline.filter(|path| path.exists()) else {
        println!("the screen was not measured: cargo build --release -p profile-cli makes it");
        return;
    };
    // util-linux's way to give a program a terminal.
    let command = format!(
        "stty cols 120 rows 40; exec {} live {}",
        memline.display(),
        socket().display()
    );
    let script = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut script) = script else {
        println!("the screen was not measured: there is no `script`");
        return;
    };
    let change = || {
        let due = Instant::now() + Duration::from_millis(250);
        (0..STACKS).for_each(|way| {
            black_box(branches(way, DEPTH));
        });
        thread::sleep(due.saturating_duration_since(Instant::now()));
    };
    // Names are looked up once, at first.
    (0..20).for_each(|_| change());
    let screen = stat_of("/proc", "memline");
    let server = stat_of("/proc/self/task", "memline-live");
    if let Some((screen, server)) = screen.zip(server) {
        let begin = (Instant::now(), taken(&screen), taken(&server));
        (0..40).for_each(|_| change());
        let seconds = begin.0.elapsed().as_secs_f64();
        let share = |before: f64, now: f64| (now - before) / seconds * 100.0;
        println!("{STACKS} stacks that all change, for {seconds:.0} s");
        println!(
            "  the screen: {:.0} % of a core",
            share(begin.1, taken(&screen))
        );
        println!(
            "  the program's server: {:.0} %",
            share(begin.2, taken(&server))
        );
    }
    let _ = script.kill();
    let _ = script.wait();
}

/// Viewers come, go and are killed for a minute, while two threads allocate.
fn soak() {
    let end = Instant::now() + Duration::from_secs(60);
    let worker = move || {
        let mut pairs_made = 0;
        while Instant::now() < end {
            deep(8, 100_000);
            pairs_made += 100_000u64;
        }
        pairs_made
    };
    let workers: Vec<_> = (0..2).map(|_| thread::spawn(worker)).collect();
    let resources = || {
        let count = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = statm
            .split(' ')
            .nth(1)
            .and_then(|pages| pages.parse::<u64>().ok());
        (count, pages.unwrap_or(0) * 4)
    };
    let mut before = None;
    let mut viewers = 0;
    while Instant::now() < end {
        for kind in ["reads", "paused", "slow"] {
            drop(Viewer::start(kind));
            viewers += 1;
        }
        for _ in 0..50 {
            drop(UnixStream::connect(socket()));
            viewers += 1;
        }
        // What grows at first is what it needs at all.
        if viewers > 500 && before.is_none() {
            before = Some(resources());
        }
    }
    let pairs_made: u64 = workers
        .into_iter()
        .map(|worker| worker.join().unwrap_or(0))
        .sum();
    let (before, after) = (before.unwrap_or_default(), resources());
    println!("{viewers} viewers in 60 s, {pairs_made} pairs meanwhile");
    println!(
        "descriptors {} → {}, RSS {} KiB → {} KiB",
        before.0, after.0, before.1, after.1
    );
    assert!(
        after.0 <= before.0 && after.1 < before.1 + 8192,
        "something has leaked"
    );
}
