//! One record per running thread: its counters, and its table of each site.
//!
//! Records are never freed. When a thread ends its record is handed, figures and all, to the next
//! thread that starts, so that nothing is merged, nothing is lost, and memory is bounded by the
//! largest number of threads that ran at once.

use std::alloc::Layout;
use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::arena;
use crate::counters::{self, Counters};
use crate::current;
use crate::cursor::TableRef;
use crate::site::SiteId;
use crate::table::Table;
use crate::tally::{Balance, Tally};
use crate::watch::Watch;
use crate::{recorder, timeline, trace};

/// What one thread measures. See the module.
#[repr(C, align(128))]
pub(crate) struct Record {
    pub(crate) counters: Counters,
    /// The resident set as last read by this thread, in bytes; 0 before the first reading.
    pub(crate) rss: Tally,
    /// What the thread's balance stays above, and its top below, as long as that reading will do.
    pub(crate) rss_floor: Balance,
    pub(crate) rss_ceiling: Balance,
    /// What is told where no frame is entered; nobody looks at it.
    outside: Watch,
    /// When a line's sample last read it, in nanoseconds.
    pub(crate) rss_read: Tally,
    /// Null before the first table.
    tables: AtomicPtr<Tables>,
    /// Counts the threads that have owned the record.
    owner: AtomicU64,
    in_use: AtomicBool,
    /// The counters when the present thread took the record over.
    pub(crate) start: Start,
    next: AtomicPtr<Record>,
}

/// The blocks of a thread's tables, by the ids of sites; null where it has none.
///
/// PERF: there is room for every id, so that none is compared with a length. What is not touched of it is
/// not in memory.
pub(crate) struct Tables([AtomicPtr<()>; SiteId::COUNT]);

/// The counters of a record when its thread began.
#[derive(Default)]
pub(crate) struct Start {
    pub(crate) allocs: Tally,
    pub(crate) frees: Tally,
    pub(crate) reallocs: Tally,
    pub(crate) allocated: Tally,
    pub(crate) freed: Tally,
    pub(crate) reallocated: Balance,
}

/// Newest first; each points to the one before.
static RECORDS: AtomicPtr<Record> = AtomicPtr::new(ptr::null_mut());

/// For threads that find no memory for a record of their own: their figures may lose counts.
static SPARE: Record = Record::new();

/// The record of this thread, if it has one already.
pub(crate) use crate::current::get as current_if_any;

/// The record of this thread.
#[inline(always)]
pub(crate) fn current() -> &'static Record {
    match current_if_any() {
        Some(record) => record,
        None => take_over(),
    }
}

/// Leaves the thread without a record, so that what it allocates takes the slow path.
pub(crate) fn forget_current() {
    current::set(None);
}

/// Every record, in use or not.
pub(crate) fn all() -> impl Iterator<Item = &'static Record> {
    // SAFETY: records are never freed, and one is complete before it is linked.
    #[expect(unsafe_code)]
    let follow = |link: &AtomicPtr<Record>| unsafe { link.load(Acquire).as_ref::<'static>() };
    let linked = std::iter::successors(follow(&RECORDS), move |record| follow(&record.next));
    linked.chain([&SPARE])
}

/// Begins or ends to follow what all threads do, as is wanted; see [`Counters::follow`].
#[cfg(all(feature = "record", target_os = "linux", target_arch = "x86_64"))]
pub(crate) fn follow_all() {
    for record in all() {
        record.counters.follow(counters::is_wanted);
    }
}

impl Record {
    const fn new() -> Self {
        Self {
            counters: Counters::new(),
            rss: Tally::new(0),
            rss_floor: Balance::new(0),
            rss_ceiling: Balance::new(0),
            outside: Watch::new(),
            rss_read: Tally::new(0),
            tables: AtomicPtr::new(ptr::null_mut()),
            owner: AtomicU64::new(0),
            in_use: AtomicBool::new(true),
            start: Start {
                allocs: Tally::new(0),
                frees: Tally::new(0),
                reallocs: Tally::new(0),
                allocated: Tally::new(0),
                freed: Tally::new(0),
                reallocated: Balance::new(0),
            },
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Tells the threads that have owned the record apart.
    pub(crate) fn owner(&self) -> u64 {
        self.owner.load(Relaxed)
    }

    /// The table of the site with this id, if the record has one.
    pub(crate) fn table(&self, site: SiteId) -> Option<TableRef> {
        self.tables()?.get(site)
    }

    /// Adds the table of a site. Only the record's own thread calls this.
    pub(crate) fn insert(&'static self, site: SiteId, table: TableRef) -> Option<()> {
        let tables = self.tables().or_else(|| self.reserve_tables())?;
        tables.0[site.index()].store(table.block(), Release);
        Some(())
    }

    #[inline(always)]
    pub(crate) fn tables(&self) -> Option<&'static Tables> {
        // SAFETY: null, or what `reserve_tables` has reserved, which is never freed.
        #[expect(unsafe_code)]
        unsafe {
            self.tables.load(Acquire).as_ref()
        }
    }

    fn reserve_tables(&'static self) -> Option<&'static Tables> {
        let tables = arena::reserve::<Tables>();
        // SAFETY: null, or zeroed memory of the type, of which nobody else knows: pointers in it are null.
        #[expect(unsafe_code)]
        let reserved = unsafe { tables.as_ref() }?;
        self.tables.store(tables, Release);
        if current_if_any().is_some_and(|mine| ptr::eq(mine, self)) {
            current::set(Some(self));
        }
        Some(reserved)
    }

    /// Every table of the record.
    pub(crate) fn all_tables(&self) -> impl Iterator<Item = &'static Table> {
        SiteId::all().filter_map(|site| self.table(site).map(TableRef::get))
    }

    /// Begins a thread's life with this record.
    fn adopt(&'static self) {
        let (start, counters) = (&self.start, &self.counters);
        start.allocs.set(counters.allocs());
        start.frees.set(counters.frees.get());
        start.reallocs.set(counters.reallocs.get());
        start.allocated.set(counters.allocated.get());
        start.freed.set(counters.freed());
        start.reallocated.set(counters.reallocated.get());
        counters.watch.set(&self.outside);
        self.owner.store(self.owner().wrapping_add(1), Relaxed);
        for table in self.all_tables() {
            table.abandon();
        }
        current::set(Some(self));
    }

    /// Ends it: the record waits for the next thread.
    fn release(&self) {
        recorder::thread_ended();
        trace::thread_ended();
        self.counters.publish();
        current::set(None);
        self.in_use.store(false, Release);
    }

    fn try_claim(&self) -> bool {
        !self.in_use.load(Relaxed)
            && self
                .in_use
                .compare_exchange(false, true, AcqRel, Relaxed)
                .is_ok()
    }
}

impl Tables {
    /// The table of the site with this id, if there is one.
    #[inline(always)]
    pub(crate) fn get(&self, site: SiteId) -> Option<TableRef> {
        let block = self.0[site.index()].load(Acquire);
        // SAFETY: null or the block of a table.
        #[expect(unsafe_code)]
        unsafe {
            TableRef::from_block(block)
        }
    }
}

/// Gives the thread a record: one that an ended thread left, or a new one.
#[cold]
#[inline(never)]
fn take_over() -> &'static Record {
    if crate::signal_report::is_mine() {
        return &SPARE; // nothing counts any more
    }
    let free = all().find(|record| record.try_claim());
    let Some(record) = free.or_else(create) else {
        return &SPARE;
    };
    record.adopt();
    thread_end::watch(record);
    recorder::begin_if_asked();
    timeline::begin_if_asked();
    trace::begin_if_asked();
    #[cfg(all(feature = "trace", target_os = "linux", target_arch = "x86_64"))]
    crate::live::begin_if_asked();
    record
}

fn create() -> Option<&'static Record> {
    let block = arena::alloc_zeroed(Layout::new::<Record>()).cast::<Record>();
    if block.is_null() {
        return None;
    }
    // SAFETY: a block of the layout, written before it is shared.
    #[expect(unsafe_code)]
    let record = unsafe {
        block.write(Record::new());
        &*block
    };
    let mut head = RECORDS.load(Relaxed);
    loop {
        record.next.store(head, Relaxed);
        let new = ptr::from_ref(record).cast_mut();
        match RECORDS.compare_exchange_weak(head, new, AcqRel, Relaxed) {
            Ok(_) => break,
            Err(other) => head = other,
        }
    }
    // Linked first: whoever turns recording on meanwhile sees the record or is seen here.
    record.counters.follow(counters::is_wanted);
    Some(record)
}

/// The first 16 bytes of this thread's name, zero-padded: `main` for the main thread, nothing
/// where the system does not tell.
pub(crate) fn thread_name() -> [u64; 2] {
    let mut name = [0u8; 16];
    #[cfg(target_os = "linux")]
    #[expect(unsafe_code)]
    // SAFETY: PR_GET_NAME writes at most 16 bytes, ending in zero.
    unsafe {
        if libc::gettid() == libc::getpid() {
            name[..4].copy_from_slice(b"main");
        } else {
            libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr());
        }
    }
    let half = |at: usize| u64::from_ne_bytes(std::array::from_fn(|index| name[at + index]));
    [half(0), half(8)]
}

/// In a forked child only the forking thread runs: the others' records are free.
pub(crate) fn after_fork() {
    let mine = current_if_any().map(ptr::from_ref);
    for record in all().filter(|record| Some(ptr::from_ref(*record)) != mine) {
        record.all_tables().for_each(Table::abandon);
        record.in_use.store(ptr::eq(record, &SPARE), Relaxed);
    }
}

/// Tells when a thread ends: as late as the system allows.
///
/// A pthread key's destructor runs after those of Rust's thread-locals, and again while it sets the
/// key again: what a thread-local's destructor allocates, or the probes in it, still count.
#[cfg(unix)]
mod thread_end {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::{Record, current_if_any};

    const NO_KEY: u64 = u64::MAX;

    static KEY: AtomicU64 = AtomicU64::new(NO_KEY);

    pub(super) fn watch(record: &'static Record) {
        if let Some(key) = key() {
            // SAFETY: the key is valid; the value is only compared with null by the system.
            #[expect(unsafe_code)]
            unsafe {
                libc::pthread_setspecific(key, ptr::from_ref(record).cast());
            }
        }
    }

    fn key() -> Option<libc::pthread_key_t> {
        let known = KEY.load(Relaxed);
        if known != NO_KEY {
            return libc::pthread_key_t::try_from(known).ok();
        }
        let mut key = 0;
        // SAFETY: `key` is a place for the key, `ended` a destructor as the system calls it.
        #[expect(unsafe_code)]
        let failed = unsafe { libc::pthread_key_create(&raw mut key, Some(ended)) } != 0;
        if failed {
            return None;
        }
        match KEY.compare_exchange(NO_KEY, u64::from(key), Relaxed, Relaxed) {
            Ok(_) => Some(key),
            Err(first) => {
                // SAFETY: another thread was quicker; our key was never used.
                #[expect(unsafe_code)]
                unsafe {
                    libc::pthread_key_delete(key);
                }
                libc::pthread_key_t::try_from(first).ok()
            }
        }
    }

    extern "C" fn ended(_: *mut c_void) {
        if let Some(record) = current_if_any() {
            record.release();
        }
    }
}

#[cfg(not(unix))]
mod thread_end {
    use std::cell::OnceCell;

    use super::Record;

    struct Ended(&'static Record);

    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.release();
        }
    }

    thread_local! {
        static ENDED: OnceCell<Ended> = const { OnceCell::new() };
    }

    pub(super) fn watch(record: &'static Record) {
        // Past the thread-local's own end the record stays with the thread that is ending.
        let _ = ENDED.try_with(|ended| ended.set(Ended(record)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        std::thread::spawn(work)
            .join()
            .expect("the thread ends well")
    }

    fn alloc(size: usize) {
        let _ = current().counters.alloc(size);
    }

    #[test]
    fn a_thread_keeps_its_record() {
        in_a_thread(|| assert!(ptr::eq(current(), current())));
    }

    #[test]
    fn ended_threads_leave_their_records_to_new_ones() {
        for _ in 0..100 {
            in_a_thread(|| alloc(1));
        }
        let before = all().count();
        for _ in 0..1000 {
            in_a_thread(|| alloc(1));
        }
        // Other tests of this process may start threads meanwhile.
        assert!(all().count() < before + 100);
    }

    #[test]
    fn a_new_owner_starts_from_zero() {
        in_a_thread(|| alloc(77));
        in_a_thread(|| {
            let record = current();
            assert_eq!(record.counters.allocs(), record.start.allocs.get());
            assert_eq!(
                record.counters.allocated.get(),
                record.start.allocated.get()
            );
        });
    }
}
