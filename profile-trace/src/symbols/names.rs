//! Names of functions, as a person reads them.

use rustc_demangle::demangle;

/// The path that a mangled name stands for, without the hash that ends it.
pub(super) fn demangled(name: &str) -> String {
    format!("{:#}", demangle(name))
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
    }

    #[test]
    fn memlines_own_functions_are_known() {
        assert!(is_memline("profile_runtime::recorder::alloc"));
        assert!(is_memline(
            "<profile_runtime::allocator::Allocator<A> as core::alloc::GlobalAlloc>::alloc"
        ));
        assert!(!is_memline("memline_user::main") && !is_memline("app::memline::main"));
        assert!(is_allocator("__rustc::__rust_alloc") && is_allocator("__rust_realloc"));
        assert!(!is_allocator("alloc::alloc::alloc"));
    }
}
