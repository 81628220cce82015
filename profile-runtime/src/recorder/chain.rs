//! The last walk of a thread by frame pointers, frame by frame.
//!
//! To follow frame pointers is to load from where the load before has led, frame after frame, however much
//! else the processor could do meanwhile. But most of a stack is what it was at the walk before. So the
//! frames of that walk are looked at where they lay, which waits for nothing; what lies within the outermost
//! one that has changed is walked, as far as the first frame that has not.

use super::walk::{Bounds, Hash, MAX_CALLS, frame_at};

#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    /// Where it begins.
    at: usize,
    /// The words there: where the next frame begins, and the address to return to.
    words: [usize; 2],
    /// The hash of the addresses, from that of the outermost frame to this one's.
    hash: Hash,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Chain {
    /// The outermost first.
    frames: Box<[Frame]>,
    /// So many are known. Those beyond the end of a shorter walk are kept for the next one.
    count: usize,
    /// Where the frames lie that a walk has found, the innermost first.
    found: Box<[usize; MAX_CALLS]>,
}

impl Chain {
    pub(super) fn new() -> Self {
        Self {
            frames: vec![Frame::default(); MAX_CALLS].into(),
            count: 0,
            found: Box::new([0; MAX_CALLS]),
        }
    }

    /// A hash of the calls that [`pointers::walk`](super::pointers::walk) finds from the frame at `frame`:
    /// where these are others, so is this.
    #[inline(always)]
    pub(super) fn hash(&mut self, frame: usize, bounds: Bounds) -> u64 {
        if !bounds.hold_frame(frame) {
            return Hash::default().finish();
        }
        let known = self.frames.get(..self.count).unwrap_or_default();
        // SAFETY: where this frame lies, so does one that lay beyond it: on this thread's stack, whose end is
        // where it was.
        #[expect(unsafe_code)]
        let differs =
            |known: &Frame| known.at < frame || known.words != unsafe { frame_at(known.at) };
        let unchanged = known.iter().position(differs).unwrap_or(known.len());
        match known[..unchanged].last() {
            Some(innermost) if innermost.at == frame => innermost.hash.finish(),
            _ => self.walk(frame, bounds, unchanged),
        }
    }

    /// Walks to the first of the `known` frames that the way leads to, or to its end.
    #[inline(never)]
    fn walk(&mut self, mut frame: usize, mut bounds: Bounds, mut known: usize) -> u64 {
        let mut count = 0;
        let mut meeting = self.place_of(known);
        loop {
            while meeting < frame {
                known -= 1;
                meeting = self.place_of(known);
            }
            if meeting == frame && known + count <= MAX_CALLS {
                break;
            }
            let Some(found) = self.found.get_mut(count) else {
                known = 0;
                break; // there are more than are wanted
            };
            *found = frame;
            count += 1;
            // SAFETY: it is within the bounds.
            #[expect(unsafe_code)]
            let [next, back] = unsafe { frame_at(frame) };
            bounds.start = frame + 16;
            frame = next;
            if back == 0 || !bounds.hold_frame(frame) {
                known = 0;
                break;
            }
        }
        self.join(known, count)
    }

    /// Where the last of the first `known` frames lies; beyond all others where there is none.
    #[inline(always)]
    fn place_of(&self, known: usize) -> usize {
        let last = self.frames[..known].last();
        last.map_or(usize::MAX, |frame| frame.at)
    }

    /// Puts the frames that were found behind the `known` ones. Returns the hash of them all.
    #[inline(always)]
    fn join(&mut self, known: usize, count: usize) -> u64 {
        let mut hash = self.frames[..known]
            .last()
            .map_or_else(Hash::default, |last| last.hash);
        let found = self.found[..count].iter().rev();
        for (frame, &at) in self.frames[known..].iter_mut().zip(found) {
            // SAFETY: it has just been read.
            #[expect(unsafe_code)]
            let words = unsafe { frame_at(at) };
            hash.add(words[1] as u64);
            *frame = Frame { at, words, hash };
        }
        let whole = count < MAX_CALLS; // else the next walk is to begin elsewhere
        self.count = if whole { known + count } else { 0 };
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::pointers;
    use super::super::walk::Whole;
    use super::*;

    /// Words of a stack, at a multiple of a frame's size.
    const WORDS: usize = 64;

    #[derive(Clone, Copy, Debug)]
    enum Do {
        /// Makes a frame at a word: where the next one begins, and the address to return to.
        Frame(usize, usize, usize),
        /// Walks from a frame at a word, or some bytes behind it.
        Walk(usize, usize),
    }

    fn things() -> impl Strategy<Value = Vec<Do>> {
        let word = || 0..WORDS;
        let frame =
            (word(), word(), 0..4usize).prop_map(|(at, next, back)| Do::Frame(at, next, back));
        let walk =
            (word(), 0..9usize).prop_map(|(at, off)| Do::Walk(at, if off < 8 { 0 } else { 4 }));
        vec(prop_oneof![frame, walk], 1..400)
    }

    proptest! {
        /// It is told apart by its hash whatever a walk finds, and by nothing else.
        #[test]
        fn hashes_are_the_same_where_walks_are(things in things()) {
            let mut stack = [0usize; WORDS + 2];
            let start = (&raw const stack).expose_provenance();
            let address = |word: usize| start + 8 * word;
            let mut chain = Chain::new();
            let mut calls = [0; MAX_CALLS];
            let mut seen = std::collections::HashMap::new();
            for thing in things {
                match thing {
                    Do::Frame(at, next, back) => {
                        stack[at] = address(next);
                        stack[at + 1] = back;
                    }
                    Do::Walk(at, off) => {
                        let bounds = Bounds { start: address(at), last_frame: address(WORDS) };
                        let frame = address(at) + off;
                        let walked = pointers::walk(frame, bounds, Whole, &mut calls);
                        let found = calls[..walked.count].to_vec();
                        let hash = chain.hash(frame, bounds);
                        let before = seen.entry(hash).or_insert_with(|| found.clone());
                        prop_assert_eq!(before, &found);
                        let mut anew = Chain::new();
                        prop_assert_eq!(anew.hash(frame, bounds), hash);
                    }
                }
            }
        }
    }

    #[test]
    fn of_a_deeper_stack_than_is_recorded_the_innermost_calls_count() {
        let mut stack = [0usize; 4 * MAX_CALLS];
        let start = (&raw const stack).expose_provenance();
        let frames = stack.len() / 2;
        for frame in 0..frames - 1 {
            stack[2 * frame] = start + 16 * (frame + 1);
            stack[2 * frame + 1] = 100 + frame;
        }
        let mut chain = Chain::new();
        let hash = |frame: usize, chain: &mut Chain| {
            let bounds = Bounds {
                start,
                last_frame: start + 16 * (frames - 1),
            };
            chain.hash(start + 16 * frame, bounds)
        };
        let whole = hash(frames - MAX_CALLS, &mut chain);
        let deep = hash(7, &mut chain);
        assert_ne!(deep, hash(8, &mut chain));
        assert_eq!(deep, hash(7, &mut chain));
        assert_eq!(deep, hash(7, &mut Chain::new()));
        assert_eq!(whole, hash(frames - MAX_CALLS, &mut chain));
        assert_eq!(
            hash(frames - 3, &mut chain),
            hash(frames - 3, &mut Chain::new())
        );
    }
}
