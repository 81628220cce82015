//! Files that cannot be written, or must not be: the program goes on as if nothing was.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::read::{load, read, read_complete};
use crate::common::{Child, Ended, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![works, closes_descriptors];

pub(crate) const TESTS: &[Test] = named![
    a_limit_on_files_stops_the_recording,
    a_full_disk_stops_the_recording,
    what_cannot_be_recorded_into_is_said,
    other_files_stay_as_they_are,
    bad_settings_are_told,
    descriptors_may_be_closed,
];

fn works() -> Outcome {
    let mut sum = 0;
    for _ in 0..20 {
        sum += load(400).iter().map(String::len).sum::<usize>();
    }
    println!("{sum}");
    Ok(())
}

/// The program's own result is the one that it has without memline.
fn goes_on(ended: &Ended) {
    let plain = Child::new("works").run();
    assert_eq!((ended.code(), &ended.stdout), (Some(0), &plain.stdout));
    let complaints = ended.stderr.lines().count();
    assert!(complaints <= 1, "said once: {ended:?}");
}

fn stops(ended: &Ended, reason: &str) {
    goes_on(ended);
    assert!(
        ended.stderr.starts_with("memline: the recording in "),
        "{ended:?}"
    );
    assert!(ended.stderr.contains(reason), "{ended:?}");
}

fn a_limit_on_files_stops_the_recording() {
    let path = scratch("recording_limit").join("a.memline");
    let script = "ulimit -f 220; exec \"$0\"";
    let ended = Child::in_shell("works", script)
        .env("MEMLINE_RECORD", &path)
        .run();
    stops(&ended, "File too large");
    let read = read(&path);
    assert!(
        read.condition
            .to_string()
            .contains("recorded only in part: File too large")
    );
    assert!(read.aggregate.totals().zeroed > 1000);
}

/// A full file system needs a small one, which only root can mount in a namespace of its own.
fn a_full_disk_stops_the_recording() {
    let folder = scratch("recording_full");
    let script = format!(
        "unshare -m sh -c 'mount -t tmpfs -o size=160k none {0} && \"$0\"; status=$?; \
         cp {0}/a.memline {0}.copy; cp {0}/a.memline.pending {0}.copy.pending; exit $status' \"$0\"",
        folder.display()
    );
    let child = Child::in_shell("works", &script);
    let ended = child.env("MEMLINE_RECORD", folder.join("a.memline")).run();
    if ended.stderr.contains("unshare") || ended.stderr.contains("mount") {
        return; // not root
    }
    stops(&ended, "No space left on device");
    let read = read(&folder.with_extension("copy"));
    let zeroed = read.aggregate.totals().zeroed;
    assert!(
        read.condition.stopped.is_some() && zeroed > 300,
        "{:?}, {zeroed}",
        read.condition
    );
}

fn what_cannot_be_recorded_into_is_said() {
    let folder = scratch("recording_refused");
    let read_only = folder.join("read_only");
    fs::create_dir(&read_only).expect("it is new");
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o555)).expect("it is ours");
    let mut refused = vec![
        (folder.join("gone/a.memline"), "No such file or directory"),
        (folder.clone(), "Is a directory"),
        ("/proc/a.memline".into(), "No such file or directory"),
        ("/dev/full".into(), ""),
    ];
    // A superuser may write there after all.
    if fs::write(read_only.join("other"), "").is_err() {
        refused.push((read_only.join("a.memline"), "Permission denied"));
    }
    for (path, reason) in refused {
        let ended = Child::new("works").env("MEMLINE_RECORD", &path).run();
        goes_on(&ended);
        assert!(
            ended.stderr.starts_with("memline: MEMLINE_RECORD: "),
            "{ended:?}"
        );
        assert!(ended.stderr.contains(reason), "{ended:?}");
    }
}

fn other_files_stay_as_they_are() {
    let path = scratch("recording_other").join("notes.txt");
    fs::write(&path, "my notes").expect("it is new");
    let ended = Child::new("works").env("MEMLINE_RECORD", &path).run();
    goes_on(&ended);
    assert!(
        ended.stderr.contains("it exists and is no recording"),
        "{ended:?}"
    );
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "my notes");
    // A recording is replaced.
    let path = path.with_extension("memline");
    for _ in 0..2 {
        let ended = Child::new("works").env("MEMLINE_RECORD", &path).run();
        assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""));
        read_complete(&path);
    }
}

fn bad_settings_are_told() {
    let path = scratch("recording_settings").join("a.memline");
    let child = Child::new("works").env("MEMLINE_SAMPLE", "often");
    let ended = child.env("MEMLINE_RECORD", &path).run();
    goes_on(&ended);
    assert_eq!(
        ended.stderr,
        "memline: MEMLINE_SAMPLE: \"often\" is not a size (such as 512KiB or 1MiB, at least 64 B); \
         recording every allocation\n"
    );
    assert!(read_complete(&path).aggregate.totals().zeroed > 7000);
}

/// Closes all that it has not opened, as daemons do, and opens files under the same numbers.
fn closes_descriptors() -> Outcome {
    let path = std::env::var("MEMLINE_RECORD")? + ".own";
    fs::write(&path, "own")?;
    let own: Vec<fs::File> = {
        // SAFETY: closes descriptors that nobody in this program uses.
        #[expect(unsafe_code)]
        unsafe {
            libc::close_range(3, u32::MAX, 0);
        }
        (0..300)
            .map(|_| fs::File::options().append(true).open(&path))
            .collect::<Result<_, _>>()?
    };
    let result = works();
    assert_eq!(
        fs::read_to_string(&path)?,
        "own",
        "nothing is written into the program's files"
    );
    drop(own);
    result
}

fn descriptors_may_be_closed() {
    let path = scratch("recording_closed").join("a.memline");
    let ended = Child::new("closes_descriptors")
        .env("MEMLINE_RECORD", &path)
        .run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""));
    assert!(read_complete(&path).aggregate.totals().zeroed > 7000);
}
