//! Walking a thread's stack, and which of the two ways is right for this program.

use std::mem;
use std::ops::Range;

use super::modules::Loaded;
use super::pointers;
use super::unwind::Unwinder;

/// The most calls of a stack that are recorded, the innermost ones.
pub(crate) const MAX_CALLS: usize = 512;

/// New stacks on which both ways must agree before frame pointers are trusted.
const TRIALS: u32 = 64;

/// Walks of stacks already seen, after which they are trusted too.
const TRIAL_WALKS: u32 = 4096;

/// The outermost frames of a program belong to its C library, which may have no frame pointers.
const OUTERMOST: usize = 4;

/// What a walk found; the calls themselves are in the buffer that it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walked {
    pub(crate) count: usize,
    pub(crate) hash: u64,
    /// Whether there are more calls than were walked.
    pub(crate) cut_off: bool,
}

/// Where a walk begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers {
    pub(super) instruction: usize,
    pub(super) stack: usize,
    pub(super) frame: usize,
}

impl Registers {
    /// Those at the place of the call.
    #[inline(always)]
    pub(crate) fn here() -> Self {
        let (instruction, stack, frame);
        // SAFETY: reads three registers, in one place, so that they belong together.
        #[expect(unsafe_code)]
        unsafe {
            std::arch::asm!(
                "lea {}, [rip]",
                "mov {}, rsp",
                "mov {}, rbp",
                out(reg) instruction,
                out(reg) stack,
                out(reg) frame,
                options(nomem, nostack, preserves_flags)
            );
        }
        Self {
            instruction,
            stack,
            frame,
        }
    }
}

/// The part of the stack that may be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The stack pointer.
    pub(super) start: usize,
    /// The last address at which a frame may begin: two words below the end.
    pub(super) last_frame: usize,
}

impl Bounds {
    /// Whether a frame may begin at `address`.
    #[inline(always)]
    pub(super) fn hold_frame(self, address: usize) -> bool {
        address >= self.start && address <= self.last_frame && address.is_multiple_of(8)
    }

    /// The word at `address`, if it may be read.
    #[inline(always)]
    pub(super) fn read(self, address: u64) -> Option<u64> {
        let address = address as usize;
        if address < self.start || address > self.last_frame {
            return None;
        }
        // SAFETY: a word within this thread's stack, above its stack pointer.
        #[expect(unsafe_code)]
        Some(unsafe { std::ptr::with_exposed_provenance::<u64>(address).read_unaligned() })
    }
}

/// The words of a frame: where the next one begins, and the address to return to.
///
/// # Safety
///
/// It lies on this thread's stack, above its stack pointer.
#[expect(unsafe_code)]
#[inline(always)]
pub(super) unsafe fn frame_at(address: usize) -> [usize; 2] {
    // SAFETY: two words of mapped memory, whatever they hold, as the caller promises.
    unsafe { std::ptr::with_exposed_provenance::<[usize; 2]>(address).read_unaligned() }
}

/// How far a walk goes.
pub(crate) trait Extent: Copy {
    /// Whether the call that returns to `address` is the last one that is wanted.
    fn ends(&mut self, address: u64) -> bool;
}

/// As far as the stack goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole;

impl Extent for Whole {
    #[inline(always)]
    fn ends(&mut self, _: u64) -> bool {
        false
    }
}

/// The hash of a stack's addresses, in the order in which they are added.
///
/// PERF: that of no address is 0, so that room for many of them needs not be touched.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hash(u64);

impl Hash {
    // PERF: a polynomial; the multiplication waits for nothing but the one before, and takes less
    // time than the load that leads to the next frame.
    #[inline(always)]
    pub(crate) fn add(&mut self, address: u64) {
        self.0 = self
            .0
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(address);
    }

    /// Never 0, with good upper bits.
    #[inline(always)]
    pub(crate) fn finish(self) -> u64 {
        (self.0 ^ self.0 >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) | 1
    }
}

/// How a program's stacks are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Way {
    /// Not yet known: both ways are tried on the same stacks.
    Both = 0,
    /// By frame pointers.
    Pointers = 1,
    /// By unwind tables.
    Tables = 2,
}

impl Way {
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            1 => Way::Pointers,
            2 => Way::Tables,
            _ => Way::Both,
        }
    }

    /// As it is written into the recording.
    pub(super) fn name(self) -> &'static str {
        match self {
            Way::Both => "undecided",
            Way::Pointers => "frame pointers",
            Way::Tables => "unwind tables",
        }
    }
}

/// Walks the stacks of one thread.
pub(crate) struct Walker {
    pub(crate) way: Way,
    /// The thread's stack.
    stack: Range<usize>,
    unwinder: Option<Box<Unwinder>>,
    trial_walks: u32,
    trial_stacks: u32,
    calls: [u64; MAX_CALLS],
}

impl Walker {
    pub(crate) fn new(way: Way, loaded: &[Loaded]) -> Self {
        let mut walker = Self {
            way,
            stack: own_stack(),
            unwinder: None,
            trial_walks: 0,
            trial_stacks: 0,
            calls: [0; MAX_CALLS],
        };
        walker.reload(loaded);
        walker
    }

    /// Other modules are loaded than before.
    pub(crate) fn reload(&mut self, loaded: &[Loaded]) {
        self.unwinder = (self.way != Way::Pointers).then(|| Box::new(Unwinder::new(loaded)));
    }

    /// The calls that the last walk found, the innermost first.
    pub(crate) fn calls(&self, walked: &Walked) -> &[u64] {
        &self.calls[..walked.count]
    }

    /// Walks the stack that leads to `registers`.
    #[inline(always)]
    pub(super) fn walk(&mut self, registers: &Registers) -> Walked {
        self.walk_within(registers, Whole, MAX_CALLS)
    }

    /// Walks it as far as `extent` wants to go, and no further than `most` calls.
    #[inline(always)]
    pub(crate) fn walk_within(
        &mut self,
        registers: &Registers,
        extent: impl Extent,
        most: usize,
    ) -> Walked {
        let most = most.min(MAX_CALLS);
        if self.way == Way::Pointers {
            let bounds = self.bounds(registers);
            pointers::walk(registers.frame, bounds, extent, &mut self.calls[..most])
        } else {
            self.walk_slowly(registers, extent, most)
        }
    }

    #[inline(always)]
    pub(super) fn bounds(&self, registers: &Registers) -> Bounds {
        // Of a stack that is not the thread's own, a signal's or a coroutine's, nobody knows where
        // it ends: nothing of it is read.
        let own = self.stack.contains(&registers.stack);
        Bounds {
            start: registers.stack,
            last_frame: if own { self.stack.end - 16 } else { 0 },
        }
    }

    #[inline(never)]
    fn walk_slowly(&mut self, registers: &Registers, extent: impl Extent, most: usize) -> Walked {
        let bounds = self.bounds(registers);
        let calls = &mut self.calls[..most];
        let Some(unwinder) = &mut self.unwinder else {
            return pointers::walk(registers.frame, bounds, extent, calls);
        };
        let by_tables = unwinder.walk(registers, bounds, extent, calls);
        if self.way == Way::Tables {
            return by_tables;
        }
        let expected = self.calls;
        let by_pointers = pointers::walk(registers.frame, bounds, extent, &mut self.calls[..most]);
        let found = &self.calls[..by_pointers.count];
        let enough = by_pointers.count + OUTERMOST >= by_tables.count;
        let common = found.len().min(by_tables.count);
        if enough && found[..common] == expected[..common] {
            self.trial_walks += 1;
            if self.trial_walks >= TRIAL_WALKS {
                self.way = Way::Pointers;
            }
            return by_pointers;
        }
        self.way = Way::Tables;
        self.calls = expected;
        by_tables
    }

    /// A stack turned out to be new.
    pub(crate) fn saw_new(&mut self) {
        if self.way == Way::Both {
            self.trial_stacks += 1;
            if self.trial_stacks >= TRIALS {
                self.way = Way::Pointers;
            }
        }
    }

    /// Takes over what another thread has found out.
    pub(crate) fn decide(&mut self, way: Way) {
        self.way = way;
        if way == Way::Pointers {
            self.unwinder = None;
        }
    }
}

/// The addresses of this thread's stack; none where the system does not tell.
pub(super) fn own_stack() -> Range<usize> {
    // SAFETY: the attributes are filled by the first call, read by the second and given back by
    // the third.
    #[expect(unsafe_code)]
    unsafe {
        let mut attributes: libc::pthread_attr_t = mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return 0..0;
        }
        let (mut lowest, mut size) = (std::ptr::null_mut(), 0);
        let failed =
            libc::pthread_attr_getstack(&raw const attributes, &raw mut lowest, &raw mut size) != 0;
        libc::pthread_attr_destroy(&raw mut attributes);
        let lowest = lowest.expose_provenance();
        if failed { 0..0 } else { lowest..lowest + size }
    }
}
