//! The functions of one executable or library by the symbols that its linker left, without its debug
//! information: little to read, and enough to tell whose code an address is.

use std::fs;

use super::{image, names};

/// Functions by address.
#[derive(Debug, Default)]
pub struct Functions {
    /// Address, end and mangled name, by address.
    symbols: Vec<(u64, u64, String)>,
}

impl Functions {
    /// Reads the symbols of the file at `path`; there are none where it cannot be read.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let bytes = fs::read(path).unwrap_or_default();
        let object = object::File::parse(&*bytes).ok();
        Self {
            symbols: object
                .map(|object| image::symbols(&object))
                .unwrap_or_default(),
        }
    }

    /// The path of the function at an address of the file, demangled.
    #[must_use]
    pub fn name(&self, address: u64) -> Option<String> {
        image::symbol_at(&self.symbols, address).map(names::demangled)
    }

    /// Bytes of memory that this takes.
    #[must_use]
    pub fn size(&self) -> u64 {
        let names = self.symbols.iter().map(|(.., name)| name.capacity());
        let entries = self.symbols.capacity() * size_of::<(u64, u64, String)>();
        (names.sum::<usize>() + entries) as u64
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }
}
