//! Recursion, 100,000 calls deep, on a stack that has room for the plain frames and for what is
//! promised that probes add to each.

use std::hint::black_box;
use std::thread;

use crate::common::{Child, Outcome, Program, Test};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![recurses];

pub(crate) const TESTS: &[Test] = named![a_hundred_thousand_calls_deep];

const DEPTH: usize = 100_000;

/// Bytes of stack that a profiled frame may take beyond the plain one, optimized or not.
const FRAME: usize = 128;

/// Bytes more for each guard that is open around the call: that of a loop's pass, that of a branch,
/// and that of the brace of a block with locals.
const GUARD: usize = 32;

/// For what is below the first frame and above the last one.
const SLACK: usize = 64 * 1024;

/// A call's depth, and the place of its stack frame.
struct At<'a> {
    depth: usize,
    deepest: &'a mut usize,
}

impl At<'_> {
    /// Says where the deepest frame lies, as one of its locals tells; false at the bottom.
    fn goes_on<T>(&mut self, local: &T) -> bool {
        if self.depth == 0 {
            *self.deepest = std::ptr::from_ref(local).addr();
        }
        self.depth > 0
    }

    fn down(&mut self) -> At<'_> {
        At {
            depth: self.depth - 1,
            deepest: self.deepest,
        }
    }
}

/// The same functions, plain and profiled.
macro_rules! shapes {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        mod $name {
            use super::*;

            pub(super) fn straight(mut at: At<'_>) -> usize {
                let kept = black_box(1usize);
                if !at.goes_on(&kept) {
                    return kept;
                }
                straight(at.down()) + kept
            }

            pub(super) fn branching(mut at: At<'_>) -> usize {
                let kept = black_box(1usize);
                let mut sum = 0;
                for pass in 0..2 {
                    sum += match pass {
                        0 if at.goes_on(&kept) => {
                            let inner = branching(at.down());
                            inner
                        }
                        _ => 0,
                    };
                }
                sum + kept
            }

            pub(super) fn allocating(mut at: At<'_>) -> usize {
                let kept = Box::new(black_box(1usize));
                let inner = if at.goes_on(&kept) {
                    allocating(at.down())
                } else {
                    0
                };
                inner + *kept
            }
        }
    };
}

shapes!(plain);
shapes!(
    #[memline::profile]
    profiled
);

type Function = fn(At<'_>) -> usize;

/// A function plain and profiled, and the guards around the call of itself.
struct Shape {
    name: &'static str,
    plain: Function,
    profiled: Function,
    guards: usize,
}

const SHAPES: [Shape; 3] = [
    Shape {
        name: "straight",
        plain: plain::straight,
        profiled: profiled::straight,
        guards: 0,
    },
    Shape {
        name: "branching",
        plain: plain::branching,
        profiled: profiled::branching,
        guards: 3,
    },
    Shape {
        name: "allocating",
        plain: plain::allocating,
        profiled: profiled::allocating,
        guards: 1,
    },
];

/// Bytes of stack that `depth` frames take.
fn stack_of(function: Function, depth: usize) -> usize {
    let place = |depth| {
        let mut deepest = 0;
        let sum = function(At {
            depth,
            deepest: &mut deepest,
        });
        assert_eq!(sum, depth + 1);
        deepest
    };
    place(0) - place(depth)
}

/// Prints how much more a profiled frame takes than a plain one.
fn recurses() -> Outcome {
    for shape in SHAPES {
        let Shape { name, profiled, .. } = shape;
        let frame = stack_of(shape.plain, 1000) / 1000;
        let bound = frame + FRAME + GUARD * shape.guards;
        let deep = thread::Builder::new()
            .name(name.to_owned())
            .stack_size(DEPTH * bound + SLACK)
            .spawn(move || stack_of(profiled, DEPTH))?;
        let stack = deep.join().map_err(|_| format!("{name} panicked"))?;
        println!("{name}: {} B more", (stack / DEPTH).saturating_sub(frame));
        assert!(stack <= DEPTH * bound, "{name}");
    }
    Ok(())
}

fn a_hundred_thousand_calls_deep() {
    let ended = Child::new("recurses").json().run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    print!("{}", ended.stdout);
    let report = ended.report();
    for Shape { name, .. } in SHAPES {
        let function = report.function(&format!("profiled::{name}"));
        let function = function.expect("it ran");
        // Once for the place of the first frame, and once with all the others.
        assert_eq!(function.calls, 1 + DEPTH as u64 + 1, "{name}");
        assert_eq!(function.increment(), 0, "{name}");
    }
    let boxes = ended.line("allocating", "Box::new");
    assert_eq!(boxes.increment, (DEPTH as i64 + 2) * 8);
}
