//! Paths of source files, as short as they stay clear.

/// A path without what is the same for every file of its kind: `std::alloc/vec/mod.rs` for the
/// standard library's, name, version and path within it for a published crate's, and for others
/// the path as seen from `directory`.
pub(super) fn shortened(path: &str, directory: &str) -> String {
    if let Some(rest) = in_standard_library(path) {
        return format!("std::{}", rest.replacen("/src/", "/", 1));
    }
    for checkout in ["/registry/src/", "/git/checkouts/"] {
        // Behind it stands the registry's name, or the repository's.
        if let Some((_, rest)) = path.split_once(checkout)
            && let Some((_, rest)) = rest.split_once('/')
        {
            return rest.to_owned();
        }
    }
    let within = path
        .strip_prefix(directory)
        .filter(|_| !directory.is_empty());
    let within = within.and_then(|rest| rest.strip_prefix('/'));
    within.unwrap_or(path).trim_start_matches("./").to_owned()
}

fn in_standard_library(path: &str) -> Option<&str> {
    let compiled = path.strip_prefix("/rustc/").and_then(|rest| {
        let (_, rest) = rest.split_once('/')?;
        rest.strip_prefix("library/")
    });
    compiled.or_else(|| Some(path.split_once("/lib/rustlib/src/rust/library/")?.1))
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn paths_lose_what_says_nothing() {
        let check = |path, short| assert_eq!(shortened(path, "/home/me/app"), short);
        check("/home/me/app/src/main.rs", "src/main.rs");
        check(
            "/home/me/application/src/main.rs",
            "/home/me/application/src/main.rs",
        );
        check(
            "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/alloc/src/vec/mod.rs",
            "std::alloc/vec/mod.rs",
        );
        check(
            "/home/me/.rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/ptr/mod.rs",
            "std::core/ptr/mod.rs",
        );
        check(
            "/home/me/.cargo/registry/src/index-0123456789abcdef/serde-1.0.229/src/lib.rs",
            "serde-1.0.229/src/lib.rs",
        );
        check("src/main.rs", "src/main.rs");
        assert_eq!(shortened("/a/b.rs", ""), "/a/b.rs");
    }
}
