//! The commands about memory over time, from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use profile_trace::Recording;
use profile_trace::read::Timeline;
use profile_trace::timeline::{File, Record};

fn memline(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memline"));
    command.args(arguments).current_dir(folder);
    command.output().expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An empty folder of a test's own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("time")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("target/tmp is writable");
    folder
}

fn read(path: &Path) -> (Recording, Timeline) {
    let mut recording = Recording::open(path).expect("it is a recording");
    let timeline = recording.timeline().expect("it can be read");
    assert!(recording.condition().is_whole());
    (recording, timeline)
}

/// Three samples, of 1, 3 and 2 MiB.
fn timeline() -> Vec<u8> {
    let write = || {
        let mut file = File::new(Vec::new(), 1, &[])?;
        for (second, mib) in [(0, 1), (1, 3), (2, 2)] {
            let (rss, live) = (mib << 20, None);
            file.add(second * 1_000_000_000, &Record::Sample { rss, live })?;
        }
        file.finish(&[])
    };
    let written: std::io::Result<Vec<u8>> = write();
    written.expect("memory takes it")
}

/// A program whose child holds 16 MiB for a while; it ends with status 7.
const STEPS: &str = r#"
    case $1 in hold) head -c 16777216 /dev/zero | tail -c 16777216 | { sleep 0.3; cat >/dev/null; };; esac
    exit 7
"#;

/// The one timeline that was made in a folder.
fn made(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).expect("it is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.remove(0)
}

#[test]
fn a_program_is_sampled_with_its_children_and_its_status_passed_on() {
    let folder = scratch("children");
    let arguments = [
        "sample",
        "-C",
        "--interval",
        "10ms",
        "--",
        "sh",
        "-c",
        STEPS,
        "sh",
        "hold",
    ];
    let output = memline(&folder, &arguments);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let path = made(&folder);
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("it is text");
    let (recording, timeline) = read(&path);
    assert!(recording.condition().complete && recording.is_timeline());
    let pid = recording.facts().process.expect("it is known");
    assert_eq!(name, format!("memline-sh.{pid}.memline"));
    assert!(text(&output.stderr).contains(name), "{output:?}");
    // `tail` keeps what it is to write at the end: 16 MiB, in pages.
    let children = timeline.children.values();
    let peak = children
        .flatten()
        .map(|sample| sample.rss)
        .max()
        .expect("it has children");
    let size = 16 << 20;
    assert!((size..size + (6 << 20)).contains(&peak), "{peak}");
    // Who has ended has nothing left.
    let ends = timeline
        .children
        .values()
        .filter_map(|samples| samples.last());
    assert!(ends.filter(|last| last.rss == 0).count() > 0);
    let peak = memline(&folder, &["peak"]).stdout;
    assert!(text(&peak).contains("with children "), "{}", text(&peak));
}

#[test]
fn a_running_process_is_sampled_until_it_ends_or_the_time_is_over() {
    let folder = scratch("pid");
    let mut child = Command::new("sleep").arg("60").spawn().expect("it starts");
    let pid = child.id().to_string();
    let sample = |more: &[&str]| {
        let arguments = ["sample", "--interval", "5ms", "--pid", &pid];
        memline(&folder, &[&arguments, more].concat())
    };
    let output = sample(&["--timeout", "60ms", "-o", "a.memline"]);
    assert!(output.status.success(), "{output:?}");
    let (recording, timeline) = read(&folder.join("a.memline"));
    assert!(timeline.samples.len() >= 2 && timeline.samples.len() <= 13);
    assert_eq!(recording.facts().command_line, ["sleep", "60"]);
    // The file stays, and is said to be in the way.
    let output = sample(&["-o", "a.memline"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--force"), "{output:?}");
    let watching = Command::new(env!("CARGO_BIN_EXE_memline"))
        .args(["sample", "--pid", &pid, "-o", "b.memline"])
        .current_dir(&folder)
        .stderr(Stdio::null())
        .spawn();
    let mut watching = watching.expect("it starts");
    while !folder.join("b.memline").exists() {
        sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
    assert!(watching.wait().expect("it ends").success());
    assert!(read(&folder.join("b.memline")).0.condition().complete);
    let output = sample(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("there is no process"),
        "{output:?}"
    );
}

#[test]
fn an_interrupted_sampling_ends_its_file() {
    let folder = scratch("interrupted");
    // `kill` of the shell's; the program goes on by itself when memline is asked to end.
    let script = r#""$0" sample --interval 5ms -o a.memline --pid $$ & sleep 0.4; kill -INT $!; wait $!; echo $?"#;
    let output = Command::new("bash")
        .args([
            "-c",
            &format!("set -m; {script}"),
            env!("CARGO_BIN_EXE_memline"),
        ])
        .current_dir(&folder)
        .output()
        .expect("it starts");
    assert_eq!(text(&output.stdout).lines().last(), Some("0"), "{output:?}");
    let (recording, timeline) = read(&folder.join("a.memline"));
    assert!(recording.condition().complete && !timeline.samples.is_empty());
}

#[test]
fn what_cannot_be_sampled_is_one_line() {
    let folder = scratch("wrong");
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let output = memline(&folder, arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(text(&output.stderr).contains(expected), "{output:?}");
    };
    check(&["sample", "no-such-program"], 1, "cannot be started");
    check(
        &["sample", "--interval", "0", "true"],
        2,
        "--interval 0: expected more than nothing",
    );
    check(
        &["sample", "--interval", "soon", "true"],
        2,
        "expected a time",
    );
    check(&["sample"], 2, "PROGRAM");
    check(&["sample", "--pid", "1", "true"], 2, "cannot be used with");
    check(
        &["sample", "-o", "no/a.memline", "true"],
        1,
        "there is no folder no",
    );
    check(&["plot"], 2, "expected a FILE");
    check(&["peak", "missing"], 1, "missing: cannot read");
}

#[test]
fn plots_are_made_of_whatever_holds_samples() {
    let folder = scratch("plot");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("it is new");
    write("memline-app.1.memline", &timeline());
    write(
        "mprofile_1.dat",
        b"CMDLINE python a.py\nMEM 1.5 10.0\nMEM 2.5 11.0\n",
    );
    write("notes.txt", b"Dear reader,\n");
    let empty = File::new(Vec::new(), 1, &[]).and_then(|file| file.finish(&[]));
    write("empty.memline", &empty.expect("memory takes it"));
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let output = memline(&folder, arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(message.contains(expected), "{message}");
    };
    check(&["plot"], 0, "wrote memline-plot-app.1.svg");
    check(&["plot"], 1, "--force");
    check(&["plot", "-f"], 0, "wrote memline-plot-app.1.svg");
    let both = [
        "plot",
        "memline-app.1.memline",
        "mprofile_1.dat",
        "-o",
        "a.png",
    ];
    check(&both, 0, "wrote a.png");
    check(
        &["plot", "mprofile_1.dat", "-o", "a.html"],
        0,
        "wrote a.html",
    );
    let page = fs::read_to_string(folder.join("a.html")).expect("it is there");
    assert!(
        page.contains("python a.py") && page.contains("2.5 MiB"),
        "{page}"
    );
    check(&["plot", "-o", "a.jpg"], 2, "ends in .svg, .png or .html");
    check(
        &["plot", "--from", "2", "--to", "1"],
        2,
        "--from is not before --to",
    );
    check(
        &["plot", "--from", "5s", "-o", "b.svg"],
        1,
        "between --from and --to",
    );
    check(
        &["plot", "notes.txt", "-o", "b.svg"],
        1,
        "notes.txt is no recording",
    );
    check(
        &["plot", "empty.memline", "-o", "b.svg"],
        1,
        "expected samples",
    );
    check(&["stats", "memline-app.1.memline"], 1, "found a timeline");
    assert!(!folder.join("b.svg").exists());
    let peak = memline(
        &folder,
        &["peak", "memline-app.1.memline", "mprofile_1.dat"],
    )
    .stdout;
    assert_eq!(
        text(&peak),
        "memline-app.1.memline  RSS 3.0 MiB at 1.00 s\nmprofile_1.dat  RSS 2.5 MiB at 1.00 s\n"
    );
    let json = memline(&folder, &["peak", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("it is JSON");
    assert_eq!(json[0]["rss_bytes"], 3 << 20);
    let dump = memline(&folder, &["dump", "memline-app.1.memline"]).stdout;
    assert!(text(&dump).contains("1000000000 sample rss 3145728 B\n"));
    let dat = memline(&folder, &["transform", "mprof", "memline-app.1.memline"]).stdout;
    assert_eq!(
        text(&dat),
        "CMDLINE \nMEM 1.000000 0.0000\nMEM 3.000000 1.0000\nMEM 2.000000 2.0000\n"
    );
}

#[test]
fn files_are_listed_and_removed_by_name_number_or_all() {
    let folder = scratch("files");
    let names = [
        "memline-a.1.memline",
        "memline-b.2.memline",
        "memline-c.3.memline",
    ];
    for name in names {
        fs::write(folder.join(name), timeline()).expect("it is new");
        sleep(Duration::from_millis(20));
    }
    fs::write(folder.join("memline-notes.memline"), "my notes").expect("it is new");
    fs::write(folder.join("memline-a.1.memline.pending"), "").expect("it is new");
    let run = |arguments: &[&str], code: i32| {
        let output = memline(&folder, arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        text(&output.stdout) + &text(&output.stderr)
    };
    let left = || {
        let list = run(&["list"], 0);
        list.lines().count()
    };
    let list = run(&["list"], 0);
    let last: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    assert_eq!(last, names, "the oldest first");
    assert!(run(&["rm", "--dry-run", "-1"], 0).contains("would remove memline-c.3.memline"));
    assert_eq!(left(), 3);
    // All or none.
    assert!(run(&["rm", "0", "memline-notes.memline"], 1).contains("is none of the 3"));
    assert_eq!(left(), 3);
    run(&["rm", "0", "memline-a.1.memline"], 0);
    assert_eq!(left(), 2);
    assert!(!folder.join("memline-a.1.memline.pending").exists());
    assert!(run(&["clean", "--dry-run"], 0).contains("would remove memline-b.2.memline"));
    run(&["clean"], 0);
    assert_eq!(left(), 0);
    assert!(run(&["clean"], 0).contains("there is no memline-*.memline"));
    let notes = fs::read_to_string(folder.join("memline-notes.memline"));
    assert_eq!(notes.expect("it is there"), "my notes");
}
