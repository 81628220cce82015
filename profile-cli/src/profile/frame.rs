//! One function at one place of a source file.

use serde::Serialize;

/// A call, or a function that was inlined into one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Frame {
    /// The function's path; the address where nothing is known.
    pub function: String,
    /// The function's own name with its type arguments, where the debug information has it.
    pub instance: Option<String>,
    /// The source file, as short as it stays clear.
    pub file: Option<String>,
    /// The source file, where it can be read.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
}

impl Frame {
    /// `file:line`, or the file, or the function where no file is known.
    #[must_use]
    pub fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            _ => self.function.clone(),
        }
    }

    /// The crate that the function belongs to, or, for a method, that of its type; empty for what
    /// is not Rust.
    #[must_use]
    pub fn krate(&self) -> &str {
        let path = self.function.trim_start_matches(['<', '&', '(', '[', '*']);
        let words = ["mut ", "const ", "dyn ", "impl "];
        let path = words
            .iter()
            .fold(path, |path, word| path.strip_prefix(word).unwrap_or(path));
        let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
        match end {
            Some(end) if path[end..].starts_with("::") => &path[..end],
            _ => "",
        }
    }

    /// Whether this is the standard library, or the C runtime that calls `main`.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        // Crates that the standard library is built with come from the second.
        let in_file = |file: &str| file.starts_with("std::") || file.starts_with("/rust/deps/");
        matches!(self.krate(), "std" | "core" | "alloc" | "__rustc")
            || self.file.as_deref().is_some_and(in_file)
            || (self.file.is_none() && self.krate().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(function: &str) -> Frame {
        Frame {
            function: function.to_owned(),
            ..Frame::default()
        }
    }

    #[test]
    fn a_function_belongs_to_the_crate_of_its_path() {
        let check = |function, krate| assert_eq!(named(function).krate(), krate, "{function}");
        check("app::Index::build", "app");
        check("<app::Index as core::ops::Drop>::drop", "app");
        check(
            "<alloc::vec::Vec<T,A> as core::clone::Clone>::clone",
            "alloc",
        );
        check("<&mut app::Reader>::read", "app");
        check("<dyn app::Shape>::area", "app");
        check("main", "");
        check("app+0x1234", "");
    }

    #[test]
    fn the_standard_library_is_known_by_path_and_file() {
        assert!(named("std::rt::lang_start").is_standard());
        assert!(named("_start").is_standard());
        assert!(!named("app::main").is_standard());
        let hashbrown = Frame {
            file: Some("std::hashbrown/raw/mod.rs".to_owned()),
            ..named("hashbrown::raw::RawTable::reserve")
        };
        assert!(hashbrown.is_standard());
    }
}
