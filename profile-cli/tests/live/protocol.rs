//! What programs and viewers say to each other.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use profile_trace::live::{self, News, Request};
use profile_trace::{Header, Magic};

use crate::programs::KEPT;
use crate::running::{PATIENCE, check_failed, controlled, folder, run, scratch};
use crate::viewer::{Viewer, sums, sums_so_far};

pub(crate) fn what_lives_is_told_to_the_byte() {
    // Traced from the start, so that what lives is known when somebody comes to look.
    let running = controlled("keeps", &[("MEMLINE_TRACE", "8")]);
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

pub(crate) fn other_versions() {
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
    let running = controlled("keeps", &[]);
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

pub(crate) fn a_thousand_connects_leave_nothing() {
    let mut running = controlled("keeps", &[]);
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

pub(crate) fn a_viewer_that_reads_nothing_is_told_of_what_it_missed() {
    let running = controlled("branches", &[]);
    let mut slow = Viewer::of(running.pid());
    slow.ask(&Request::Watch);
    let mut other = Viewer::watching(running.pid());
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
pub(crate) fn the_heap_is_that_of_the_program_alone() {
    let running = controlled("branches", &[]);
    let mut viewer = Viewer::watching(running.pid());
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

pub(crate) fn a_forked_child_is_nobody() {
    let mut running = controlled("forks", &[]);
    let mut viewer = Viewer::watching(running.pid());
    assert_eq!(running.status(), Some(0));
    // The children live as long as their stdin is open, and do not keep the connection.
    while viewer.next().is_some() {}
    running.end();
}
