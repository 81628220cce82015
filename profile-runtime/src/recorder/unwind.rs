//! Walks a stack by the unwind tables of the code on it.

use framehop::{
    CacheNative, ExplicitModuleSectionInfo, FrameAddress, Module, MustNotAllocateDuringUnwind,
    UnwindRegsNative, Unwinder as _, UnwinderNative,
};

use super::memo::{Memo, Needs, Place};
use super::modules::Loaded;
use super::walk::{Bounds, Extent, Hash, Registers, Walked};

// A walk is part of an allocation, whose cost must not depend on another one.
type Policy = MustNotAllocateDuringUnwind;

/// The unwind tables of the modules that are loaded, and the rules that were looked up in them.
pub(super) struct Unwinder {
    modules: UnwinderNative<&'static [u8], Policy>,
    rules: CacheNative<Policy>,
    /// The address at which a walk has ended: the thread's first call. How stacks end is not among
    /// the rules that are kept, and would be looked up again by every walk.
    outermost: u64,
    memo: Memo,
}

impl Unwinder {
    pub(super) fn new(loaded: &[Loaded]) -> Self {
        let mut modules = UnwinderNative::new();
        for module in loaded {
            let tables = ExplicitModuleSectionInfo {
                base_svma: 0,
                eh_frame_svma: module.eh_frame.as_ref().map(|table| table.range.clone()),
                eh_frame: module.eh_frame.as_ref().map(|table| table.bytes),
                eh_frame_hdr_svma: module
                    .eh_frame_hdr
                    .as_ref()
                    .map(|table| table.range.clone()),
                eh_frame_hdr: module.eh_frame_hdr.as_ref().map(|table| table.bytes),
                text_svma: Some(
                    module.module.start - module.module.base
                        ..module.module.end - module.module.base,
                ),
                ..ExplicitModuleSectionInfo::default()
            };
            let code = module.module.start..module.module.end;
            modules.add_module(Module::new(String::new(), code, module.module.base, tables));
        }
        Self {
            modules,
            rules: CacheNative::new_in(),
            outermost: 0,
            memo: Memo::new(),
        }
    }

    /// Walks from `registers` on. As [`pointers::walk`](super::pointers::walk) otherwise.
    pub(super) fn walk(
        &mut self,
        registers: &Registers,
        bounds: Bounds,
        mut extent: impl Extent,
        calls: &mut [u64],
    ) -> Walked {
        let outermost = self.outermost;
        let (mut hash, mut count, mut last, mut cut_off) = (Hash::default(), 0, 0, false);
        // Takes the next call; whether it is the last one.
        let mut visit = |address: u64| {
            let Some(call) = calls.get_mut(count) else {
                cut_off = true;
                return true;
            };
            *call = address;
            last = address;
            hash.add(address);
            count += 1;
            cut_off = extent.ends(address);
            cut_off || address == outermost
        };
        let mut place = Place {
            address: registers.instruction as u64,
            stack: registers.stack as u64,
            frame: registers.frame as u64,
        };
        let mut address = FrameAddress::from_instruction_pointer(place.address);
        self.memo.begin();
        loop {
            if self.memo.follow(&mut place, bounds, &mut visit) {
                self.memo.end();
                break;
            }
            if place.address != registers.instruction as u64
                && let Some(back) = FrameAddress::from_return_address(place.address)
            {
                address = back;
            }
            let Some(next) = self.step(address, &place, bounds) else {
                self.memo.end();
                self.outermost = last;
                break;
            };
            place = next;
            if visit(place.address) {
                self.memo.end_at(&place);
                break;
            }
        }
        Walked {
            count,
            hash: hash.finish(),
            cut_off,
        }
    }

    /// The place after `place`, a call at `address`, by the tables.
    fn step(&mut self, address: FrameAddress, place: &Place, bounds: Bounds) -> Option<Place> {
        let (next, saved) = self.look_up(address, place, bounds)?;
        if let Some(saved) = saved {
            // The step goes by the frame pointer if it goes elsewhere, or nowhere, with another one.
            let other = Place {
                frame: !place.frame,
                ..*place
            };
            let same = self
                .look_up(address, &other, bounds)
                .is_some_and(|(other, _)| {
                    (other.address, other.stack) == (next.address, next.stack)
                });
            self.memo.learn(Needs {
                saved,
                frame: !same,
            });
        }
        Some(next)
    }

    /// The same, and where the frame pointer of the caller was read, as [`Needs`] has it; `None`
    /// if there was more to read than that.
    fn look_up(
        &mut self,
        address: FrameAddress,
        place: &Place,
        bounds: Bounds,
    ) -> Option<(Place, Option<u64>)> {
        let mut registers = UnwindRegsNative::new(place.address, place.stack, place.frame);
        let mut words = [(0, 0); 2];
        let mut count = 0;
        let mut read = |address: u64| {
            let word = bounds.read(address).ok_or(())?;
            if let Some(place) = words.get_mut(count) {
                *place = (address, word);
            }
            count += 1;
            Ok(word)
        };
        let back = self
            .modules
            .unwind_frame(address, &mut registers, &mut self.rules, &mut read)
            .ok()??;
        let next = Place {
            address: FrameAddress::from_return_address(back)?.address(),
            stack: registers.sp(),
            frame: registers.bp(),
        };
        let back_at = next.stack.wrapping_sub(8);
        let saved = match (count, words) {
            (1, [(at, _), _]) if at == back_at && next.frame == place.frame => Some(0),
            (2, [(saved, word), (at, _)] | [(at, _), (saved, word)])
                if at == back_at && word == next.frame =>
            {
                Some(saved)
            }
            _ => None,
        };
        Some((next, saved))
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::recorder::modules;
    use crate::recorder::walk::{MAX_CALLS, own_stack};

    #[derive(Clone, Copy, Debug)]
    enum Do {
        /// Calls the function of this number, which does the next things.
        Call(usize),
        Return,
        /// Walks so many calls, or the whole stack.
        Walk(Option<usize>),
    }

    #[derive(Clone, Copy)]
    struct AtMost(Option<usize>);

    impl Extent for AtMost {
        fn ends(&mut self, _: u64) -> bool {
            self.0.as_mut().is_some_and(|left| {
                *left -= 1;
                *left == 0
            })
        }
    }

    /// One unwinder that remembers, and one that is made to forget.
    struct Both {
        remembers: Unwinder,
        forgets: Unwinder,
        walks: usize,
    }

    impl Both {
        #[inline(never)]
        fn walk(&mut self, most: Option<usize>) {
            let at = Registers::here();
            let bounds = Bounds {
                start: at.stack,
                last_frame: own_stack().end - 16,
            };
            let mut calls = [[0; MAX_CALLS]; 2];
            let [kept, anew] = &mut calls;
            let found = self.remembers.walk(&at, bounds, AtMost(most), kept);
            self.forgets.memo = Memo::new();
            let expected = self.forgets.walk(&at, bounds, AtMost(most), anew);
            assert_eq!(kept[..found.count], anew[..expected.count]);
            assert_eq!(
                (found.hash, found.cut_off),
                (expected.hash, expected.cut_off)
            );
            assert!(found.count > 0);
            self.walks += 1;
        }
    }

    type Script<'a> = std::slice::Iter<'a, Do>;

    fn run(script: &mut Script<'_>, both: &mut Both) {
        while let Some(&next) = script.next() {
            match next {
                Do::Call(number) => FUNCTIONS[number](script, both),
                Do::Return => return,
                Do::Walk(most) => both.walk(most),
            }
        }
    }

    /// Frames of several sizes.
    #[inline(never)]
    fn framed<const WORDS: usize>(script: &mut Script<'_>, both: &mut Both) {
        let words = black_box([WORDS; WORDS]);
        run(script, both);
        black_box(words);
    }

    /// Two calls from one frame: the places are the same, the addresses to return to are not.
    #[inline(never)]
    fn twice(script: &mut Script<'_>, both: &mut Both) {
        run(script, both);
        black_box(());
        run(script, both);
    }

    const FUNCTIONS: [fn(&mut Script<'_>, &mut Both); 4] =
        [framed::<1>, framed::<2>, framed::<40>, twice];

    fn script() -> impl Strategy<Value = Vec<Do>> {
        let most = prop_oneof![Just(None), (1..12usize).prop_map(Some)];
        vec(
            prop_oneof![
                3 => (0..FUNCTIONS.len()).prop_map(Do::Call),
                2 => Just(Do::Return),
                3 => most.prop_map(Do::Walk),
            ],
            1..200,
        )
    }

    proptest! {
        #[test]
        fn what_is_remembered_is_what_is_there(script in script()) {
            let loaded = modules::loaded();
            let mut both = Both {
                remembers: Unwinder::new(&loaded),
                forgets: Unwinder::new(&loaded),
                walks: 0,
            };
            let mut things = script.iter();
            while things.len() > 0 {
                run(&mut things, &mut both);
            }
            let wanted = script.iter().filter(|thing| matches!(thing, Do::Walk(_))).count();
            prop_assert_eq!(both.walks, wanted);
        }
    }

    /// Deeper than a walk goes, and back.
    #[test]
    fn deep_stacks_are_remembered_in_part() {
        let down = std::iter::repeat_n([Do::Call(0), Do::Walk(None)], 2 * MAX_CALLS);
        let up = std::iter::repeat_n([Do::Return, Do::Walk(None)], 2 * MAX_CALLS);
        let script: Vec<Do> = down.chain(up).flatten().collect();
        let work = move || {
            let loaded = modules::loaded();
            let mut both = Both {
                remembers: Unwinder::new(&loaded),
                forgets: Unwinder::new(&loaded),
                walks: 0,
            };
            run(&mut script.iter(), &mut both);
            assert_eq!(both.walks, 4 * MAX_CALLS);
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work);
        thread
            .expect("a thread starts")
            .join()
            .expect("it ends well");
    }
}
