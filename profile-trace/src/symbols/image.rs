//! One executable or library, as its file has it.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use addr2line::{Context, FrameIter, FunctionName};
use gimli::{Dwarf, EndianArcSlice, RunTimeEndian, SectionId};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use super::crates::Crates;
use super::instance::Instances;
use super::{Frame, Problem, names};

pub(super) type Bytes = EndianArcSlice<RunTimeEndian>;

/// The debug information and the symbols of a file.
pub(super) struct Image {
    context: Option<Context<Bytes>>,
    instances: Instances,
    dwarf: Arc<Dwarf<Bytes>>,
    crates: OnceCell<Crates>,
    /// Address, end and mangled name of functions, by address.
    symbols: Vec<(u64, u64, String)>,
}

impl Image {
    /// Reads the file at `path`, if it is the one with this build id, or, where none was
    /// recorded, has not been written since `began`.
    pub(super) fn open(
        path: &str,
        build_id: &[u8],
        began: Option<SystemTime>,
    ) -> Result<Self, Problem> {
        let gone = |error: &dyn std::fmt::Display| Problem::Gone(error.to_string());
        let bytes = fs::read(path).map_err(|error| gone(&error))?;
        let object = object::File::parse(&*bytes).map_err(|error| gone(&error))?;
        if !build_id.is_empty() {
            if object.build_id().ok().flatten() != Some(build_id) {
                return Err(Problem::Changed);
            }
        } else if written(Path::new(path))
            .zip(began)
            .is_some_and(|(written, began)| written > began)
        {
            return Err(Problem::Changed);
        }
        let dwarf = Arc::new(dwarf(&object));
        let context = Context::from_arc_dwarf(dwarf.clone()).ok();
        let has_lines = object.section_by_name(".debug_line").is_some();
        Ok(Self {
            context: context.filter(|_| has_lines),
            instances: Instances::new(dwarf.clone()),
            dwarf,
            crates: OnceCell::new(),
            symbols: symbols(&object),
        })
    }

    /// Whether lines and inlined functions are known.
    pub(super) fn has_lines(&self) -> bool {
        self.context.is_some()
    }

    /// The functions at an address of the file, the innermost first.
    pub(super) fn frames(&self, address: u64) -> Option<Vec<Frame>> {
        let mut frames = self.described(address).unwrap_or_default();
        if let Some(outermost) = frames.last_mut() {
            // What is compiled without a description of the function has a line at most, and of a
            // function that is not inlined the symbols have the whole path.
            match self.symbol(address) {
                Some(symbol) if names::is_mangled(symbol) || outermost.function.is_empty() => {
                    outermost.function = names::demangled(symbol);
                }
                None if outermost.function.is_empty() => return None,
                _ => {}
            }
            outermost.inlined = false;
            return Some(frames);
        }
        Some(vec![Frame {
            function: names::demangled(self.symbol(address)?),
            ..Frame::default()
        }])
    }

    fn described(&self, address: u64) -> Option<Vec<Frame>> {
        let context = self.context.as_ref()?;
        let unit = context.find_dwarf_and_unit(address).skip_all_loads();
        let mut found: FrameIter<'_, Bytes> = context.find_frames(address).skip_all_loads().ok()?;
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = found.next() {
            let instance = unit
                .as_ref()
                .zip(frame.dw_die_offset)
                .and_then(|(unit, offset)| self.instances.name(unit, offset));
            let location = frame.location.as_ref();
            let path = location.and_then(|location| location.file);
            let function = frame.function.as_ref();
            let function = function.and_then(|function| self.path_of(function, path));
            frames.push(Frame {
                function: function.unwrap_or_default(),
                instance,
                path: path.map(str::to_owned),
                line: location
                    .and_then(|location| location.line)
                    .filter(|line| *line > 0),
                inlined: true,
                ..Frame::default()
            });
        }
        Some(frames)
    }

    /// A function's path: where the description has no more than the function's own name
    /// (`debug = "line-tables-only"`), that of the crate whose file it is in.
    fn path_of(&self, function: &FunctionName<Bytes>, file: Option<&str>) -> Option<String> {
        let name = function.raw_name().ok()?;
        if function.language != Some(gimli::DW_LANG_Rust) || names::is_mangled(&name) {
            return Some(names::demangled(&name));
        }
        let crates = || self.crates.get_or_init(|| Crates::of(&self.dwarf));
        let krate = file.and_then(|file| crates().of_file(file));
        Some(match krate {
            Some(krate) => format!("{krate}::{name}"),
            None => name.into_owned(),
        })
    }

    fn symbol(&self, address: u64) -> Option<&str> {
        symbol_at(&self.symbols, address)
    }
}

/// The mangled name of the function at an address.
pub(super) fn symbol_at(symbols: &[(u64, u64, String)], address: u64) -> Option<&str> {
    let after = symbols.partition_point(|(start, ..)| *start <= address);
    let (_, end, name) = symbols.get(after.checked_sub(1)?)?;
    (address < *end).then_some(name)
}

fn written(path: &Path) -> Option<SystemTime> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

fn dwarf(object: &object::File<'_>) -> Dwarf<Bytes> {
    let endian = if object.is_little_endian() {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    };
    let section = |id: SectionId| {
        let data = object
            .section_by_name(id.name())
            .and_then(|section| section.uncompressed_data().ok());
        let bytes: Arc<[u8]> = data.map_or_else(|| Arc::new([]) as _, |data| data.as_ref().into());
        Ok::<_, std::convert::Infallible>(EndianArcSlice::new(bytes, endian))
    };
    match Dwarf::load(section) {
        Ok(dwarf) => dwarf,
        Err(never) => match never {},
    }
}

/// Address, end and mangled name of functions, by address.
pub(super) fn symbols(object: &object::File<'_>) -> Vec<(u64, u64, String)> {
    let all = object.symbols().chain(object.dynamic_symbols());
    let functions = all.filter(|symbol| {
        symbol.kind() == SymbolKind::Text && symbol.is_definition() && symbol.size() > 0
    });
    let mut symbols: Vec<_> = functions
        .filter_map(|symbol| {
            let start = symbol.address();
            Some((
                start,
                start.saturating_add(symbol.size()),
                symbol.name().ok()?.to_owned(),
            ))
        })
        .collect();
    symbols.sort();
    symbols.dedup_by_key(|(start, ..)| *start);
    symbols
}
