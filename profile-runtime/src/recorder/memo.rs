//! The last walk of a thread, step by step.
//!
//! Most of a stack is what it was at the walk before. Where a step leads depends on the place it
//! begins at and on a word of the stack, the address to return to. So where a walk comes to a place
//! of the last one and finds the same word, it goes to the same place next, whatever happened
//! meanwhile, and no table needs to be asked.
//!
//! The frame pointer is part of a place only where the step goes by it. Most code keeps other
//! things in that register: it is taken along, from where the next call has saved it.

use super::walk::{Bounds, MAX_CALLS};

/// More places than a walk has: those beyond the end of a shorter walk are kept for the next one.
const CAPACITY: usize = 2 * MAX_CALLS;

/// A call, by the address that is returned to, and the registers there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) address: u64,
    pub(super) stack: u64,
    pub(super) frame: u64,
}

/// What a step depends on, beside the address to return to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    /// Where the frame pointer of the caller is read; 0 where it is the same.
    pub(super) saved: u64,
    /// Whether the step goes by the frame pointer.
    pub(super) frame: bool,
}

impl Needs {
    /// More than can be told: nothing may be read there.
    pub(super) const UNKNOWN: Self = Self {
        saved: 1,
        frame: true,
    };
}

#[derive(Clone, Copy, Debug)]
struct Step {
    from: Place,
    needs: Needs,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Memo {
    /// The outermost first: each step led to the place before it.
    steps: Vec<Step>,
    /// So many of them may still be met.
    left: usize,
    /// So many of them belong to this walk, or lie beyond it; 0 while it has met none.
    held: usize,
    /// Steps of this walk within those, the innermost first.
    fresh: Vec<Step>,
}

impl Memo {
    pub(super) fn new() -> Self {
        Self {
            steps: Vec::with_capacity(CAPACITY),
            left: 0,
            held: 0,
            fresh: Vec::with_capacity(MAX_CALLS + 2),
        }
    }

    /// Begins a walk.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        self.left = self.steps.len();
        self.held = 0;
        self.fresh.clear();
    }

    /// Goes on from `place` as far as the way is known, to where it is not. Each call is shown to
    /// `visit`, which tells whether it is the last one; then so does this.
    ///
    /// PERF: places are compared where they lie. To take one out costs more than all the rest: it is
    /// written by parts and read as a whole, for which the processor has to wait.
    #[inline(always)]
    pub(super) fn follow(
        &mut self,
        place: &mut Place,
        bounds: Bounds,
        mut visit: impl FnMut(u64) -> bool,
    ) -> bool {
        if self.meets(place) {
            if self.held == 0 {
                self.held = self.left;
            }
            while let [.., next, step] = &self.steps[..self.left]
                && (!step.needs.frame || step.from.frame == place.frame)
                && bounds.read(next.from.stack.wrapping_sub(8)) == Some(next.from.address)
            {
                if step.needs.saved != 0 {
                    let Some(frame) = bounds.read(step.needs.saved) else {
                        break;
                    };
                    place.frame = frame;
                }
                self.left -= 1;
                if visit(next.from.address) {
                    return true;
                }
            }
            let reached = &self.steps[self.left - 1].from;
            (place.address, place.stack) = (reached.address, reached.stack);
        }
        self.part_from(place);
        false
    }

    #[inline(always)]
    fn meets(&mut self, place: &Place) -> bool {
        while let Some(step) = self.steps[..self.left].last() {
            if step.from.stack >= place.stack {
                return step.from.stack == place.stack && step.from.address == place.address;
            }
            self.left -= 1;
        }
        false
    }

    /// From `place` on, the walk is another one.
    fn part_from(&mut self, place: &Place) {
        if self.held != 0 {
            let common = &self.steps[self.left..self.held];
            self.fresh.extend(common.iter().rev());
            self.held = 0;
        }
        self.fresh.push(Step {
            from: *place,
            needs: Needs::UNKNOWN,
        });
    }

    /// What the step from the last place, which was not known, depends on.
    #[inline(always)]
    pub(super) fn learn(&mut self, needs: Needs) {
        if let Some(step) = self.fresh.last_mut() {
            step.needs = needs;
        }
    }

    /// Ends the walk at `place`, which was not followed. The next one is compared with it.
    pub(super) fn end_at(&mut self, place: &Place) {
        if self.meets(place) {
            self.held = self.left;
        } else {
            self.part_from(place);
        }
        self.end();
    }

    /// Ends the walk. The next one is compared with it.
    #[inline(always)]
    pub(super) fn end(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        if self.held + self.fresh.len() > CAPACITY {
            self.held = 0;
        }
        self.steps.truncate(self.held);
        self.steps.extend(self.fresh.drain(..).rev());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stack of three calls, each of which saved the frame pointer below the address it returns to.
    struct Stack([u64; 9]);

    impl Stack {
        fn new() -> Self {
            Self(std::array::from_fn(|word| 100 + word as u64))
        }

        fn address(&self, word: usize) -> u64 {
            (&raw const self.0[word]).expose_provenance() as u64
        }

        fn bounds(&self) -> Bounds {
            Bounds {
                start: self.address(0) as usize,
                last_frame: self.address(8) as usize,
            }
        }

        /// The place that is reached by call `call`, by what is in the stack.
        fn place(&self, call: usize) -> Place {
            Place {
                address: self.0[3 * call + 1],
                stack: self.address(3 * call + 2),
                frame: self.0[3 * call],
            }
        }

        /// Walks from the first place; returns how often the way had to be asked for.
        fn walk(&self, memo: &mut Memo) -> (Vec<u64>, u32) {
            let (mut found, mut asked) = (vec![self.place(0).address], 0);
            let mut place = self.place(0);
            memo.begin();
            loop {
                memo.follow(&mut place, self.bounds(), |address| {
                    found.push(address);
                    false
                });
                let next = found.len();
                if next == 3 {
                    break;
                }
                asked += 1;
                memo.learn(Needs {
                    saved: self.address(3 * next),
                    frame: next == 2,
                });
                place = self.place(next);
                found.push(place.address);
            }
            memo.end();
            (found, asked)
        }
    }

    #[test]
    fn a_way_is_known_as_long_as_its_words_are_the_same() {
        let (mut stack, mut memo) = (Stack::new(), Memo::new());
        let whole = vec![101, 104, 107];
        assert_eq!(stack.walk(&mut memo), (whole.clone(), 2));
        assert_eq!(stack.walk(&mut memo), (whole.clone(), 0));
        stack.0[6] = 1; // the frame pointer at the last call, by which no step goes
        assert_eq!(stack.walk(&mut memo), (whole.clone(), 0));
        stack.0[3] = 1; // that at the second one, by which the last step goes
        assert_eq!(stack.walk(&mut memo), (whole, 1));
        stack.0[4] = 2; // where the second one returns to
        assert_eq!(stack.walk(&mut memo), (vec![101, 2, 107], 2));
        stack.0[2] = 3; // nobody's word
        assert_eq!(stack.walk(&mut memo), (vec![101, 2, 107], 0));
    }

    #[test]
    fn a_step_that_depends_on_more_is_asked_for_each_time() {
        let (stack, mut memo) = (Stack::new(), Memo::new());
        for _ in 0..2 {
            memo.begin();
            let mut place = stack.place(0);
            assert!(!memo.follow(&mut place, stack.bounds(), |_| panic!("it is not known")));
            memo.learn(Needs::UNKNOWN);
            memo.end_at(&stack.place(1));
        }
    }
}
