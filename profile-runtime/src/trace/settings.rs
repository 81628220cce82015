//! What the environment says of tracing.

use std::env;

use super::engine::{self, MAX_FRAMES};
use super::{Key, exit};

/// Begins to trace as `MEMLINE_TRACE` says.
pub(super) fn begin_as_asked() {
    let Some(value) = env::var_os("MEMLINE_TRACE").filter(|value| !value.is_empty()) else {
        return;
    };
    let text = value.to_string_lossy();
    match text.trim().parse::<u32>() {
        Ok(frames) if (1..=MAX_FRAMES).contains(&frames) => engine::start(frames),
        _ => exit::complain(&format!(
            "MEMLINE_TRACE: {text:?} is not a number of frames (1 to {MAX_FRAMES}); nothing is traced"
        )),
    }
}

/// What `MEMLINE_KEY` says, or else `key`.
pub(super) fn key(key: Key) -> Key {
    let Some(value) = env::var_os("MEMLINE_KEY").filter(|value| !value.is_empty()) else {
        return key;
    };
    match value.to_string_lossy().trim().parse() {
        Ok(asked) => asked,
        Err(error) => {
            exit::complain(&format!("MEMLINE_KEY: {error}; using {key}"));
            key
        }
    }
}
