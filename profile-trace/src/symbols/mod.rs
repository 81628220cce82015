//! What the addresses of a recording are called.
//!
//! Names and lines come from the debug information of the files that were loaded. A file is only
//! believed if it is the one that was recorded; of any other, addresses stay addresses, and
//! [`problems`](Symbols::problems) says why.

mod crates;
mod functions;
mod image;
mod instance;
mod names;
mod pack;
mod paths;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::names::{Name, Names, Packed};
use crate::read::{Node, Recording, Stacks};
use crate::tables::{CUT_OFF, Module};

use image::Image;

pub use functions::Functions;
pub use names::{crate_of, is_allocator, is_memline, is_standard};
pub use pack::{Named, pack};

/// One function at one place: a call, or a function that was inlined into one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The function's path, demangled, without hashes; the address where nothing is known.
    pub function: String,
    /// The function's own name with its type arguments, such as `push<app::Particle, Global>`, if
    /// the debug information has it.
    pub instance: Option<String>,
    /// The source file, shortened: `std::alloc/vec/mod.rs`, `serde-1.0.229/src/lib.rs`, or as seen
    /// from the program's working directory.
    pub file: Option<String>,
    /// The source file as the debug information has it.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// Whether the function was inlined into the frame behind it.
    pub inlined: bool,
    /// The file name of the executable or library.
    pub module: String,
}

impl Frame {
    /// Whether this is memline's own, or the allocator's entry: not what a person looks for.
    #[must_use]
    pub fn is_memlines(&self) -> bool {
        is_memline(&self.function)
            || is_allocator(&self.function)
            || self.file.as_deref().is_some_and(names::is_memlines_file)
    }

    /// Whether this is the standard library, or the C runtime that calls `main`.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        is_standard(&self.function, self.file.as_deref())
    }

    /// The crate of the function; see [`crate_of`]. Empty where the debug information gives functions
    /// no paths, and there is no symbol of the function's own.
    #[must_use]
    pub fn krate(&self) -> &str {
        crate_of(&self.function)
    }
}

/// Why the names of a module are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// There is no such file any more, or it cannot be read.
    Gone(String),
    /// The file is another one than the one that was recorded.
    Changed,
    /// It has names of functions, and neither lines nor inlined functions.
    NoDebugInformation,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Gone(reason) => write!(f, "cannot be read ({reason}): addresses are shown"),
            Problem::Changed => {
                write!(f, "has changed since it was recorded: addresses are shown")
            }
            Problem::NoDebugInformation => write!(
                f,
                "has no debug information: functions are shown, without lines; \
                 `debug = \"line-tables-only\"` in the Cargo profile adds it"
            ),
        }
    }
}

/// The names of a recording's addresses. Files are read when they are first needed; what was
/// found is kept.
pub struct Symbols {
    directory: String,
    began: Option<SystemTime>,
    packed: Arc<Packed>,
    /// By path and build id.
    images: HashMap<(String, Vec<u8>), Result<Image, Problem>>,
    frames: HashMap<(u64, u64), Arc<[Frame]>>,
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols").finish_non_exhaustive()
    }
}

impl Symbols {
    /// The names of this recording's addresses.
    #[must_use]
    pub fn new(recording: &Recording) -> Self {
        let facts = recording.facts();
        let since_1970 = facts.began.unwrap_or(Duration::MAX);
        Self {
            packed: recording.names(),
            ..Self::since(
                SystemTime::UNIX_EPOCH.checked_add(since_1970),
                facts.directory.clone(),
            )
        }
    }

    /// The names of the addresses of a process that works in `directory` and began then; files that
    /// have been written since, and have no build id, are not believed.
    #[must_use]
    pub fn since(began: Option<SystemTime>, directory: String) -> Self {
        Self {
            directory,
            began,
            packed: Arc::default(),
            images: HashMap::new(),
            frames: HashMap::new(),
        }
    }

    /// The functions of one call, the innermost first: those that were inlined, and the one that
    /// they were inlined into. There is at least one.
    pub fn frames(&mut self, stacks: &Stacks, node: &Node) -> Arc<[Frame]> {
        self.call(stacks.module(node), node.address)
    }

    /// The functions of the call that returns to `address`, within `module`. As
    /// [`frames`](Self::frames) otherwise.
    pub fn call(&mut self, module: Option<&Arc<Module>>, address: u64) -> Arc<[Frame]> {
        if address == CUT_OFF {
            return Arc::new([Frame {
                function: "[calls that were not recorded]".to_owned(),
                ..Frame::default()
            }]);
        }
        let base = module.map_or(0, |module| module.base);
        let key = (base, address);
        if let Some(known) = self.frames.get(&key) {
            return known.clone();
        }
        let found = module.and_then(|module| self.look_up(module, address));
        let frames = found.unwrap_or_else(|| vec![unknown(module, address)]);
        let frames: Arc<[Frame]> = frames.into();
        self.frames.insert(key, frames.clone());
        frames
    }

    /// The functions of a whole stack, the innermost first, without those of memline and of the
    /// allocator's entry.
    pub fn stack(&mut self, stacks: &Stacks, stack: u32) -> Vec<Frame> {
        let mut frames = Vec::new();
        for node in stacks.calls(stack) {
            let call = self.frames(stacks, node);
            frames.extend(call.iter().filter(|frame| !frame.is_memlines()).cloned());
        }
        frames
    }

    /// What is wrong with the files that were needed so far.
    pub fn problems(&self) -> impl Iterator<Item = (&str, Problem)> {
        let files = self.images.iter().filter_map(|((path, _), image)| {
            let problem = match image {
                Err(problem) => Some(problem.clone()),
                Ok(image) => (!image.has_lines()).then_some(Problem::NoDebugInformation),
            };
            problem.map(|problem| (&**path, problem))
        });
        let packed = self.packed.files().filter(|(_, names)| !names.has_lines);
        let packed = packed.map(|((path, _), _)| (&**path, Problem::NoDebugInformation));
        files.chain(packed)
    }

    /// Where the names of a module's calls are: in the recording, or in the module's file.
    fn source(&mut self, module: &Module) -> Option<Source<'_>> {
        let key = (module.path.clone(), module.build_id.clone());
        if let Some(names) = self.packed.get(&key) {
            return Some(Source::Packed(names));
        }
        let began = self.began;
        let image = self
            .images
            .entry(key)
            .or_insert_with(|| Image::open(&module.path, &module.build_id, began));
        image.as_ref().ok().map(Source::File)
    }

    fn look_up(&mut self, module: &Arc<Module>, address: u64) -> Option<Vec<Frame>> {
        let source = self.source(module)?;
        let mut frames = source.frames(address.wrapping_sub(module.base))?;
        let name = file_name(&module.path);
        for frame in &mut frames {
            frame.module = name.to_owned();
            let path = frame.path.as_deref();
            frame.file = path.map(|path| paths::shortened(path, &self.directory));
        }
        Some(frames)
    }
}

/// Where the names of a module's calls come from.
enum Source<'a> {
    File(&'a Image),
    Packed(&'a Names),
}

impl Source<'_> {
    fn has_lines(&self) -> bool {
        match self {
            Source::File(image) => image.has_lines(),
            Source::Packed(names) => names.has_lines,
        }
    }

    /// The functions of the call that returns to an address of the module, the innermost first.
    fn frames(&self, address: u64) -> Option<Vec<Frame>> {
        match self {
            // A call returns to what follows it, which may belong to another line or function.
            Source::File(image) => image.frames(address.wrapping_sub(1)),
            Source::Packed(names) => {
                let call = names.call(address)?;
                let inlined = |index: usize| index + 1 < call.len();
                let frames = (0..).zip(call);
                Some(
                    frames
                        .map(|(index, name)| named(name, inlined(index)))
                        .collect(),
                )
            }
        }
    }
}

fn named(name: &Name, inlined: bool) -> Frame {
    Frame {
        function: name.function.to_string(),
        instance: name.instance.as_deref().map(str::to_owned),
        path: name.path.as_deref().map(str::to_owned),
        line: name.line,
        inlined,
        ..Frame::default()
    }
}

fn unknown(module: Option<&Arc<Module>>, address: u64) -> Frame {
    let module = module.map(|module| (file_name(&module.path), address - module.base));
    match module {
        Some((name, offset)) => Frame {
            function: format!("{name}+{offset:#x}"),
            module: name.to_owned(),
            ..Frame::default()
        },
        None => Frame {
            function: format!("{address:#x}"),
            ..Frame::default()
        },
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
