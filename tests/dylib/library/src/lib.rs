//! A library with profiled functions.

/// Keeps a thousand bytes.
#[memline::profile]
#[must_use]
pub fn keep() -> Vec<u8> {
    let kept = vec![1u8; 1000];
    kept
}

/// Keeps as many bytes as there are in a `T`, compiled where it is called.
#[memline::profile]
pub fn keep_one<T>(value: T) -> Box<T> {
    Box::new(value)
}
