//! Running programs, looked at from outside: `run --live`, `run --live-remote` and `live`, `attach`,
//! `detach`, `snapshot`, and what can go wrong.
//!
//! The file is the programs, too: with `LIVE_PROGRAM` set it is one of them.

use std::env;
use std::fs;
use std::hint::black_box;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use memline as _;
use profile_trace::live::{self, Inbox, Message, News, Request};
use profile_trace::view::{Aggregate, Options, View};
use profile_trace::{Header, Magic, Recording};

/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes that a program keeps.
const KEPT: usize = 3_000_000;

fn main() {
    match env::var("LIVE_PROGRAM").as_deref() {
        Ok("keeps") => keeps(),
        Ok("forks") => forks(),
        Ok("branches") => branches(),
        Ok(other) => panic!("there is no program {other}"),
        Err(_) => {}
    }
    macro_rules! trials {
        ($($test:ident),+ $(,)?) => {
            vec![$(Trial::test(stringify!($test), || { $test(); Ok(()) })),+]
        };
    }
    let trials = trials![
        lines_and_a_table_without_a_terminal,
        what_lived_before_attaching_is_in_no_row,
        a_killed_program_ends_the_view,
        what_lives_is_told_to_the_byte,
        viewers_elsewhere_hear_the_status,
        a_taken_port,
        wrong_and_missing_tokens,
        other_versions,
        no_control_and_no_process,
        a_recording_from_and_to,
        a_recording_of_some_time,
        snapshots,
        a_thousand_connects_leave_nothing,
        a_viewer_that_reads_nothing_is_told_of_what_it_missed,
        the_heap_is_that_of_the_program_alone,
        a_forked_child_is_nobody,
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

#[inline(never)]
fn keep() -> Vec<u8> {
    black_box(vec![1; KEPT])
}

/// Keeps some bytes, allocates others all the time, and ends with 5 when its stdin does.
fn keeps() -> ! {
    let kept = keep();
    let stdin = std::io::stdin(); // with its buffer
    println!("ready");
    let worker = thread::Builder::new().name("worker".to_owned());
    let work = || {
        loop {
            drop(black_box(vec![0u8; 100]));
            thread::sleep(Duration::from_micros(200));
        }
    };
    worker.spawn(work).expect("there are threads");
    let mut end = String::new();
    let _ = stdin.read_line(&mut end);
    std::process::exit(if kept.len() == KEPT { 5 } else { 1 })
}

/// Allocates at 4,096 stacks, again and again.
fn branches() -> ! {
    #[inline(never)]
    fn left(way: u32, depth: u32) -> usize {
        down(way, depth) + 1
    }
    #[inline(never)]
    fn right(way: u32, depth: u32) -> usize {
        down(way, depth) + 2
    }
    #[inline(never)]
    fn down(way: u32, depth: u32) -> usize {
        match (depth, way & 1) {
            (0, _) => black_box(vec![0u8; 32]).len(),
            (_, 0) => black_box(left(way >> 1, depth - 1)),
            _ => black_box(right(way >> 1, depth - 1)),
        }
    }
    println!("ready");
    loop {
        for way in 0..4096 {
            black_box(down(way, 12));
        }
    }
}

/// Its children outlive it, until their stdin ends.
fn forks() -> ! {
    let child = Command::new("cat").stdout(Stdio::null()).spawn();
    println!("ready");
    // SAFETY: the child only reads into its own memory, and leaves.
    #[expect(unsafe_code)]
    unsafe {
        unsafe extern "C" {
            fn fork() -> i32;
            fn _exit(status: i32) -> !;
            fn read(file: i32, into: *mut u8, most: usize) -> isize;
        }
        if fork() == 0 {
            let mut byte = 0;
            while read(0, &mut byte, 1) > 0 {}
            _exit(0);
        }
    }
    thread::sleep(Duration::from_millis(300));
    std::process::exit(if child.is_ok() { 0 } else { 1 })
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Waits for its end.
    fn status(&mut self) -> Option<i32> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("it is a child of ours") {
                return status.code();
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends its stdin.
    fn end(&mut self) {
        drop(self.0.stdin.take());
    }

    fn read(stream: impl Read) -> String {
        let mut text = String::new();
        let mut stream = BufReader::new(stream);
        stream.read_to_string(&mut text).expect("it is text");
        text
    }

    /// Waits for a line on stdout.
    fn wait_for(&mut self, text: &str) -> String {
        let stdout = self.0.stdout.as_mut().expect("it is piped");
        line_with(stdout, text)
    }
}

/// The next line that contains a text, read a byte at a time so that the rest stays.
fn line_with(stream: &mut impl Read, text: &str) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).expect("it can be read") == 1 {
        if byte[0] != b'\n' {
            line.push(byte[0]);
            continue;
        }
        let found = String::from_utf8_lossy(&line).into_owned();
        if found.contains(text) {
            return found;
        }
        line.clear();
    }
    panic!("it ended before it said {text:?}");
}

fn start(command: &mut Command) -> Running {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Running(command.stderr(Stdio::piped()).spawn().expect("it starts"))
}

/// One of the programs, under an environment of its own.
fn program(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test file is a file"));
    prepare(&mut command).env("LIVE_PROGRAM", name);
    command
}

fn prepare(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("MEMLINE") {
            command.env_remove(name);
        }
    }
    command.env("XDG_RUNTIME_DIR", folder())
}

/// Where sockets are.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    folder
}

fn scratch(name: &str) -> String {
    let path = folder().join(name);
    let _ = fs::remove_file(&path);
    path.to_str().expect("it is text").to_owned()
}

/// A program that can be looked at, once it has done what it does.
fn controlled(variables: &[(&str, &str)]) -> Running {
    let mut command = program("keeps");
    command
        .env("MEMLINE_CONTROL", "1")
        .envs(variables.iter().copied());
    let mut running = start(&mut command);
    running.wait_for("ready");
    running
}

fn memline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
    prepare(&mut command)
        .args(arguments)
        .env("LIVE_PROGRAM", "keeps");
    command
}

fn run(arguments: &[&str]) -> Output {
    memline(arguments).output().expect("it starts")
}

fn this_file() -> String {
    let path = env::current_exe().expect("a test file is a file");
    path.to_str().expect("it is text").to_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One line on stderr that says all of this, and exit status 1.
fn check_failed(output: &Output, texts: &[&str]) {
    let message = stderr(output);
    assert_eq!(
        (output.status.code(), message.lines().count()),
        (Some(1), 1),
        "{message}"
    );
    for text in texts {
        assert!(message.contains(text), "{message}");
    }
}

/// A viewer that speaks the protocol by itself.
struct Viewer<S> {
    stream: S,
    inbox: Inbox,
}

impl Viewer<UnixStream> {
    fn of(pid: u32) -> Self {
        let path = folder().join(format!("memline/{pid}.sock"));
        let stream = UnixStream::connect(path).expect("it listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("it is a time");
        Self::new(stream)
    }
}

impl<S: Read + Write> Viewer<S> {
    fn new(stream: S) -> Self {
        let mut viewer = Self {
            stream,
            inbox: Inbox::default(),
        };
        viewer
            .stream
            .write_all(&live::header(0))
            .expect("it is there");
        viewer.ask(&Request::Hello(b""));
        viewer
    }

    fn ask(&mut self, request: &Request<'_>) {
        let mut bytes = Vec::new();
        request.push(&mut bytes);
        self.stream.write_all(&bytes).expect("it is there");
    }

    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(length @ 1..) => {
                self.inbox.add(&bytes[..length]);
                true
            }
            _ => false,
        }
    }

    fn header(&mut self) -> Header {
        loop {
            if let Some(header) = self.inbox.header().expect("it is a header") {
                return header;
            }
            assert!(self.read(), "it is gone");
        }
    }

    /// The next message; `None` once the program is gone.
    fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.inbox.next().expect("it is well-formed") {
                return Some(message);
            }
            if !self.read() {
                return None;
            }
        }
    }
}

fn lines_and_a_table_without_a_terminal() {
    let mut running = start(&mut memline(&["run", "--live", "--", &this_file()]));
    let told = running.0.stderr.as_mut().expect("it is piped");
    line_with(told, "s  heap 2.9 MiB (max 2.9 MiB)");
    running.end();
    assert_eq!(running.status(), Some(5));
    let text = Running::read(running.0.stderr.take().expect("it is piped"));
    assert!(text.contains("program finished, exit status 5"), "{text}");
    let line = text.lines().find(|line| line.contains("live::keep "));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    assert!(line.trim_start().starts_with("2.9 MiB"), "{line}");
    assert!(!text.contains("lived before"), "{text}");
}

fn what_lived_before_attaching_is_in_no_row() {
    let mut running = controlled(&[]);
    let mut viewer = start(&mut memline(&["attach", &running.pid().to_string()]));
    let told = viewer.0.stderr.as_mut().expect("it is piped");
    line_with(told, "s  heap 2.9 MiB");
    running.end();
    let text = stderr(&wait(viewer));
    assert!(
        text.contains("\n2.9 MiB lived before, and are in no row\n"),
        "{text}"
    );
    assert!(!text.contains("live::keep "), "{text}");
}

fn a_killed_program_ends_the_view() {
    let mut running = start(&mut memline(&["run", "--live-remote", "--", &this_file()]));
    let told = running.0.stderr.as_mut().expect("it is piped");
    let said = line_with(told, "shows process");
    let words: Vec<&str> = said.split(' ').collect();
    let viewer = start(&mut memline(&["live", words[3]]));
    thread::sleep(Duration::from_millis(600));
    let killed = Command::new("kill")
        .args(["-9", words[words.len() - 1]])
        .status();
    assert!(killed.is_ok_and(|status| status.success()));
    assert_eq!(running.status(), Some(128 + 9));
    let output = wait(viewer);
    assert!(stderr(&output).contains("ended by signal 9"), "{output:?}");
}

fn wait(mut running: Running) -> Output {
    running.status();
    let text = |stream: Option<&mut dyn Read>| {
        let mut bytes = Vec::new();
        stream.map(|stream| stream.read_to_end(&mut bytes));
        bytes
    };
    let stdout = text(
        running
            .0
            .stdout
            .as_mut()
            .map(|stream| stream as &mut dyn Read),
    );
    let stderr = text(
        running
            .0
            .stderr
            .as_mut()
            .map(|stream| stream as &mut dyn Read),
    );
    let status = running.0.wait().expect("it has ended");
    Output {
        status,
        stdout,
        stderr,
    }
}

/// Sums of rows: bytes, blocks and allocations.
fn sums(viewer: &mut Viewer<impl Read + Write>, until: impl Fn(i64) -> bool) -> (i64, i64, u64) {
    let mut sum = (0, 0, 0);
    while let Some(message) = viewer.next() {
        match News::read(message.kind, &message.payload).expect("it is known") {
            News::Rows(rows) => {
                for row in rows {
                    sum = (sum.0 + row.bytes, sum.1 + row.blocks, sum.2 + row.allocs);
                }
            }
            News::Moment(_) if until(sum.0) => return sum,
            _ => {}
        }
    }
    panic!("the program is gone: {sum:?}");
}

fn what_lives_is_told_to_the_byte() {
    // Traced from the start, so that what lives is known when somebody comes to look.
    let running = controlled(&[("MEMLINE_TRACE", "8")]);
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    let sockets = folder().join("memline");
    assert_eq!(mode(&sockets), 0o700);
    assert_eq!(
        mode(&sockets.join(format!("{}.sock", running.pid()))),
        0o600
    );
    for _ in 0..2 {
        let mut viewer = Viewer::of(running.pid());
        assert_eq!(viewer.header().session, running.pid().into());
        viewer.ask(&Request::Watch);
        let (bytes, blocks, allocs) = sums(&mut viewer, |bytes| bytes > 0);
        let more = bytes - KEPT as i64;
        assert!((0..12_000).contains(&more), "{bytes} B in {blocks} blocks");
        assert!(blocks > 0 && allocs >= blocks as u64);
        // What comes and goes leaves nothing.
        thread::sleep(Duration::from_millis(600));
        let (later, _, allocs) = sums(&mut viewer, |_| true);
        assert!(later.abs() <= 200, "{later}");
        assert!(allocs < 5000);
    }
    // With the last viewer following ends; what the environment asked for goes on.
    assert!(
        run(&[
            "snapshot",
            &running.pid().to_string(),
            "-o",
            &scratch("traced")
        ])
        .status
        .success()
    );
}

fn viewers_elsewhere_hear_the_status() {
    let mut running = start(&mut memline(&[
        "run",
        "--live-remote",
        "--port",
        "0",
        "--",
        &this_file(),
    ]));
    let told = running.0.stderr.as_mut().expect("it is piped");
    let said = line_with(told, "shows process");
    let address = said.split(' ').nth(3).expect("it says where").to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{said}");
    let viewers: Vec<Running> = (0..2)
        .map(|_| start(&mut memline(&["live", &address])))
        .collect();
    thread::sleep(Duration::from_millis(1500));
    running.end();
    assert_eq!(running.status(), Some(5));
    for viewer in viewers {
        let output = wait(viewer);
        let text = stderr(&output);
        assert!(text.contains("program finished, exit status 5"), "{text}");
        assert!(text.contains("live::keep"), "{text}");
        assert_eq!(output.status.code(), Some(0));
    }
    check_failed(&run(&["live", &address]), &["nobody answers"]);
}

fn a_taken_port() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it has one").port().to_string();
    let output = run(&["run", "--live-remote", "--port", &port, "--", &this_file()]);
    check_failed(
        &output,
        &[&format!("port {port} of 127.0.0.1 is taken"), "--port"],
    );
}

fn wrong_and_missing_tokens() {
    let output = run(&[
        "run",
        "--live-remote",
        "--bind",
        "0.0.0.0",
        "--",
        &this_file(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("needs a token"), "{output:?}");
    let remote = [
        "run",
        "--live-remote",
        "--bind",
        "127.0.0.1",
        "--",
        &this_file(),
    ];
    let mut running = start(memline(&remote).env("MEMLINE_TOKEN", "right"));
    let said = line_with(
        running.0.stderr.as_mut().expect("it is piped"),
        "shows process",
    );
    let address = said.split(' ').nth(3).expect("it says where").to_owned();
    for arguments in [
        &["live", &address][..],
        &["live", &address, "--token", "wrong"],
    ] {
        check_failed(&run(arguments), &["wrong token"]);
    }
    // One that says nothing, or nonsense, disturbs nobody.
    let silent = TcpStream::connect(&address).expect("it listens");
    let mut nonsense = TcpStream::connect(&address).expect("it listens");
    nonsense
        .write_all(b"GET / HTTP/1.1\r\n\r\n")
        .expect("it is there");
    let viewer = start(&mut memline(&["live", &address, "--token", "right"]));
    thread::sleep(Duration::from_millis(800));
    running.end();
    assert_eq!(running.status(), Some(5));
    let output = wait(viewer);
    assert!(stderr(&output).contains("exit status 5"), "{output:?}");
    drop(silent);
}

fn other_versions() {
    // A program of a later version.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has one").to_string();
    let later = Header {
        version: 99,
        session: 1,
    };
    let header = later.encode(Magic::Live);
    let program = thread::spawn(move || {
        let (mut viewer, _) = listener.accept().expect("one comes");
        viewer.write_all(&header).expect("it is there");
        let mut rest = Vec::new();
        let _ = viewer.read_to_end(&mut rest);
    });
    check_failed(
        &run(&["live", &address]),
        &["version 99", "version 1", "use the memline"],
    );
    program.join().expect("it ends well");
    // A viewer of a later version is told which one this is, and no more.
    let running = controlled(&[]);
    let path = folder().join(format!("memline/{}.sock", running.pid()));
    let mut stream = UnixStream::connect(path).expect("it listens");
    stream.write_all(&header).expect("it is there");
    let mut told = Vec::new();
    stream.read_to_end(&mut told).expect("it ends");
    assert_eq!(told, live::header(running.pid()));
    // What is no program at all.
    let other = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = other.local_addr().expect("it has one").to_string();
    let server = thread::spawn(move || {
        let (mut viewer, _) = other.accept().expect("one comes");
        viewer.write_all(b"SSH-2.0-x\r\n").expect("it is there");
    });
    check_failed(&run(&["live", &address]), &["no program with memline"]);
    server.join().expect("it ends well");
}

fn no_control_and_no_process() {
    let mut running = start(&mut program("keeps"));
    running.wait_for("ready");
    let pid = running.pid().to_string();
    for arguments in [
        &["attach", &pid][..],
        &["detach", &pid],
        &["snapshot", &pid],
    ] {
        check_failed(&run(arguments), &["MEMLINE_CONTROL=1", &pid]);
    }
    running.end();
    assert_eq!(running.status(), Some(5));
    check_failed(&run(&["attach", &pid]), &["there is no process"]);
    let output = run(&["run", "--live", "--", "true"]);
    check_failed(&output, &["is not built with memline"]);
    let output = run(&["run", "--live", "--", "no-such-program"]);
    check_failed(&output, &["cannot be started"]);
}

/// Bytes that a recording holds at its end.
fn leaked(path: &str) -> u64 {
    let mut recording = Recording::open(Path::new(path)).expect("it is a recording");
    let read = Aggregate::of(&mut recording, Options::default());
    let (aggregate, condition) = read.expect("it can be read");
    assert!(condition.complete && condition.is_whole(), "{condition:?}");
    assert!(aggregate.totals().allocs + aggregate.totals().zeroed > 10);
    aggregate.sum(View::Leaks).bytes
}

fn a_recording_from_and_to() {
    let running = controlled(&[]);
    let (pid, path) = (running.pid().to_string(), scratch("attached.memline"));
    let output = run(&["attach", &pid, "-o", &path]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        stderr(&output).contains(&format!("memline detach {pid}")),
        "{output:?}"
    );
    let again = run(&["attach", &pid, "-o", &scratch("second.memline")]);
    check_failed(&again, &["being recorded already"]);
    thread::sleep(Duration::from_millis(100));
    let output = run(&["detach", &pid]);
    assert!(output.status.success(), "{output:?}");
    assert!(leaked(&path) < 10_000);
    check_failed(&run(&["detach", &pid]), &["nothing is recorded"]);
    check_failed(&run(&["attach", &pid, "-o", &path]), &["--force"]);
    let missing = run(&["attach", &pid, "-o", "/no/such/folder/x"]);
    check_failed(&missing, &["cannot be recorded into"]);
}

fn a_recording_of_some_time() {
    let running = controlled(&[]);
    let (pid, path) = (running.pid().to_string(), scratch("timed.memline"));
    let begin = Instant::now();
    let output = run(&["attach", &pid, "-o", &path, "--duration", "0.5"]);
    assert!(output.status.success(), "{output:?}");
    assert!(begin.elapsed() >= Duration::from_millis(500));
    assert!(leaked(&path) < 10_000);
    let output = run(&["attach", &pid, "-o", &path, "-f", "--duration", "-1"]);
    assert_eq!(output.status.code(), Some(2));
}

fn snapshots() {
    let running = controlled(&[("MEMLINE_TRACE", "8")]);
    let (pid, path) = (running.pid().to_string(), scratch("snapshot.memline"));
    let output = run(&["snapshot", &pid, "-o", &path]);
    assert!(output.status.success(), "{output:?}");
    let top = run(&["top", "--leaks", "--by", "function", &path]);
    let text = String::from_utf8_lossy(&top.stdout).into_owned();
    assert!(text.contains("live::keep"), "{text}");
    let running = controlled(&[]);
    let path = scratch("untraced.memline");
    let output = run(&["snapshot", &running.pid().to_string(), "-o", &path]);
    check_failed(&output, &["nothing is traced", "MEMLINE_TRACE"]);
}

/// Descriptors and threads of a process, and its resident set in KiB.
fn resources(pid: u32) -> (usize, usize, u64) {
    let count = |folder: &str| {
        let entries = fs::read_dir(format!("/proc/{pid}/{folder}"));
        entries.expect("it runs").count()
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let rss = rss.and_then(|rss| rss.split_whitespace().next()?.parse().ok());
    (count("fd"), count("task"), rss.expect("it has memory"))
}

fn a_thousand_connects_leave_nothing() {
    let mut running = controlled(&[]);
    let connect = |rounds: u32| {
        for round in 0..rounds {
            let mut viewer = Viewer::of(running.0.id());
            match round % 4 {
                0 => {} // says who it is, and goes
                1 => viewer.ask(&Request::Watch),
                2 => {
                    viewer.ask(&Request::Watch);
                    assert_eq!(viewer.header().version, live::VERSION);
                    assert!(viewer.next().is_some());
                }
                _ => {
                    let _ = viewer.stream.write_all(&[0xFF; 30]); // what is no message
                }
            }
        }
    };
    let settle = || {
        // It has eight places: once they are all free again the ninth in a row is heard, too.
        for _ in 0..9 {
            let mut viewer = Viewer::of(running.0.id());
            viewer.header();
        }
        thread::sleep(Duration::from_millis(700));
    };
    connect(100);
    settle();
    let before = resources(running.0.id());
    connect(1000);
    settle();
    let after = resources(running.0.id());
    assert_eq!((before.0, before.1), (after.0, after.1));
    assert!(after.2 < before.2 + 4096, "{before:?} {after:?}");
    running.end();
    assert_eq!(running.status(), Some(5));
    let left = folder().join(format!("memline/{}.sock", running.pid()));
    assert!(!left.exists());
}

fn a_viewer_that_reads_nothing_is_told_of_what_it_missed() {
    let mut command = program("branches");
    let mut running = start(command.env("MEMLINE_CONTROL", "1"));
    running.wait_for("ready");
    let mut slow = Viewer::of(running.pid());
    slow.ask(&Request::Watch);
    let mut other = Viewer::of(running.pid());
    other.header();
    other.ask(&Request::Watch);
    // The other is told all the same, until the pipe of the slow one is long full.
    let mut begin = Instant::now();
    let mut told = 0;
    while told < 16 {
        let message = other.next().expect("it runs");
        let news = News::read(message.kind, &message.payload);
        told += u32::from(matches!(news, Some(News::Moment(_))));
        assert!(begin.elapsed() < PATIENCE);
    }
    slow.header();
    begin = Instant::now();
    let mut allocs = 0;
    loop {
        let message = slow.next().expect("it runs");
        match News::read(message.kind, &message.payload).expect("it is known") {
            News::Rows(rows) => allocs += rows.iter().map(|row| row.allocs).sum::<u64>(),
            News::Moment(moment) if moment.skipped > 0 => break,
            _ => {}
        }
        assert!(begin.elapsed() < PATIENCE, "nothing was left out");
    }
    // What was left out came with the next: no allocation is missing.
    let (_, _, of_other) = sums_so_far(&mut other, Duration::from_millis(400));
    assert!(allocs > 4096 && of_other > 0, "{allocs} {of_other}");
}

/// Telling of 4,096 stacks takes memory, which is none of the program's.
fn the_heap_is_that_of_the_program_alone() {
    let mut command = program("branches");
    let mut running = start(command.env("MEMLINE_CONTROL", "1"));
    running.wait_for("ready");
    let mut viewer = Viewer::of(running.pid());
    viewer.header();
    viewer.ask(&Request::Watch);
    let mut told = 0;
    while told < 12 {
        let message = viewer.next().expect("it runs");
        if let Some(News::Moment(moment)) = News::read(message.kind, &message.payload) {
            // It holds some 2 KB, of which a thread tells every 32 KiB.
            assert!(moment.heap < 40 * 1024, "{moment:?}");
            told += 1;
        }
    }
}

/// Sums of what comes within some time.
fn sums_so_far(viewer: &mut Viewer<UnixStream>, time: Duration) -> (i64, i64, u64) {
    let end = Instant::now() + time;
    sums(viewer, |_| Instant::now() >= end)
}

fn a_forked_child_is_nobody() {
    let mut command = program("forks");
    let mut running = start(command.env("MEMLINE_CONTROL", "1"));
    running.wait_for("ready");
    let mut viewer = Viewer::of(running.pid());
    viewer.header();
    viewer.ask(&Request::Watch);
    assert_eq!(running.status(), Some(0));
    // The children live as long as their stdin is open, and do not keep the connection.
    while viewer.next().is_some() {}
    running.end();
}
