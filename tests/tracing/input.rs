//! What makes no sense is said so, and takes nothing down.

use std::fs;

use memline::trace::{self, Error, Snapshot};
use memline::{Key, Leak};

use crate::common::{Child, Outcome, Program, Test, scratch};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![asks_for_nonsense, leaks_with_nonsense, is_traced];

pub(crate) const TESTS: &[Test] = named![
    nonsense_is_an_error,
    a_leak_says_what_it_does_instead,
    the_environment_starts_tracing_or_says_why_not,
];

fn asks_for_nonsense() -> Outcome {
    assert_eq!(trace::start(0), Err(Error::Frames(0)));
    assert_eq!(trace::start(10_000), Err(Error::Frames(10_000)));
    assert_eq!(trace::stop(), Err(Error::NotTracing));
    assert!(matches!(Snapshot::take(), Err(Error::NotTracing)));
    assert!(trace::every(std::time::Duration::MAX, |_| ()).is_err());
    assert!(trace::traceback_of("text").is_none());
    println!("{}", Error::Frames(0));
    let folder = std::env::var("FOLDER")?;
    for name in ["none", "text", "empty"] {
        let path = format!("{folder}/{name}");
        let error = Snapshot::load(&path).expect_err("it is no recording");
        println!("{}", error.to_string().replace(&folder, ""));
    }
    trace::start(1)?;
    trace::start(3)?;
    assert_eq!(trace::frames(), Some(3));
    let error = Snapshot::take()?.save(format!("{folder}/text"));
    let error = error.expect_err("it is another file");
    println!("{}", error.to_string().replace(&folder, ""));
    trace::stop()?;
    assert!(!trace::is_tracing() && trace::frames().is_none());
    Ok(())
}

fn nonsense_is_an_error() {
    let folder = scratch("tracing_nonsense");
    fs::write(folder.join("text"), "a text, and no recording").expect("it can be written");
    fs::write(folder.join("empty"), "").expect("it can be written");
    let ended = Child::new("asks_for_nonsense").env("FOLDER", &folder).run();
    assert_eq!((ended.code(), &*ended.stderr), (Some(0), ""), "{ended:?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "0 frames cannot be kept: expected 1 to 256");
    assert!(lines[1].starts_with("/none"), "{lines:?}");
    assert!(
        lines[2].starts_with("/text") && lines[3].starts_with("/empty"),
        "{lines:?}"
    );
    assert!(
        lines[4].contains("/text") && lines[4].contains("no recording"),
        "{lines:?}"
    );
    let text = fs::read_to_string(folder.join("text")).expect("it is left alone");
    assert_eq!(text, "a text, and no recording");
}

fn leaks_with_nonsense() -> Outcome {
    println!("stdout has its buffer");
    let leak = Leak::builder().key(Key::Type).frames(0).limit(0).start();
    drop(vec![1u8; 1000]);
    leak.stop_to(std::io::stdout())?;
    assert!(
        !trace::is_tracing(),
        "tracing ends with the leak that began it"
    );
    Ok(())
}

fn a_leak_says_what_it_does_instead() {
    let child = Child::new("leaks_with_nonsense").env("MEMLINE_KEY", "colour");
    let ended = child.run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let expected = "memline: MEMLINE_KEY: \"colour\" is not a key \
                    (line, stack, type, function or crate); using type\n\
                    memline: Leak: 0 frames cannot be kept: expected 1 to 256; using 1\n";
    assert_eq!(ended.stderr, expected);
    assert!(ended.stdout.contains("with 'type' mode..."), "{ended:?}");
    assert!(ended.stdout.contains("\n0, Other: 0 B\n"), "{ended:?}");
}

fn is_traced() -> Outcome {
    println!("{:?}", trace::frames());
    Ok(())
}

fn the_environment_starts_tracing_or_says_why_not() {
    let run = |value: &str| {
        let ended = Child::new("is_traced").env("MEMLINE_TRACE", value).run();
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        (ended.stdout, ended.stderr)
    };
    assert_eq!(run("7"), ("Some(7)\n".to_owned(), String::new()));
    assert_eq!(run(""), ("None\n".to_owned(), String::new()));
    for bad in ["0", "10000", "many"] {
        let expected = format!(
            "memline: MEMLINE_TRACE: \"{bad}\" is not a number of frames (1 to 256); nothing is traced\n"
        );
        assert_eq!(run(bad), ("None\n".to_owned(), expected));
    }
}
