//! `run --live`, `run --live-remote`, `live` and `attach`: what they show, and who may see it.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::running::{
    Running, check_failed, controlled, line_with, memline, run, start, stderr, this_file, wait,
};

pub(crate) fn lines_and_a_table_without_a_terminal() {
    let mut running = start(&mut memline(&["run", "--live", "--", &this_file()]));
    let told = running.0.stderr.as_mut().expect("it is piped");
    line_with(told, "s  heap 2.9 MiB (max 2.9 MiB)");
    running.end();
    assert_eq!(running.status(), Some(5));
    let text = Running::read(running.0.stderr.take().expect("it is piped"));
    assert!(text.contains("program finished, exit status 5"), "{text}");
    let line = text.lines().find(|line| line.contains("programs::keep "));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    assert!(line.trim_start().starts_with("2.9 MiB"), "{line}");
    assert!(!text.contains("lived before"), "{text}");
}

pub(crate) fn what_lived_before_attaching_is_in_no_row() {
    let mut running = controlled("keeps", &[]);
    let mut viewer = start(&mut memline(&["attach", &running.pid().to_string()]));
    let told = viewer.0.stderr.as_mut().expect("it is piped");
    line_with(told, "s  heap 2.9 MiB");
    running.end();
    let text = stderr(&wait(viewer));
    assert!(
        text.contains("\n2.9 MiB lived before, and are in no row\n"),
        "{text}"
    );
    assert!(!text.contains("programs::keep "), "{text}");
}

pub(crate) fn a_killed_program_ends_the_view() {
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

pub(crate) fn viewers_elsewhere_hear_the_status() {
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
        assert!(text.contains("programs::keep"), "{text}");
        assert_eq!(output.status.code(), Some(0));
    }
    check_failed(&run(&["live", &address]), &["nobody answers"]);
}

pub(crate) fn a_taken_port() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it has one").port().to_string();
    let output = run(&["run", "--live-remote", "--port", &port, "--", &this_file()]);
    check_failed(
        &output,
        &[&format!("port {port} of 127.0.0.1 is taken"), "--port"],
    );
}

pub(crate) fn wrong_and_missing_tokens() {
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
