//! Which profiled functions ran, and what the program said of itself, in a recording.
//!
//! Its samples are among the events; see [`timeline`](crate::timeline) for the rest.

use std::fmt;
use std::sync::{MutexGuard, TryLockError};

use profile_trace::timeline::{Page, Record};

use super::session::{Session, lock};
use crate::mark::Text;
use crate::timeline::calls::Calls;

/// What is noted beside the events.
pub(super) struct Timeline {
    page: Page,
    calls: Calls,
}

impl Timeline {
    pub(super) fn new() -> Self {
        Self {
            page: Page::new(),
            calls: Calls::new(),
        }
    }
}

impl Session {
    /// Notes which functions ran since the last look.
    pub(super) fn look_at_calls(&self, now: u64) {
        let timeline = match self.timeline.try_lock() {
            Ok(timeline) => timeline,
            Err(TryLockError::Poisoned(timeline)) => timeline.into_inner(),
            // Another thread is looking.
            Err(TryLockError::WouldBlock) => return,
        };
        self.note(timeline, now, |calls, note| calls.look(note));
    }

    /// Notes what the program says of itself.
    pub(super) fn mark(&self, words: fmt::Arguments<'_>) {
        let text = Text::of(words);
        let now = self.now();
        let mark = Record::Mark(text.as_str());
        self.note(lock(&self.timeline), now, |_, note| note(&mark));
    }

    fn note(
        &self,
        mut timeline: MutexGuard<'_, Option<Timeline>>,
        now: u64,
        work: impl FnOnce(&mut Calls, &mut dyn FnMut(&Record<'_>)),
    ) {
        let Some(Timeline { page, calls }) = &mut *timeline else {
            return; // the recording has ended
        };
        work(calls, &mut |record| {
            if page.is_full() {
                self.append_block(page.close());
            }
            page.add(now, record);
        });
        if !page.is_empty() {
            self.append_block(page.close());
        }
    }
}
