//! Events that wait for those which they overtook.

use hashbrown::HashMap;

use crate::read::Moment;

/// Addresses at which events wait before those are looked through that wait in vain.
pub(super) const PATIENCE: usize = 1024;

/// An event that waits for one of another thread, which it overtook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending<T> {
    pub(super) thread: u32,
    pub(super) moment: Moment,
    pub(super) what: T,
}

/// Events that wait for those of other threads which they overtook, by address.
#[derive(Debug)]
pub(super) struct Waiting<T>(HashMap<u64, Vec<Pending<T>>>);

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Waiting<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
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
            pending.thread != thread && moment.from <= pending.moment.to && fits(&pending.what)
        })
    }

    pub(super) fn add(&mut self, thread: u32, moment: Moment, address: u64, what: T) {
        if self.0.len() >= PATIENCE && self.0.len().is_power_of_two() {
            self.0.retain(|_, waiting| {
                waiting.retain(|pending| moment.from <= pending.moment.to);
                !waiting.is_empty()
            });
        }
        let pending = Pending {
            thread,
            moment,
            what,
        };
        self.0.entry(address).or_default().push(pending);
    }

    /// Those at one address.
    pub(super) fn at(&self, address: u64) -> &[Pending<T>] {
        self.0.get(&address).map_or(&[], Vec::as_slice)
    }

    /// Takes the first at an address that `fits`.
    pub(super) fn take_first(
        &mut self,
        address: u64,
        fits: impl Fn(&Pending<T>) -> bool,
    ) -> Option<Pending<T>> {
        let waiting = self.0.get_mut(&address)?;
        let found = waiting.iter().position(fits);
        let found = found.map(|index| waiting.remove(index));
        if waiting.is_empty() {
            self.0.remove(&address);
        }
        found
    }

    /// At how many addresses events wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
