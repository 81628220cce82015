//! `assert_peak!`, `assert_allocs!` and `assert_no_leaks!`.

use std::marker::PhantomData;

use super::limits::Limits;
use super::lines::Lines;
use super::usage::Stretch;
use super::{judge, unchecked};
use crate::report::units;

/// Evaluates an expression, usually a block, and panics if this thread's heap meanwhile rose more than
/// allowed above where it began. The value is that of the expression.
///
/// The first argument is a number of bytes (`usize`) or a size such as `"1 MiB"` or `"512 KiB"`. Other
/// threads are not counted, so that tests may run in parallel. An expression that is left early (`?`,
/// `return`, a panic) is not checked. With memline's feature `profile` turned off nothing is.
///
/// ```
/// # use profile_runtime as memline;
/// # #[global_allocator]
/// # static ALLOCATOR: memline::Allocator = memline::Allocator::system();
/// let sum: usize = memline::assert_peak!("1 KiB", {
///     let bytes = vec![1u8; 1000];
///     bytes.iter().map(|byte| usize::from(*byte)).sum()
/// });
/// assert_eq!(sum, 1000);
/// ```
///
/// # Panics
///
/// If the heap rose higher: the message says how high, and names the lines of profiled functions
/// that allocated most. If the size is none. If memline's allocator is not installed.
#[macro_export]
macro_rules! assert_peak {
    ($limit:expr, $body:expr $(,)?) => {{
        let check = $crate::__private::Check::peak($limit);
        $crate::__checked!(check, $body)
    }};
}

/// Evaluates an expression, usually a block, and panics if this thread allocates and reallocates more
/// than so many times (`u64`) meanwhile. The value is that of the expression.
///
/// For what is counted and when, see [`assert_peak!`](crate::assert_peak).
///
/// ```
/// # use profile_runtime as memline;
/// # #[global_allocator]
/// # static ALLOCATOR: memline::Allocator = memline::Allocator::system();
/// let mut buffer = Vec::with_capacity(100);
/// memline::assert_allocs!(0, {
///     buffer.extend(0..100);
/// });
/// ```
///
/// # Panics
///
/// As [`assert_peak!`](crate::assert_peak) does.
#[macro_export]
macro_rules! assert_allocs {
    ($limit:expr, $body:expr $(,)?) => {{
        let check = $crate::__private::Check::allocs($limit);
        $crate::__checked!(check, $body)
    }};
}

/// Evaluates an expression, usually a block, and panics if this thread has allocated more bytes than
/// it has freed when it ends. The value is that of the expression, and counts: what it holds is kept.
///
/// For what is counted and when, see [`assert_peak!`](crate::assert_peak). What is allocated once and
/// for all, such as a thread-local or what a test prints, counts as kept.
///
/// ```
/// # use profile_runtime as memline;
/// # #[global_allocator]
/// # static ALLOCATOR: memline::Allocator = memline::Allocator::system();
/// let length = memline::assert_no_leaks!({
///     let text = "abc".repeat(100);
///     text.len()
/// });
/// assert_eq!(length, 300);
/// ```
///
/// # Panics
///
/// As [`assert_peak!`](crate::assert_peak) does.
#[macro_export]
macro_rules! assert_no_leaks {
    ($body:expr $(,)?) => {{
        let check = $crate::__private::Check::no_leaks();
        $crate::__checked!(check, $body)
    }};
}

/// The rest of the three.
#[doc(hidden)]
#[macro_export]
macro_rules! __checked {
    ($check:ident, $body:expr) => {{
        let value = $body;
        #[allow(unreachable_code)]
        $check.finish();
        value
    }};
}

/// What is being checked.
pub struct Check {
    what: &'static str,
    limits: Limits,
    before: Lines,
    stretch: Stretch,
    /// A check stays on its thread.
    _not_send: PhantomData<*const ()>,
}

impl Check {
    /// At most so many bytes above the start.
    #[track_caller]
    pub fn peak(limit: impl Bytes) -> Self {
        Self::begin(
            "assert_peak!",
            Limits::new(Some(limit.bytes("assert_peak!")), None, None),
        )
    }

    /// At most so many allocations and reallocations.
    pub fn allocs(limit: u64) -> Self {
        Self::begin("assert_allocs!", Limits::new(None, Some(limit), None))
    }

    /// No bytes kept.
    pub fn no_leaks() -> Self {
        Self::begin("assert_no_leaks!", Limits::new(None, None, Some(0)))
    }

    fn begin(what: &'static str, limits: Limits) -> Self {
        Self {
            what,
            limits,
            before: Lines::now(),
            stretch: Stretch::begin(),
            _not_send: PhantomData,
        }
    }

    /// Panics if more was done than is allowed.
    #[track_caller]
    pub fn finish(self) {
        let Some(usage) = self.stretch.usage() else {
            return; // this is another thread, where a check does not get
        };
        let what = self.what;
        if let Some(reason) = unchecked(&usage) {
            panic!("memline: {what}: {reason}");
        }
        if let Some(message) = judge(what, &self.limits, &usage, &self.before) {
            panic!("{message}");
        }
    }
}

/// A size: a number of bytes, or text such as `1 MiB`.
///
/// NOTE: It is implemented for one type of integers, so that a literal is of that type.
pub trait Bytes {
    /// The number of bytes, which `macro_name` was given.
    ///
    /// # Panics
    ///
    /// If it is none.
    fn bytes(self, macro_name: &str) -> u64;
}

impl Bytes for usize {
    fn bytes(self, _: &str) -> u64 {
        self as u64
    }
}

impl Bytes for &str {
    #[track_caller]
    fn bytes(self, macro_name: &str) -> u64 {
        match units::parse_bytes(self) {
            Some(bytes) => bytes,
            None => panic!(
                "memline: {macro_name}: expected a size such as \"1 MiB\", \"512 KiB\" or \"0 B\", found {self:?}"
            ),
        }
    }
}
