//! One recording, from its start to its end: what threads share.
//!
//! A session is never freed, so that a thread may still look at one that has ended; what takes
//! memory is given back when it ends.

use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use profile_trace::block::{Kind, Label, Packer};
use profile_trace::events::Stack;
use profile_trace::facts::{self, Fact};
use profile_trace::pending::SLOT_PAYLOAD;

use super::backlog::{Backlog, Full, Rest};
use super::host;
use super::interner::Interner;
use super::output::Output;
use super::sampling::Recorded;
use super::slot::Slot;
use super::turn::Turn;
use super::walk::{Walked, Way};
use crate::timeline::Shared;
use crate::{clock, exit, record};

/// Milliseconds that a signal handler waits for another thread to let go of the output.
const PATIENCE: u32 = 200;

/// The session that is recording, if one is.
static CURRENT: AtomicPtr<Session> = AtomicPtr::new(std::ptr::null_mut());

/// What a recording is to be.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) path: PathBuf,
    /// Live heap before its start, in bytes.
    pub(super) live_before: u64,
    /// Bytes per sample; `None` for every allocation.
    pub(super) sample: Option<u64>,
    /// Whether forked children are recorded too, each into a file of its own.
    pub(super) follow_fork: bool,
}

/// A recording.
pub(super) struct Session {
    pub(super) plan: Plan,
    /// [`clock::now`] at its start.
    pub(super) start: u64,
    way: AtomicU8,
    /// Counts the changes of the list of modules.
    epoch: AtomicU32,
    threads: AtomicU32,
    pub(super) turn: Turn,
    pub(super) recorded: Option<Recorded>,
    interner: Mutex<Option<Interner>>,
    pub(super) backlog: Backlog,
    /// Threads that pack a block of their own at once; others wait.
    packers: [Mutex<Option<Packer>>; 2],
    output: Mutex<Option<Output>>,
    pub(super) timeline: Shared,
}

/// The session that is recording.
#[inline(always)]
pub(super) fn current() -> Option<&'static Session> {
    // SAFETY: null, or a session, which is never freed.
    #[expect(unsafe_code)]
    unsafe {
        CURRENT.load(Acquire).as_ref()
    }
}

/// In a forked child nothing is recorded until it is asked for again. The session and all that
/// belongs to it stay the parent's.
pub(super) fn forget_current() -> Option<&'static Session> {
    let session = current();
    CURRENT.store(std::ptr::null_mut(), Release);
    session
}

/// A lock whose holder panicked is as good as any: what it guards is checked when it is read.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Begins a recording.
    pub(super) fn start(plan: Plan) -> io::Result<&'static Session> {
        let busy = || {
            let reason = "this program is being recorded already";
            io::Error::new(io::ErrorKind::ResourceBusy, reason)
        };
        if current().is_some() {
            return Err(busy());
        }
        let began = host::since_1970();
        let id = began ^ u64::from(std::process::id()).rotate_left(40);
        let mut output = Output::create(&plan.path, id)?;
        let mut packer = Packer::new(SLOT_PAYLOAD);
        let mut facts = host::facts(began);
        facts::number(Fact::LiveBefore, plan.live_before, &mut facts);
        facts::text(Fact::Turns, &[], &mut facts);
        if let Some(rate) = plan.sample {
            facts::number(Fact::SampleRate, rate, &mut facts);
        }
        facts.truncate(SLOT_PAYLOAD);
        output.append(packer.pack(
            Label {
                kind: Kind::Start,
                stream: 0,
                sequence: 0,
            },
            &facts,
        ))?;
        let slot = output.slot(Label {
            kind: Kind::Tables,
            stream: 0,
            sequence: 0,
        })?;
        let (file, tail) = output.end();
        let session = super::keep(Session {
            start: clock::now(),
            way: AtomicU8::new(Way::Both as u8),
            epoch: AtomicU32::new(0),
            threads: AtomicU32::new(0),
            turn: Turn::new(),
            recorded: plan.sample.is_some().then(Recorded::new),
            interner: Mutex::new(Some(Interner::new(slot))),
            backlog: Backlog::new(packer),
            packers: [Mutex::new(None), Mutex::new(None)],
            output: Mutex::new(Some(output)),
            timeline: Shared::new(),
            plan,
        });
        let begun = CURRENT.compare_exchange(
            std::ptr::null_mut(),
            std::ptr::from_ref(session).cast_mut(),
            AcqRel,
            Relaxed,
        );
        if begun.is_err() {
            session.take_apart(|output, _| output.abandon(&[]));
            return Err(busy());
        }
        session.look_at_modules();
        record::follow_all();
        session.begin_timeline(file, tail);
        Ok(session)
    }

    /// Whether it is this one that is recording.
    #[inline(always)]
    pub(super) fn is_current(&self) -> bool {
        std::ptr::eq(CURRENT.load(Relaxed), self)
    }

    /// Ends the recording. What other threads do at this moment is in it or not.
    pub(super) fn finish(&self) {
        if self.end() {
            drop(self.finish_timeline());
            self.take_apart(|output, rest| self.finish_output(output, rest));
        }
    }

    /// The same as the process ends.
    ///
    /// PERF: what the recording took of memory stays. It is the system's in a moment, whereas
    /// malloc, when so large a block is freed, puts together all the small ones that the program
    /// has freed: 100 ns each.
    pub(super) fn finish_at_exit(&self) {
        if self.end() {
            super::keep(Mutex::new(self.finish_timeline()));
            if let Some(output) = lock(&self.output).take()
                && let Some(mut rest) = self.backlog.close()
            {
                self.finish_output(output, &mut rest);
                super::keep(Mutex::new(rest));
            }
        }
    }

    fn finish_output(&self, output: Output, rest: &mut Rest) {
        if let Err(error) = output.finish(&self.last_facts(None), rest) {
            self.complain(&error);
        }
    }

    /// The same in a signal handler. Events refer only to tables that are committed, so that the
    /// output and the backlog are all that is needed; where they are not to be had, all stays where it is.
    pub(super) fn finish_in_handler(&self) {
        for _ in 0..PATIENCE {
            let output = match self.output.try_lock() {
                Ok(output) => Some(output),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            };
            if let Some(mut output) = output {
                if self.end()
                    && let Some(mut output) = output.take()
                {
                    self.finish_timeline_in_handler(&mut output);
                    if let Some(mut rest) = self.backlog.close_in_handler() {
                        self.finish_output(output, &mut rest);
                        mem::forget(rest);
                    }
                }
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Gives up: the program goes on without being recorded.
    fn fail(&self, output: &mut Option<Output>, error: &io::Error) {
        if self.end() {
            self.timeline.stop();
            self.complain(error);
            if let Some(mut output) = output.take() {
                if let Some(mut rest) = self.backlog.close() {
                    output.reclaim(&mut rest);
                }
                output.abandon(&self.last_facts(Some(&error.to_string())));
            }
        }
    }

    /// Says that nothing is recorded any more; `false` if somebody else did so before.
    fn end(&self) -> bool {
        let this = std::ptr::from_ref(self).cast_mut();
        let ended = CURRENT.compare_exchange(this, std::ptr::null_mut(), AcqRel, Relaxed);
        if ended.is_ok() {
            record::follow_all();
        }
        ended.is_ok()
    }

    fn take_apart(&self, end: impl FnOnce(Output, &mut Rest)) {
        // In the order in which threads take the locks.
        let interner = lock(&self.interner).take();
        if let Some(output) = lock(&self.output).take()
            && let Some(mut rest) = self.backlog.close()
        {
            end(output, &mut rest);
        }
        if let Some(interner) = interner {
            // SAFETY: its only writer was the interner, and what it holds has been appended.
            #[expect(unsafe_code)]
            unsafe {
                interner.slot.unmap();
            }
        }
        for packer in &self.packers {
            drop(lock(packer).take());
        }
    }

    fn complain(&self, error: &io::Error) {
        let path = self.plan.path.display();
        exit::complain(&format!("the recording in {path} has stopped: {error}"));
    }

    fn last_facts(&self, stopped: Option<&str>) -> Vec<u8> {
        let mut facts = Vec::new();
        facts::number(Fact::Ended, self.now(), &mut facts);
        facts::text(Fact::Unwinder, self.way().name().as_bytes(), &mut facts);
        if let Some(reason) = stopped {
            facts::text(Fact::Stopped, reason.as_bytes(), &mut facts);
        }
        if let Some(recorded) = &self.recorded {
            facts::number(Fact::Lost, recorded.lost(), &mut facts);
        }
        facts
    }

    /// Nanoseconds since the start.
    pub(super) fn now(&self) -> u64 {
        clock::now().saturating_sub(self.start)
    }

    pub(super) fn way(&self) -> Way {
        Way::from_number(self.way.load(Relaxed))
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch.load(Acquire)
    }

    /// Gives a thread its number and its slot.
    pub(super) fn join(&self) -> Option<(u32, Slot)> {
        let number = self.threads.fetch_add(1, Relaxed) + 1;
        let label = Label {
            kind: Kind::Events,
            stream: number,
            sequence: 0,
        };
        let mut output = lock(&self.output);
        match output.as_mut()?.slot(label) {
            Ok(slot) => Some((number, slot)),
            Err(error) => {
                self.fail(&mut output, &error);
                None
            }
        }
    }

    /// Writes what a thread is called.
    pub(super) fn name(&self, number: u32, id: u64, name: &[u8]) -> Option<()> {
        let mut interner = lock(&self.interner);
        interner
            .as_mut()?
            .thread(number, id, name, |interner| self.flush_tables(interner))
    }

    /// The number of the stack that a lane has just walked.
    pub(super) fn intern(&self, walked: &Walked, calls: &[u64]) -> Option<Stack> {
        let mut guard = lock(&self.interner);
        let interner = guard.as_mut()?;
        self.refresh(interner)?;
        let flush = |interner: &mut Interner| self.flush_tables(interner);
        interner.stack(walked.hash, calls, walked.cut_off, flush)
    }

    fn look_at_modules(&self) {
        if let Some(interner) = lock(&self.interner).as_mut() {
            self.refresh(interner);
        }
    }

    fn refresh(&self, interner: &mut Interner) -> Option<()> {
        if interner.look_at_modules(|interner| self.flush_tables(interner))? {
            self.epoch.fetch_add(1, Release);
        }
        Some(())
    }

    /// Lets a lane know what is loaded and how stacks are walked.
    pub(super) fn with_modules<T>(&self, look: impl FnOnce(&Interner) -> T) -> Option<T> {
        lock(&self.interner).as_ref().map(look)
    }

    /// A lane has found out how stacks are walked.
    pub(super) fn decide(&self, way: Way) {
        // Unwind tables are right for every program: who needs them has the last word.
        self.way.fetch_max(way as u8, Relaxed);
    }

    /// Takes a thread's block for the recording, and puts what it refers to before it. Returns an empty
    /// slot for the next one.
    pub(super) fn flush(&self, slot: Slot) -> Option<Slot> {
        self.flush_what_is_new()?;
        let another = |label| lock(&self.output).as_mut()?.slot(label).ok();
        match self
            .backlog
            .exchange(slot, another, || self.timeline.ring())
        {
            Full::Left(next) => Some(next),
            Full::Kept => self.append(slot).map(|()| slot),
            Full::Late(next) => {
                self.unmap_after_the_end(next);
                None
            }
        }
    }

    /// Gives back a slot that only the caller has.
    pub(super) fn unmap_after_the_end(&self, slot: Slot) {
        while lock(&self.output).is_some() {
            std::thread::yield_now();
        }
        // SAFETY: the session has ended, so that nobody looks at its slots any more.
        #[expect(unsafe_code)]
        unsafe {
            slot.unmap();
        }
    }

    /// The same for the last block of a thread, whose slot it takes back.
    pub(super) fn leave(&self, slot: Slot) -> Option<()> {
        self.flush_what_is_new()?;
        self.append(slot)?;
        lock(&self.output).as_mut()?.give_back(slot);
        Some(())
    }

    fn flush_what_is_new(&self) -> Option<()> {
        let mut interner = lock(&self.interner);
        match interner.as_mut() {
            Some(interner) if interner.filled > 0 => self.flush_tables(interner),
            _ => Some(()),
        }
    }

    fn flush_tables(&self, interner: &mut Interner) -> Option<()> {
        self.append(interner.slot)?;
        interner.filled = 0;
        Some(())
    }

    /// Appends a whole block to the recording.
    pub(super) fn append_block(&self, block: &[u8]) {
        let mut output = lock(&self.output);
        if let Some(Err(error)) = output.as_mut().map(|output| output.append(block)) {
            self.fail(&mut output, &error);
        }
    }

    /// Appends what a slot holds to the recording, and restarts the slot.
    fn append(&self, slot: Slot) -> Option<()> {
        let (label, length) = slot.header().read()?;
        if length == 0 {
            return Some(());
        }
        let free = self
            .packers
            .iter()
            .find_map(|packer| packer.try_lock().ok());
        let mut packer = free.unwrap_or_else(|| lock(&self.packers[0]));
        let packer = packer.get_or_insert_with(|| Packer::new(SLOT_PAYLOAD));
        // SAFETY: the caller is the slot's writer, and restarts it only below.
        #[expect(unsafe_code)]
        let block = packer.pack(label, unsafe { slot.committed() });
        let mut output = lock(&self.output);
        match output.as_mut()?.append(block) {
            Ok(()) => {
                slot.header().restart(label.sequence + 1);
                Some(())
            }
            Err(error) => {
                self.fail(&mut output, &error);
                None
            }
        }
    }
}

/// The path of a recording, made absolute: the program may change its directory.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
