//! Profiled functions: where each stands, and the list of those that have run.

use std::ptr;
use std::sync::atomic::{
    AtomicPtr, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use crate::cursor::TableRef;
use crate::record;
use crate::table::Table;

/// Where a profiled function stands, as the macro found it.
pub struct Place {
    /// The module around the function.
    pub module: &'static str,
    /// The function's name.
    pub name: Name,
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// Line of the first row.
    pub first_line: u32,
    /// The source from `first_line` to the closing brace; empty where it is not known.
    pub source: &'static str,
    /// The line number of each slot, or [`NO_LINE`](Self::NO_LINE). Slot 0 carries the calls.
    pub lines: &'static [u32],
}

impl Place {
    /// Stands for what happens outside of all lines, which belongs to the caller.
    pub(crate) const NO_LINE: u32 = u32::MAX;
}

/// How a profiled function is called in reports.
pub enum Name {
    /// `#[profile(name = "…")]`.
    Given(&'static str),
    /// The type name of an item in the function's body, which holds the path of the function.
    Of(fn() -> &'static str),
}

/// A profiled function: a node in the list of all that have run. Joining it allocates nothing.
pub struct Site {
    place: &'static Place,
    id: AtomicU32,
    next: AtomicPtr<Site>,
}

const UNREGISTERED: u32 = u32::MAX;

static SITES: AtomicPtr<Site> = AtomicPtr::new(ptr::null_mut());
static NEXT_ID: AtomicU32 = AtomicU32::new(0);

impl Site {
    /// A site that has not run yet.
    #[must_use]
    pub const fn new(place: &'static Place) -> Self {
        let next = AtomicPtr::new(ptr::null_mut());
        Self {
            place,
            id: AtomicU32::new(UNREGISTERED),
            next,
        }
    }

    /// The path of an item, for [`Name::Of`].
    #[must_use]
    pub fn path<T>(_: &T) -> &'static str {
        std::any::type_name::<T>()
    }

    #[inline]
    pub(crate) fn place(&self) -> &'static Place {
        self.place
    }

    #[inline(always)]
    pub(crate) fn id(&self) -> u32 {
        self.id.load(Relaxed)
    }

    /// This thread's table of the site; `None` where profiling is off.
    #[inline(always)]
    pub(crate) fn table(&'static self) -> Option<TableRef> {
        let table = record::current_if_any().and_then(|record| record.table(self.id()));
        if table.is_some() { table } else { self.join() }
    }

    /// First call on this thread.
    #[cold]
    #[inline(never)]
    fn join(&'static self) -> Option<TableRef> {
        if !crate::start::profiling() || self.place.lines.is_empty() {
            return None;
        }
        let record = record::current();
        let id = self.register();
        if let Some(table) = record.table(id) {
            return Some(table);
        }
        let table = Table::create(record, self.place.lines.len(), crate::start::timed())?;
        record.insert(id, table)?;
        Some(table)
    }

    fn register(&'static self) -> u32 {
        if self.id() != UNREGISTERED {
            return self.id();
        }
        let id = NEXT_ID.fetch_add(1, Relaxed);
        if let Err(first) = self.id.compare_exchange(UNREGISTERED, id, AcqRel, Acquire) {
            return first; // another thread was quicker; a number stays unused
        }
        let mut head = SITES.load(Relaxed);
        loop {
            self.next.store(head, Relaxed);
            let new = ptr::from_ref(self).cast_mut();
            match SITES.compare_exchange_weak(head, new, AcqRel, Relaxed) {
                Ok(_) => return id,
                Err(other) => head = other,
            }
        }
    }
}

/// The sites that have run, newest first.
pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
    // SAFETY: only `&'static Site`s are linked.
    #[expect(unsafe_code)]
    let follow = |link: &AtomicPtr<Site>| unsafe { link.load(Acquire).as_ref::<'static>() };
    std::iter::successors(follow(&SITES), move |site| follow(&site.next))
}
