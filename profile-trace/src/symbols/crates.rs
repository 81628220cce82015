//! Which crate a source file belongs to, for functions whose names have no path.
//!
//! With `debug = "line-tables-only"` an inlined function is described by its own name alone. The
//! units of the debug information say where the root file of each crate is, as rustc names them:
//! `src/lib.rs/@/app.0123456789abcdef-cgu.0`.

use gimli::Dwarf;

use super::image::Bytes;

/// The folders of the crates in a file, the deepest first.
#[derive(Debug, Default)]
pub(super) struct Crates(Vec<(String, String)>);

impl Crates {
    pub(super) fn of(dwarf: &Dwarf<Bytes>) -> Self {
        let mut roots = Vec::new();
        let mut headers = dwarf.units();
        while let Ok(Some(header)) = headers.next() {
            let Ok(unit) = dwarf.unit(header) else {
                continue;
            };
            let text = |bytes: &Option<Bytes>| {
                let bytes = bytes.as_ref()?;
                Some(String::from_utf8_lossy(bytes).into_owned())
            };
            let name = text(&unit.name).unwrap_or_default();
            roots.extend(root(&name, &text(&unit.comp_dir).unwrap_or_default()));
        }
        Self::new(roots)
    }

    fn new(mut roots: Vec<Root>) -> Self {
        // A library and a program in one folder share its modules; most are the library's.
        roots.sort_by_key(|root| (std::cmp::Reverse(root.folder.len()), !root.is_library));
        let roots = roots.into_iter().map(|root| (root.folder, root.krate));
        let mut roots: Vec<_> = roots.collect();
        roots.dedup_by(|later, earlier| later.0 == earlier.0);
        Self(roots)
    }

    /// The crate whose folder a file is in.
    pub(super) fn of_file(&self, path: &str) -> Option<String> {
        let holds = |(folder, _): &&(String, String)| {
            let rest = path.strip_prefix(folder.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let known = self.0.iter().find(holds).map(|(_, krate)| krate.clone());
        known.or_else(|| of_package(path))
    }
}

/// The root of a crate.
#[derive(Debug)]
struct Root {
    folder: String,
    krate: String,
    is_library: bool,
}

/// What a unit's name says, and the folder that it is seen from.
fn root(name: &str, folder: &str) -> Option<Root> {
    let (file, unit) = name.split_once("/@/")?;
    let (krate, _) = unit.split_once('.')?;
    let path = match file.starts_with('/') {
        true => file.to_owned(),
        false => format!("{folder}/{file}"),
    };
    let (folder, file) = path.rsplit_once('/')?;
    Some(Root {
        folder: folder.to_owned(),
        krate: krate.to_owned(),
        is_library: file == "lib.rs",
    })
}

/// The crate of a file of the standard library, or of a published package: of those that are
/// nothing but inlined there is no unit.
fn of_package(path: &str) -> Option<String> {
    let (_, rest) = path
        .split_once("/library/")
        .filter(|(start, _)| start.starts_with("/rustc/") || start.ends_with("/src/rust"))
        .or_else(|| path.split_once("/registry/src/")?.1.split_once('/'))?;
    let (package, _) = rest.split_once('/')?;
    let is_version = |version: &str| version.starts_with(|c: char| c.is_ascii_digit());
    let mut dashes = package.match_indices('-');
    let end = dashes.rfind(|(at, _)| is_version(&package[at + 1..]));
    let name = end.map_or(package, |(at, _)| &package[..at]);
    Some(name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_crate_of_the_deepest_folder() {
        let units = [
            ("src/lib.rs/@/app.12ab-cgu.0", "/home/me/app"),
            ("src/main.rs/@/app_cli.34cd-cgu.0", "/home/me/app"),
            ("src/lib.rs/@/app.12ab-cgu.1", "/home/me/app"),
            ("core/src/lib.rs/@/app_core.56ef-cgu.0", "/home/me/app"),
            ("/home/me/app/src/tool/main.rs/@/tool.78-cgu.0", "/"),
            ("crtstuff.c", "/build"),
        ];
        let roots = units.iter().filter_map(|(name, folder)| root(name, folder));
        let crates = Crates::new(roots.collect());
        let check = |path, krate: Option<&str>| {
            assert_eq!(crates.of_file(path).as_deref(), krate, "{path}");
        };
        check("/home/me/app/src/index.rs", Some("app"));
        check("/home/me/app/src/a/b.rs", Some("app"));
        check("/home/me/app/src/tool/x.rs", Some("tool"));
        check("/home/me/app/core/src/lib.rs", Some("app_core"));
        check("/home/me/app/srcs/x.rs", None);
        check("/usr/include/stdlib.h", None);
    }

    #[test]
    fn packages_are_known_without_units() {
        let check = |path, krate| assert_eq!(of_package(path).as_deref(), Some(krate), "{path}");
        check("/rustc/0123/library/alloc/src/vec/mod.rs", "alloc");
        check(
            "/home/me/.rustup/toolchains/x/lib/rustlib/src/rust/library/core/src/ptr/mod.rs",
            "core",
        );
        check(
            "/home/me/.cargo/registry/src/index-0123/regex-automata-0.4.19/src/lib.rs",
            "regex_automata",
        );
        check(
            "/home/me/.cargo/registry/src/i-0/sha-1-0.10.1/src/lib.rs",
            "sha_1",
        );
        assert_eq!(of_package("/home/me/library/alloc/src/lib.rs"), None);
    }
}
