//! The facts of a recording, as values.

use std::time::Duration;

use crate::facts::Fact;
use crate::varint::Reader;

/// What is known of the recorded process. A fact that the recording does not have is empty or
/// `None`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Facts {
    /// The program and its arguments.
    pub command_line: Vec<String>,
    /// The path of the executable.
    pub executable: String,
    /// The working directory.
    pub directory: String,
    /// The process's id.
    pub process: Option<u64>,
    /// When the recording began, since 1970.
    pub began: Option<Duration>,
    /// How long it took; `None` where it is incomplete.
    pub duration: Option<Duration>,
    /// The type of the allocator around which memline counts.
    pub allocator: String,
    /// The version of memline that recorded.
    pub recorder: String,
    /// The host's name.
    pub host: String,
    /// The operating system, its version and the machine.
    pub system: String,
    /// The processors that the process could run on.
    pub processors: Option<u64>,
    /// Memory of the host in bytes.
    pub memory: Option<u64>,
    /// Bytes per sample; `None` where every allocation was recorded.
    pub sample_rate: Option<u64>,
    /// Live heap when the recording began, in bytes.
    pub live_before: u64,
    /// Why the recording ended before the program did.
    pub stopped: Option<String>,
    /// By what stacks were walked.
    pub unwinder: String,
    /// Sampled allocations that were not recorded for want of room.
    pub lost: u64,
    /// Blocks before the last one.
    pub blocks: Option<u64>,
    /// Whether each thread told the time before its first event after another's.
    pub turns: bool,
}

impl Facts {
    /// Adds what a payload says. Returns `false` if it ends in something that is no fact.
    pub(crate) fn read(&mut self, payload: &[u8]) -> bool {
        let mut reader = Reader::new(payload);
        while !reader.is_empty() {
            let Some((tag, bytes)) = reader.varint().zip(reader.bytes()) else {
                return false;
            };
            self.add(tag, bytes);
        }
        true
    }

    fn add(&mut self, tag: u64, bytes: &[u8]) {
        const fn is(fact: Fact) -> u64 {
            fact as u64
        }
        let text = || String::from_utf8_lossy(bytes).into_owned();
        let number = Reader::new(bytes).varint();
        let time = number.map(Duration::from_nanos);
        match tag {
            t if t == is(Fact::CommandLine) => {
                let arguments = bytes.split_inclusive(|&byte| byte == 0);
                let argument = |bytes: &[u8]| {
                    let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
                    String::from_utf8_lossy(bytes).into_owned()
                };
                self.command_line = arguments.map(argument).collect();
            }
            t if t == is(Fact::Executable) => self.executable = text(),
            t if t == is(Fact::Directory) => self.directory = text(),
            t if t == is(Fact::Process) => self.process = number,
            t if t == is(Fact::Began) => self.began = time,
            t if t == is(Fact::Allocator) => self.allocator = text(),
            t if t == is(Fact::Recorder) => self.recorder = text(),
            t if t == is(Fact::Host) => self.host = text(),
            t if t == is(Fact::System) => self.system = text(),
            t if t == is(Fact::Processors) => self.processors = number,
            t if t == is(Fact::Memory) => self.memory = number,
            t if t == is(Fact::SampleRate) => self.sample_rate = number.filter(|rate| *rate > 0),
            t if t == is(Fact::LiveBefore) => self.live_before = number.unwrap_or(0),
            t if t == is(Fact::Ended) => self.duration = time,
            t if t == is(Fact::Stopped) => self.stopped = Some(text()),
            t if t == is(Fact::Unwinder) => self.unwinder = text(),
            t if t == is(Fact::Lost) => self.lost = number.unwrap_or(0),
            t if t == is(Fact::Blocks) => self.blocks = number,
            t if t == is(Fact::Turns) => self.turns = true,
            _ => {} // of a later version
        }
    }
}
