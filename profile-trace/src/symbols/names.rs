//! Names of functions, as a person reads them.

use rustc_demangle::{demangle, try_demangle};

/// The path that a mangled name stands for, without the hash that ends it.
pub(super) fn demangled(name: &str) -> String {
    format!("{:#}", demangle(name))
}

/// Whether a name is mangled, so that it has a path.
pub(super) fn is_mangled(name: &str) -> bool {
    try_demangle(name).is_ok()
}

/// Whether a function is memline's own.
#[must_use]
pub fn is_memline(function: &str) -> bool {
    ["profile_runtime", "memline"].iter().any(|krate| {
        let path = function.trim_start_matches(['<', '&']);
        path.strip_prefix(krate)
            .is_some_and(|rest| rest.starts_with("::"))
    })
}

/// Whether a source file is memline's own, which tells where functions have no paths.
pub(super) fn is_memlines_file(file: &str) -> bool {
    let own = file.split_once("profile-runtime");
    own.is_some_and(|(_, rest)| rest.starts_with("/src/") || rest.starts_with("-0"))
}

/// Whether a function is the entry to the program's allocator, which every allocation goes
/// through.
#[must_use]
pub fn is_allocator(function: &str) -> bool {
    const ENTRIES: [&str; 8] = [
        "__rust_alloc",
        "__rust_alloc_zeroed",
        "__rust_realloc",
        "__rust_dealloc",
        "__rg_alloc",
        "__rg_alloc_zeroed",
        "__rg_realloc",
        "__rg_dealloc",
    ];
    let name = function.rsplit("::").next().unwrap_or(function);
    ENTRIES.contains(&name)
}

/// The crate that a function belongs to, or, for a method, that of its type; empty for what is not
/// Rust.
#[must_use]
pub fn crate_of(function: &str) -> &str {
    let path = function.trim_start_matches(['<', '&', '(', '[', '*']);
    let words = ["mut ", "const ", "dyn ", "impl "];
    let path = words
        .iter()
        .fold(path, |path, word| path.strip_prefix(word).unwrap_or(path));
    // Without a path: `push<app::Particle, …>`.
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
    match end {
        Some(end) if path[end..].starts_with("::") => &path[..end],
        _ => "",
    }
}

/// Whether a function of that source file is the standard library's, or the C runtime's that calls
/// `main`.
#[must_use]
pub fn is_standard(function: &str, file: Option<&str>) -> bool {
    // Crates that the standard library is built with come from the second.
    let in_file = |file: &str| file.starts_with("std::") || file.starts_with("/rust/deps/");
    let krate = crate_of(function);
    matches!(krate, "std" | "core" | "alloc" | "__rustc")
        || file.is_some_and(in_file)
        || (file.is_none() && krate.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_manglings_are_undone() {
        let check = |mangled, name| assert_eq!(demangled(mangled), name);
        check(
            "_ZN3app5Index5build17h0123456789abcdefE",
            "app::Index::build",
        );
        check("_RNvMC3appNtB2_5Index5build", "<app::Index>::build");
        check(
            "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
            "core::ptr::drop_in_place<alloc::string::String>",
        );
        check("main", "main");
        assert!(is_mangled("_RNvMC3appNtB2_5Index5build"));
        assert!(!is_mangled("build<u8>") && !is_mangled("main"));
    }

    #[test]
    fn a_function_belongs_to_the_crate_of_its_path() {
        let check = |function, krate| assert_eq!(crate_of(function), krate, "{function}");
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
        assert!(is_standard("std::rt::lang_start", None) && is_standard("_start", None));
        assert!(!is_standard("app::main", None));
        let file = Some("std::hashbrown/raw/mod.rs");
        assert!(is_standard("hashbrown::raw::RawTable::reserve", file));
    }

    #[test]
    fn memlines_own_functions_are_known() {
        assert!(is_memline("profile_runtime::recorder::alloc"));
        assert!(is_memline(
            "<profile_runtime::allocator::Allocator<A> as core::alloc::GlobalAlloc>::alloc"
        ));
        assert!(!is_memline("memline_user::main") && !is_memline("app::memline::main"));
        assert!(is_memlines_file("profile-runtime-0.1.0/src/counters.rs"));
        assert!(is_memlines_file(
            "/src/memline/profile-runtime/src/counters.rs"
        ));
        assert!(!is_memlines_file("profile-runtimes/src/counters.rs"));
        assert!(is_allocator("__rustc::__rust_alloc") && is_allocator("__rust_realloc"));
        assert!(!is_allocator("alloc::alloc::alloc"));
    }
}
