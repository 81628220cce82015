//! The calling thread's way to its record and to its tables: two thread-local pointers.

pub(crate) use place::{Way, get, set};

/// The place is one of the thread's static ones, of known distance from the thread pointer.
///
/// PERF: what `thread_local!` is compiled to in a library is a call, which the linker takes out in the
/// end, but for which every register had to be saved: ten instructions of the 27 of a free. Rust offers no
/// choice of the model on stable, so the place is declared in assembly, where the model is a matter of
/// the relocation (`@GOTTPOFF`: "ELF Handling For Thread-Local Storage", 4.3.6).
#[cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    target_pointer_width = "64",
    not(miri)
))]
#[expect(unsafe_code)]
mod place {
    use std::arch::{asm, global_asm};
    use std::ptr;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use crate::record::{Record, Tables};

    global_asm!(
        ".pushsection .tbss.memline_current_record,\"awT\",@nobits",
        ".hidden memline_current_record",
        ".globl memline_current_record",
        ".type memline_current_record,@object",
        ".size memline_current_record,16",
        ".p2align 4",
        "memline_current_record:", // the record, and 8 bytes behind it its tables
        ".zero 16",
        ".popsection",
    );

    /// Where the place is from the thread pointer; 0 before the first record is set.
    ///
    /// What is inlined elsewhere reads this rather than the symbol, which another library could not see.
    static WAY: Way = Way::UNKNOWN;

    pub(crate) fn get() -> Option<&'static Record> {
        WAY.record()
    }

    /// Where the place is from the thread pointer, as far as that is known; else 0.
    ///
    /// PERF: who asks often has one of its own: that is nearer than one of this crate, whose address is to
    /// be loaded first.
    #[derive(Debug, Default)]
    pub(crate) struct Way(AtomicUsize);

    impl Way {
        #[expect(
            clippy::declare_interior_mutable_const,
            reason = "each way is to be a copy"
        )]
        pub(crate) const UNKNOWN: Self = Self(AtomicUsize::new(0));

        /// The thread's record, if it has one and the way there is known.
        #[inline(always)]
        pub(crate) fn record(&self) -> Option<&'static Record> {
            // SAFETY: `set` puts null or a record there.
            unsafe { self.word::<0, Record>() }
        }

        /// The tables of that record, if it has any.
        ///
        /// PERF: a place of their own is a load less than the record's.
        #[inline(always)]
        pub(crate) fn tables(&self) -> Option<&'static Tables> {
            // SAFETY: `set` puts null or the record's tables there.
            unsafe { self.word::<8, Tables>() }
        }

        /// What the word at this byte of the thread's place points to, if the way there is known.
        ///
        /// # Safety
        ///
        /// The word is null, or points to a `T` that is never freed.
        #[inline(always)]
        unsafe fn word<const AT: usize, T>(&self) -> Option<&'static T> {
            let offset = self.0.load(Relaxed);
            if offset == 0 {
                return None;
            }
            let word: *const T;
            // SAFETY: reads the thread's place, of which the caller knows what it holds.
            unsafe {
                asm!(
                    "mov {word}, qword ptr fs:[{offset} + {at}]",
                    offset = in(reg) offset,
                    at = const AT,
                    word = lateout(reg) word,
                    options(pure, readonly, nostack, preserves_flags),
                );
                word.as_ref()
            }
        }

        /// Learns the way, once a record was set.
        pub(crate) fn learn(&self) {
            self.0.store(WAY.0.load(Relaxed), Relaxed);
        }
    }

    /// Makes `record` this thread's, with the tables it has by now.
    #[inline(never)]
    pub(crate) fn set(record: Option<&'static Record>) {
        let tables = record.and_then(Record::tables);
        let tables = tables.map_or(ptr::null(), ptr::from_ref);
        let record = record.map_or(ptr::null(), ptr::from_ref);
        let offset: usize;
        // SAFETY: writes the thread's place, of which only this module knows.
        unsafe {
            asm!(
                "mov {offset}, qword ptr [rip + memline_current_record@GOTTPOFF]",
                "mov qword ptr fs:[{offset}], {record}",
                "mov qword ptr fs:[{offset} + 8], {tables}",
                offset = out(reg) offset,
                record = in(reg) record,
                tables = in(reg) tables,
                options(nostack, preserves_flags),
            );
        }
        WAY.0.store(offset, Relaxed);
    }
}

#[cfg(not(all(
    target_os = "linux",
    target_arch = "x86_64",
    target_pointer_width = "64",
    not(miri)
)))]
mod place {
    use std::cell::Cell;

    use crate::record::{Record, Tables};

    thread_local! {
        // PERF: const and without a destructor, so that no state is to be looked at.
        static CURRENT: Cell<Option<&'static Record>> = const { Cell::new(None) };
    }

    pub(crate) fn get() -> Option<&'static Record> {
        CURRENT.get()
    }

    /// `thread_local!` knows the way.
    #[derive(Debug, Default)]
    pub(crate) struct Way;

    impl Way {
        pub(crate) const UNKNOWN: Self = Self;

        /// The thread's record, if it has one.
        #[inline(always)]
        pub(crate) fn record(&self) -> Option<&'static Record> {
            CURRENT.get()
        }

        /// The tables of that record, if it has any.
        #[inline(always)]
        pub(crate) fn tables(&self) -> Option<&'static Tables> {
            CURRENT.get()?.tables()
        }

        pub(crate) fn learn(&self) {}
    }

    pub(crate) fn set(record: Option<&'static Record>) {
        CURRENT.set(record);
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use crate::record;

    #[test]
    fn each_thread_has_its_own() {
        let mine = record::current();
        let theirs = std::thread::spawn(|| {
            assert!(super::get().is_none_or(|record| ptr::eq(record, record::current())));
            let before = ptr::from_ref(record::current()).addr();
            super::set(None);
            assert!(super::get().is_none());
            before
        });
        let theirs = theirs.join().expect("the thread ends well");
        assert_ne!(theirs, ptr::from_ref(mine).addr());
        assert!(ptr::eq(record::current(), mine));
    }
}
