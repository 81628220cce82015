//! Profiled functions: where each stands, and the list of those that have run.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::panic::RefUnwindSafe;
use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU16, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::current::Way;
use crate::cursor::TableRef;
use crate::table::Table;
use crate::{arena, exit, record};

/// A profiled function: a node in the list of all that have run.
///
/// PERF: The compiler evaluates each `static`, so this one begins as a mere copy of a constant; what is
/// known of the function comes with its first call. The compiler also proves anew of each that it may change
/// and that threads may share it: that it is a cell, and `Sync`, is said where it is looked for first. A
/// `OnceLock` in it costs a tenth of all that is spent on a small function's probes, and proofs field by field
/// a fortieth.
#[repr(transparent)]
pub struct Site(UnsafeCell<State>);

// SAFETY: what it holds is `Sync`, and reached by shared references alone.
#[expect(unsafe_code)]
unsafe impl Sync for Site {}

/// A future that is profiled holds one, and is as safe to be found after a panic as it was.
impl RefUnwindSafe for Site {}

const _: () = {
    const fn is_shared<T: Sync + RefUnwindSafe>() {}
    is_shared::<State>();
};

struct State {
    /// Null before the first call; never freed.
    about: AtomicPtr<About>,
    next: AtomicPtr<Site>,
    way: Way,
    /// A [`SiteId`].
    id: AtomicU16,
}

/// The number of a site that has run.
///
/// PERF: whatever it is, it is in range of an array of all sites.
#[derive(Clone, Copy)]
pub(crate) struct SiteId(u16);

impl SiteId {
    /// How many there may be.
    pub(crate) const COUNT: usize = u16::MAX as usize + 1;

    /// That of sites which have not run: no record has a table for it.
    const NONE: Self = Self(0);

    /// Those of all sites that have run.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let used = NEXT_ID.load(Acquire).min(Self::COUNT as u32);
        (1..used).map(|id| Self(id as u16))
    }

    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.0.into()
    }

    fn is_none(self) -> bool {
        self.0 == Self::NONE.0
    }
}

/// What the macro found out about a function.
#[derive(Clone, Copy)]
pub(crate) struct About {
    /// Tells the name: the one given, or the type name of an item in the function's body.
    pub(crate) name: fn() -> &'static str,
    /// The line number of each slot, with commas in between, the file and the source; a NUL stands between
    /// any two of these.
    ///
    /// PERF: one string costs the compiler much less than a structure that holds three.
    pub(crate) place: &'static str,
}

/// Where a profiled function stands.
pub(crate) struct Place {
    /// The line number of each slot, or [`NO_LINE`](Self::NO_LINE). Slot 0 carries the calls, at the line
    /// of the first row.
    pub(crate) lines: Vec<u32>,
    /// The source file, as the compiler names it.
    pub(crate) file: &'static str,
    /// The source from the first row to the closing brace; empty where it is not known.
    pub(crate) source: &'static str,
}

impl Place {
    /// Stands for what happens outside of all lines, which belongs to the caller.
    pub(crate) const NO_LINE: u32 = u32::MAX;

    pub(crate) fn first_line(&self) -> u32 {
        self.lines.first().copied().unwrap_or_default()
    }
}

impl About {
    pub(crate) fn place(self) -> Place {
        let (lines, rest) = self.place.split_once('\0').unwrap_or_default();
        let (file, source) = rest.split_once('\0').unwrap_or_default();
        Place {
            lines: numbers(lines).collect(),
            file,
            source,
        }
    }

    /// How many lines have a slot.
    fn slots(self) -> usize {
        let lines = self.place.split('\0').next();
        numbers(lines.unwrap_or_default()).count()
    }
}

fn numbers(lines: &str) -> impl Iterator<Item = u32> {
    lines.split(',').filter_map(|line| line.parse().ok())
}

static SITES: AtomicPtr<Site> = AtomicPtr::new(ptr::null_mut());
static NEXT_ID: AtomicU32 = AtomicU32::new(1);

/// A site that has not run yet.
///
/// PERF: a path of its own is found at less cost than a constant of the type.
#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each site is to be a copy"
)]
pub const NEW_SITE: Site = Site(UnsafeCell::new(State {
    about: AtomicPtr::new(ptr::null_mut()),
    next: AtomicPtr::new(ptr::null_mut()),
    way: Way::UNKNOWN,
    id: AtomicU16::new(SiteId::NONE.0),
}));

impl Site {
    #[inline(always)]
    fn state(&self) -> &State {
        // SAFETY: nobody has it but by shared references.
        #[expect(unsafe_code)]
        unsafe {
            &*self.0.get()
        }
    }

    /// What is known of the function; `None` before its first call.
    pub(crate) fn about(&self) -> Option<About> {
        // SAFETY: null, or written before it was stored, and never freed.
        #[expect(unsafe_code)]
        unsafe {
            self.state().about.load(Acquire).as_ref().copied()
        }
    }

    /// Notes what is known of the function.
    pub(crate) fn describe(&self, about: About) {
        if self.about().is_some() {
            return;
        }
        let block = arena::alloc_zeroed(Layout::new::<About>()).cast::<About>();
        if block.is_null() {
            return;
        }
        // SAFETY: a block of the layout, which nobody else has.
        #[expect(unsafe_code)]
        unsafe {
            block.write(about);
        }
        // Where another thread was quicker, the block stays unused.
        let _ = self
            .state()
            .about
            .compare_exchange(ptr::null_mut(), block, Release, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn id(&self) -> SiteId {
        SiteId(self.state().id.load(Relaxed))
    }

    /// This thread's table of the site; `None` where profiling is off.
    #[inline(always)]
    pub(crate) fn table(&'static self) -> Option<TableRef> {
        let table = self.table_if_any();
        if table.is_some() { table } else { self.join() }
    }

    /// The same at the beginning of the function itself, where it may be the first call of all.
    #[inline(always)]
    pub(crate) fn table_of_function(
        &'static self,
        name: fn() -> &'static str,
        place: &'static str,
    ) -> Option<TableRef> {
        let table = self.table_if_any();
        if table.is_some() {
            table
        } else {
            self.begin(name, place)
        }
    }

    #[inline(always)]
    fn table_if_any(&self) -> Option<TableRef> {
        self.state().way.tables()?.get(self.id())
    }

    /// PERF: what is known comes in registers. As one value it would be laid out on the stack for the call,
    /// before it is known whether there will be one.
    #[cold]
    #[inline(never)]
    fn begin(&'static self, name: fn() -> &'static str, place: &'static str) -> Option<TableRef> {
        self.describe(About { name, place });
        self.join()
    }

    /// First call on this thread.
    #[cold]
    #[inline(never)]
    fn join(&'static self) -> Option<TableRef> {
        if !crate::start::profiling() {
            return None;
        }
        let slots = u32::try_from(self.about()?.slots()).ok()?;
        let record = record::current();
        self.state().way.learn();
        let id = self.register()?;
        if let Some(table) = record.table(id) {
            return Some(table);
        }
        let table = Table::create(record, slots, crate::start::timed())?;
        record.insert(id, table)?;
        Some(table)
    }

    fn register(&'static self) -> Option<SiteId> {
        if !self.id().is_none() {
            return Some(self.id());
        }
        let Some(id) = next_id() else {
            complain_of_too_many();
            return None;
        };
        let (state, none) = (self.state(), SiteId::NONE);
        if let Err(first) = state.id.compare_exchange(none.0, id.0, AcqRel, Acquire) {
            return Some(SiteId(first)); // another thread was quicker; a number stays unused
        }
        let mut head = SITES.load(Relaxed);
        loop {
            state.next.store(head, Relaxed);
            let new = ptr::from_ref(self).cast_mut();
            match SITES.compare_exchange_weak(head, new, AcqRel, Relaxed) {
                Ok(_) => return Some(id),
                Err(other) => head = other,
            }
        }
    }
}

fn next_id() -> Option<SiteId> {
    let more = |id: u32| u16::try_from(id).is_ok().then_some(id + 1);
    let id = NEXT_ID.fetch_update(AcqRel, Relaxed, more).ok()?;
    u16::try_from(id).ok().map(SiteId)
}

fn complain_of_too_many() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Relaxed) {
        let most = SiteId::COUNT - 1;
        exit::complain(&format!(
            "{most} profiled functions have run; those that run first after that are not profiled"
        ));
    }
}

/// The sites that have run, newest first.
pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
    // SAFETY: only `&'static Site`s are linked.
    #[expect(unsafe_code)]
    let follow = |link: &AtomicPtr<Site>| unsafe { link.load(Acquire).as_ref::<'static>() };
    std::iter::successors(follow(&SITES), move |site| follow(&site.state().next))
}
