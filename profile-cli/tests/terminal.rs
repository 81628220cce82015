//! The tree, and a program that runs, in a real terminal.
//!
//! Needs the feature `browser-tests`, and tmux; `.ci/browser.sh` installs and runs.
#![cfg(feature = "browser-tests")]

mod common;
#[path = "browser/recording.rs"]
mod recording;

use std::hint::black_box;
use std::process::{self, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use memline as _;

/// A terminal of 100 columns that runs a program; it ends with the value.
struct Terminal(String);

impl Terminal {
    fn open(name: &str, program: &str) -> Self {
        let terminal = Self(format!("memline-{name}-{}", process::id()));
        let size = ["-x", "100", "-y", "24"];
        terminal.tmux(&[&["new-session", "-d", "-s", "test"], &size[..], &[program]].concat());
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-u", "-L", &self.0])
            .args(arguments)
            .output();
        let output = output.expect("tmux is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", "-t", "test", key]);
    }

    /// The screen with its colours.
    fn colours(&self) -> String {
        self.tmux(&["capture-pane", "-t", "test", "-p", "-e"])
    }

    fn wait_for(&self, text: &str) {
        let start = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-t", "test", "-p"]);
            if screen.contains(text) {
                return;
            }
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{text}: {screen}"
            );
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn keys_move_about_and_q_leaves() {
    let file = recording::small_file("terminal");
    let program = format!(
        "{} tree {}; echo left with $?; sleep 60",
        env!("CARGO_BIN_EXE_memline"),
        file.display()
    );
    let terminal = Terminal::open("tree", &program);
    terminal.wait_for("live at the high-water mark: 6.0 MiB in 2 blocks");
    terminal.wait_for("▾ 0x1000");
    terminal.press("Left");
    terminal.wait_for("▸ 0x1000");
    terminal.press("v");
    terminal.wait_for("still live at the end: 1.0 MiB in 1 block");
    terminal.press("q");
    terminal.wait_for("left with 0");
}

#[test]
fn reports_have_colours_unless_they_are_not_wanted() {
    let file = recording::small_file("colours");
    let screen = |setting: &str| {
        let program = format!(
            "{setting} {} top {}; sleep 60",
            env!("CARGO_BIN_EXE_memline"),
            file.display()
        );
        let terminal = Terminal::open(&format!("colours{}", setting.len()), &program);
        terminal.wait_for("16.7 %");
        terminal.colours()
    };
    let red = "\x1b[31m";
    let screens = ["NO_COLOR=", "NO_COLOR=1"].map(screen);
    assert!(
        screens[0].contains(&format!("{red}83.3 %")),
        "{}",
        screens[0]
    );
    assert!(!screens[1].contains(red), "{}", screens[1]);
}

#[inline(never)]
fn keep() -> Vec<u8> {
    black_box(vec![1; 5 << 20])
}

#[test]
#[ignore = "the program that the next test looks at"]
fn program() {
    let kept = keep();
    for number in 0..40 {
        println!("line {number}");
        sleep(Duration::from_millis(100));
    }
    process::exit(i32::from(kept.len() != 5 << 20) + 3);
}

#[test]
fn a_program_is_shown_while_it_runs_and_after() {
    let this_file = std::env::current_exe().expect("a test file is a file");
    let command = format!(
        "{} run --live -- {} --exact --ignored --nocapture program; echo left with $?; sleep 60",
        env!("CARGO_BIN_EXE_memline"),
        this_file.display()
    );
    let terminal = Terminal::open("live", &command);
    terminal.wait_for("terminal::keep");
    terminal.wait_for("5.0 MiB");
    terminal.wait_for("q quit");
    terminal.press("o");
    terminal.wait_for("line 1");
    terminal.press("v");
    terminal.wait_for("Leaks so far");
    terminal.press("v");
    terminal.wait_for("Vec<u8>");
    terminal.tmux(&["resize-window", "-t", "test", "-x", "40", "-y", "10"]);
    terminal.wait_for("Live, by type: 5.0 MiB");
    terminal.wait_for("program finished, exit status 3");
    terminal.press("q");
    terminal.wait_for("left with 3");
}
