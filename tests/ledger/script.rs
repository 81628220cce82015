//! The property over scripts: one function that does whatever it is told, against a plain count of what it was told.
//! Many more cases than programs can be compiled for, and proptest shrinks what fails.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use memline::profile;
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Keep(usize),
    Temporary(usize),
    Free,
    Call(Vec<Op>),
    Closure(Vec<Op>),
    Catch(Vec<Op>),
    Repeat(u8, Vec<Op>),
    Return,
    Fail,
    Panic,
}

pub(crate) fn script() -> impl Strategy<Value = Vec<Op>> {
    let leaf = prop_oneof![
        5 => (1..1000usize).prop_map(Op::Keep),
        3 => (1..100_000usize).prop_map(Op::Temporary),
        4 => Just(Op::Free),
        1 => Just(Op::Return),
        1 => Just(Op::Fail),
        1 => Just(Op::Panic),
    ];
    let op = leaf.prop_recursive(5, 64, 6, |inner| {
        let ops = || vec(inner.clone(), 0..6);
        prop_oneof![
            ops().prop_map(Op::Call),
            ops().prop_map(Op::Closure),
            ops().prop_map(Op::Catch),
            (0..4u8, ops()).prop_map(|(count, ops)| Op::Repeat(count, ops)),
        ]
    });
    vec(op, 0..12)
}

/// Rows are found by the last word of their comment.
#[profile]
fn obey(script: &[Op], kept: &mut Vec<Vec<u8>>) -> Result<(), ()> {
    for op in script { // header
        match op {
            Op::Keep(size) => {
                kept.push(Vec::with_capacity(*size)); // keep
            }
            Op::Temporary(size) => {
                let temporary = vec![0u8; *size]; // temporary
                assert!(temporary[0] == 0); // assert
            } // brace
            Op::Free => {
                kept.pop(); // free
            }
            Op::Call(inner) => {
                obey(inner, kept)?; // call
            }
            Op::Closure(inner) => {
                let mut closure = || {
                    let own = [0u8; 4].to_vec(); // own
                    obey(inner, kept).map(|()| own) // within
                }; // end
                closure()?; // closure
            }
            Op::Catch(inner) => {
                let _ = catch_unwind(AssertUnwindSafe(|| obey(inner, kept))); // catch
            }
            Op::Repeat(count, inner) => {
                for _ in 0..*count { // repeat
                    obey(inner, kept)?; // again
                }
            }
            Op::Return => return Ok(()), // return
            Op::Fail => Err(())?, // fail
            Op::Panic => resume_unwind(Box::new(())), // panic
        }
    }
    Ok(()) // ok
}

/// How often each row ran, told from the script alone.
#[derive(Default)]
struct Count {
    rows: BTreeMap<&'static str, u64>,
    calls: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Ok,
    Failed,
    Panicked,
}

impl Count {
    fn row(&mut self, name: &'static str) {
        *self.rows.entry(name).or_default() += 1;
    }

    fn call(&mut self, script: &[Op]) -> End {
        self.calls += 1;
        for op in script {
            self.row("header");
            let end = match op {
                Op::Return => {
                    self.row("return");
                    return End::Ok;
                }
                op => self.op(op),
            };
            if end != End::Ok {
                return end;
            }
        }
        self.row("header");
        self.row("ok");
        End::Ok
    }

    fn op(&mut self, op: &Op) -> End {
        let rows: &[&'static str] = match op {
            Op::Keep(_) => &["keep"],
            Op::Temporary(_) => &["temporary", "assert", "brace"],
            Op::Free => &["free"],
            Op::Call(_) => &["call"],
            Op::Closure(_) => &["closure", "own", "within", "end"],
            Op::Catch(_) => &["catch"],
            Op::Repeat(..) => &["repeat"],
            Op::Return => &["return"],
            Op::Fail => &["fail"],
            Op::Panic => &["panic"],
        };
        rows.iter().for_each(|row| self.row(row));
        match op {
            Op::Call(inner) | Op::Closure(inner) => self.call(inner),
            Op::Catch(inner) => {
                self.call(inner);
                End::Ok
            }
            Op::Repeat(count, inner) => {
                for _ in 0..*count {
                    self.row("again");
                    let end = self.call(inner);
                    if end != End::Ok {
                        return end;
                    }
                    self.row("repeat");
                }
                End::Ok
            }
            Op::Fail => End::Failed,
            Op::Panic => End::Panicked,
            _ => End::Ok,
        }
    }
}

/// Runs `script` on the profiled function, and compares.
pub(crate) fn check(script: &[Op]) -> Result<(), TestCaseError> {
    let mut kept = Vec::with_capacity(10_000);
    memline::reset();
    let before = memline::stats();
    let result = catch_unwind(AssertUnwindSafe(|| obey(script, &mut kept)));
    let change = memline::stats() - before;
    let report = memline::report();
    let function = report.function("script::obey").expect("it ran");

    let mut count = Count::default();
    prop_assert_eq!(count.call(script) == End::Panicked, result.is_err());
    prop_assert_eq!(function.calls, count.calls);
    for line in &function.lines {
        let Some((_, name)) = line.source.split_once(" // ") else { continue };
        let occurrences = line.figures.map_or(0, |figures| figures.occurrences);
        prop_assert_eq!(occurrences, count.rows.get(name).copied().unwrap_or(0), "{}", name);
    }
    let freed_by_catcher = if result.is_err() { exception() } else { 0 };
    let net = change.bytes_allocated as i64 - change.bytes_deallocated as i64;
    prop_assert_eq!(function.increment(), net + freed_by_catcher);
    Ok(())
}

/// Bytes that a panic itself allocates, which whoever catches it frees.
fn exception() -> i64 {
    let before = memline::stats();
    catch_unwind(|| resume_unwind(Box::new(()))).expect_err("it panics");
    (memline::stats() - before).bytes_allocated as i64
}
