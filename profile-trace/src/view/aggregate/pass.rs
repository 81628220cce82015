//! What each event does to the sums.

use super::{Aggregate, Counts};
use crate::events::Event;
use crate::read::{Error, Moment, Recording, Visitor};
use crate::view::blocks::{End, How};

/// One pass over the events of a recording.
pub(super) struct Pass<'a> {
    pub(super) aggregate: Aggregate,
    pub(super) counts: Option<Counts<'a>>,
}

impl Visitor for Pass<'_> {
    fn coming(&mut self, events: &[Event]) {
        self.aggregate.blocks.fetch(events.iter().map(address));
    }

    fn run(&mut self, thread: u32, moment: Moment, events: &[Event]) {
        let aggregate = &mut self.aggregate;
        if !aggregate.options.hold(moment) {
            return;
        }
        let time = aggregate.time(moment);
        if let Some(spans) = &aggregate.spans {
            aggregate.span = spans.of(time);
        }
        let mut highest = 0;
        for event in events {
            self.event(thread, moment, event);
            self.aggregate.settle(time);
            highest = highest.max(self.aggregate.live.bytes);
        }
        let live = self.aggregate.live.bytes;
        self.aggregate.series.live(time, highest, live);
    }
}

/// Of the block that it begins or ends: both of a reallocation are often one.
fn address(event: &Event) -> u64 {
    match *event {
        Event::Alloc { address, .. } | Event::Free { address, .. } => address,
        Event::Realloc { old, .. } => old,
        Event::Sample { .. } | Event::Time { .. } => 0,
    }
}

impl Pass<'_> {
    #[inline]
    fn event(&mut self, thread: u32, moment: Moment, event: &Event) {
        let Self { aggregate, counts } = self;
        match *event {
            Event::Alloc {
                zeroed,
                address,
                size,
                stack,
            } => {
                let amount = aggregate.weight.of(address, size);
                let site = aggregate.site(thread, stack, counts);
                if aggregate.sites[site as usize].counts {
                    aggregate.sizes.add(size, amount.blocks);
                    let totals = aggregate.totals_mut(thread);
                    if zeroed {
                        totals.zeroed += amount.blocks;
                    } else {
                        totals.allocs += amount.blocks;
                    }
                    totals.allocated = totals.allocated.saturating_add(amount.bytes);
                }
                aggregate.begin(site, moment, address, amount);
            }
            Event::Realloc {
                old,
                old_size,
                address,
                size,
                stack,
            } => {
                let amount = aggregate.weight.of(address, size);
                let site = aggregate.site(thread, stack, counts);
                let mut after = 0;
                if aggregate.sites[site as usize].counts {
                    aggregate.sizes.add(size, amount.blocks);
                    aggregate.totals_mut(thread).reallocs += amount.blocks;
                    after = amount.bytes;
                }
                let how = How::Reallocated(after);
                // The old block's place may have been another's before this was told.
                let begun = Moment {
                    from: moment.begun,
                    ..moment
                };
                let end = End {
                    thread,
                    how,
                    size: old_size,
                };
                let before = aggregate.end(end, begun, old);
                let before = before.filter(|block| aggregate.counts(block));
                let before = before.map_or(0, |block| block.bytes);
                let totals = aggregate.totals_mut(thread);
                if after >= before {
                    totals.allocated = totals.allocated.saturating_add(after - before);
                } else {
                    totals.freed += before - after;
                }
                aggregate.begin(site, moment, address, amount);
            }
            Event::Free { address, size } => {
                // Nobody knows by which stack an unknown block was allocated.
                let unknown = u64::from(counts.is_none());
                let how = How::Freed(unknown);
                let block = aggregate.end(End { thread, how, size }, moment, address);
                let (blocks, bytes) = match block {
                    Some(block) if aggregate.counts(&block) => (block.blocks.into(), block.bytes),
                    Some(_) => (0, 0),
                    None => (unknown, 0),
                };
                let totals = aggregate.totals_mut(thread);
                totals.frees += blocks;
                totals.freed += bytes;
            }
            Event::Sample { rss, .. } => {
                aggregate.sample(moment.to.min(aggregate.end), rss);
            }
            Event::Time { .. } => {}
        }
    }
}

/// The time of what is last in a recording that does not say when it ended.
#[derive(Default)]
pub(super) struct LastTime(u64);

impl LastTime {
    pub(super) fn of(recording: &mut Recording) -> Result<u64, Error> {
        let mut end = Self(recording.noted_samples().last().map_or(0, |last| last.time));
        recording.replay(&mut end)?;
        Ok(end.0)
    }
}

impl Visitor for LastTime {
    fn run(&mut self, _: u32, moment: Moment, _: &[Event]) {
        let time = match moment.to {
            u64::MAX => moment.from,
            time => time,
        };
        self.0 = self.0.max(time);
    }
}
