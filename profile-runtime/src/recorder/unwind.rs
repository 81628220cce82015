//! Walks a stack by the unwind tables of the code on it.

use framehop::{
    CacheNative, ExplicitModuleSectionInfo, Module, MustNotAllocateDuringUnwind, Unwinder as _,
    UnwinderNative,
};

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
        let mut read = |address: u64| {
            let address = address as usize;
            if address < bounds.start || address > bounds.last_frame {
                return Err(());
            }
            // SAFETY: a word within this thread's stack, above its stack pointer.
            #[expect(unsafe_code)]
            Ok(unsafe { std::ptr::with_exposed_provenance::<u64>(address).read_unaligned() })
        };
        let mut frames = self.modules.iter_frames(
            registers.instruction as u64,
            registers.into(),
            &mut self.rules,
            &mut read,
        );
        // The first is where the walk began.
        let _ = frames.next();
        let mut hash = Hash::new();
        let mut count = 0;
        let mut last = 0;
        while last != self.outermost || last == 0 {
            let Ok(Some(frame)) = frames.next() else {
                self.outermost = last;
                break;
            };
            last = frame.address();
            let Some(call) = calls.get_mut(count) else {
                return Walked {
                    count,
                    hash: hash.finish(),
                    cut_off: true,
                };
            };
            *call = last;
            hash.add(last);
            count += 1;
            if extent.ends(last) {
                return Walked {
                    count,
                    hash: hash.finish(),
                    cut_off: true,
                };
            }
        }
        Walked {
            count,
            hash: hash.finish(),
            cut_off: false,
        }
    }
}

impl From<&Registers> for framehop::UnwindRegsNative {
    fn from(registers: &Registers) -> Self {
        Self::new(
            registers.instruction as u64,
            registers.stack as u64,
            registers.frame as u64,
        )
    }
}
