//! Events that wait for those which they overtook.

use hashbrown::HashMap;

use crate::read::Moment;

/// Events that wait, at least, before all are looked through for those that wait in vain.
pub(super) const PATIENCE: usize = 1024;

/// An event that waits for one of another thread, which it overtook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending<T> {
    pub(super) thread: u32,
    pub(super) moment: Moment,
    pub(super) what: T,
}

impl<T> Pending<T> {
    /// Whether what it waits for may still come, now that events of `moment` do.
    fn has_hope(&self, moment: Moment) -> bool {
        moment.from <= self.moment.to
    }
}

/// Events that wait for those of other threads which they overtook, by address.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    by_address: HashMap<u64, Vec<Pending<T>>>,
    /// How many may be added until all are looked through.
    left: usize,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            by_address: HashMap::new(),
            left: PATIENCE,
        }
    }
}

impl<T> Waiting<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }

    /// Takes the event that one of `thread` may have been overtaken by, if it `fits`.
    #[inline]
    pub(super) fn take(
        &mut self,
        thread: u32,
        moment: Moment,
        address: u64,
        fits: impl Fn(&T) -> bool,
    ) -> Option<Pending<T>> {
        if self.is_empty() {
            return None;
        }
        self.take_first(address, |pending| {
            pending.thread != thread && pending.has_hope(moment) && fits(&pending.what)
        })
    }

    pub(super) fn add(&mut self, thread: u32, moment: Moment, address: u64, what: T) {
        if self.left == 0 {
            self.forget(moment);
        }
        self.left -= 1;
        let pending = Pending {
            thread,
            moment,
            what,
        };
        let waiting = self.by_address.entry(address).or_default();
        // PERF: addresses are used again and again, and so is the room for what waits at one.
        waiting.retain(|pending| pending.has_hope(moment));
        waiting.push(pending);
    }

    /// Gives up what waits in vain.
    #[cold]
    fn forget(&mut self, moment: Moment) {
        let mut waits = 0;
        self.by_address.retain(|_, waiting| {
            waiting.retain(|pending| pending.has_hope(moment));
            waits += waiting.len();
            !waiting.is_empty()
        });
        self.left = PATIENCE.max(waits);
    }

    /// Those at one address.
    pub(super) fn at(&self, address: u64) -> &[Pending<T>] {
        self.by_address.get(&address).map_or(&[], Vec::as_slice)
    }

    /// Takes the first at an address that `fits`.
    pub(super) fn take_first(
        &mut self,
        address: u64,
        fits: impl Fn(&Pending<T>) -> bool,
    ) -> Option<Pending<T>> {
        let waiting = self.by_address.get_mut(&address)?;
        let found = waiting.iter().position(fits);
        let found = found.map(|index| waiting.remove(index));
        if waiting.is_empty() {
            self.by_address.remove(&address);
        }
        found
    }

    /// How many events wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_address.values().map(Vec::len).sum()
    }
}
