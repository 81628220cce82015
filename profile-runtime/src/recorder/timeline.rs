//! The process over time, in a recording: see [`timeline`](crate::timeline).

use std::fmt;

use profile_trace::timeline::Record;

use super::output::Output;
use super::session::Session;
use crate::exit;
use crate::mark::Text;
use crate::timeline::{Descriptor, Log, Tail};

impl Session {
    /// Begins to sample the process, and to pack what threads record. Without that there is a recording
    /// nevertheless.
    pub(super) fn begin_timeline(&'static self, file: Descriptor, tail: &'static Tail) {
        let chore = Some(&self.backlog as _);
        match self.timeline.begin(self.start, file, tail, chore) {
            Ok(()) => self.backlog.open(),
            Err(error) => {
                let path = self.plan.path.display();
                exit::complain(&format!(
                    "the recording in {path} goes without memory over time: {error}"
                ));
            }
        }
    }

    /// Notes what the program says of itself.
    pub(super) fn mark(&self, words: fmt::Arguments<'_>) {
        let text = Text::of(words);
        let mark = Record::Mark(text.as_str());
        self.timeline.note(&mark, &mut |block| self.appended(block));
    }

    /// Ends the samples, as long as something can be appended. Hands back what took memory for them.
    pub(super) fn finish_timeline(&self) -> Option<Log> {
        let log = self.timeline.finish(&mut |block| self.appended(block))?;
        if let Some(error) = log.error() {
            let path = self.plan.path.display();
            exit::complain(&format!(
                "memory over time has stopped in the recording in {path}: {error}"
            ));
        }
        Some(log)
    }

    /// The same in a signal handler.
    pub(super) fn finish_timeline_in_handler(&self, output: &mut Output) {
        let mut append = |block: &[u8]| {
            let appended = output.append(block);
            appended.map_err(|error| error.raw_os_error().unwrap_or(libc::EIO))
        };
        self.timeline.finish_in_handler(&mut append);
    }

    /// Appends a block; what goes wrong ends the recording, and is told then.
    fn appended(&self, block: &[u8]) -> Result<(), i32> {
        self.append_block(block);
        Ok(())
    }
}
