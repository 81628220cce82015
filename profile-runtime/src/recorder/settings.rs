//! Whether and how the environment asks for a recording.

use std::env;
use std::path::PathBuf;

use super::session::{Plan, absolute};
use crate::asked::Question;
use crate::exit;
use crate::report::units;

/// The least sensible distance between samples, in bytes.
const LEAST_SAMPLE: u64 = 64;

/// Whether the environment asks for a recording, for whoever asks first. Nothing is allocated.
pub(super) fn are_due() -> bool {
    static QUESTION: Question = Question::new();
    QUESTION.ask(&[c"MEMLINE_RECORD"])
}

/// The recording that the environment asks for.
pub(super) fn plan() -> Option<Plan> {
    let path = env::var_os("MEMLINE_RECORD").filter(|path| !path.is_empty())?;
    Some(Plan {
        path: absolute(&PathBuf::from(path)),
        live_before: 0, // it is the program's first allocation
        sample: sample(),
        follow_fork: follow_fork(),
    })
}

/// Bytes per sample, as `MEMLINE_SAMPLE` has them.
pub(super) fn sample() -> Option<u64> {
    let value = env::var_os("MEMLINE_SAMPLE").filter(|value| !value.is_empty())?;
    let text = value.to_string_lossy();
    let size = units::parse_bytes(&text).filter(|size| *size >= LEAST_SAMPLE);
    if size.is_none() {
        exit::complain(&format!(
            "MEMLINE_SAMPLE: {text:?} is not a size (such as 512KiB or 1MiB, at least 64 B); \
             recording every allocation"
        ));
    }
    size
}

/// Whether children that the program forks are to be recorded too.
pub(super) fn follow_fork() -> bool {
    env::var_os("MEMLINE_FOLLOW_FORK").is_some_and(|value| {
        !value.is_empty() && value != "0" && value != "off" && value != "false"
    })
}
