//! The figures of tests, and the file that keeps them.
//!
//! The file is JSON with a line for each test, so that changes of it read well and merge:
//!
//! ```json
//! {"version":1,"profile":"dev","tests":[
//! {"package":"app","test":"app::tests::parses","peak":4096,"allocs":3,"leaked":0}
//! ]}
//! ```
//!
//! `peak` and `leaked` are bytes, `allocs` is the number of allocations and reallocations. The figures of an
//! optimized build are others, so that `profile` names the one that they are of.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::output::Output;

const VERSION: u32 = 1;

/// What a test took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figures {
    /// Highest heap above where the test began, in bytes.
    pub(super) peak: u64,
    /// Allocations and reallocations.
    pub(super) allocs: u64,
    /// Bytes allocated and not freed at its end.
    pub(super) leaked: u64,
}

/// A package, and the path of a test in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Name {
    package: String,
    pub(super) test: String,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    name: Name,
    #[serde(flatten)]
    figures: Figures,
}

/// Tests and what they took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tests(BTreeMap<Name, Figures>);

impl Tests {
    /// Reads what tests have told, a line each; nothing where there is no file.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::file("read", path, &error)),
        };
        let mut tests = Self::default();
        for line in text.lines() {
            let entry = serde_json::from_str(line).map_err(|error| {
                Error::Failed(format!(
                    "what a test has told cannot be read: {error}: {line}"
                ))
            })?;
            tests.add(entry);
        }
        Ok(tests)
    }

    /// Adds a test. Of two with one name, as a library and a program of one package may have, the larger
    /// figures count.
    fn add(&mut self, Entry { name, figures }: Entry) {
        let known = self.0.entry(name).or_default();
        known.peak = known.peak.max(figures.peak);
        known.allocs = known.allocs.max(figures.allocs);
        known.leaked = known.leaked.max(figures.leaked);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, name: &Name) -> Option<&Figures> {
        self.0.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Name, &Figures)> {
        self.0.iter()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, [u64; 3]); N]> for Tests {
    fn from(tests: [(&str, [u64; 3]); N]) -> Self {
        let test = |(test, [peak, allocs, leaked]): (&str, [u64; 3])| {
            let name = Name {
                package: "app".to_owned(),
                test: test.to_owned(),
            };
            let figures = Figures {
                peak,
                allocs,
                leaked,
            };
            (name, figures)
        };
        Self(tests.into_iter().map(test).collect())
    }
}

/// What tests took in an earlier run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Baseline {
    profile: String,
    pub(super) tests: Tests,
}

/// The file's own form.
#[derive(Deserialize)]
struct Form {
    version: u32,
    profile: String,
    tests: Vec<Entry>,
}

impl Baseline {
    pub(super) fn new(profile: &str) -> Self {
        Self {
            profile: profile.to_owned(),
            tests: Tests::default(),
        }
    }

    /// Reads the file; `None` where there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", path, &error)),
        };
        Self::parse(&text).map(Some).map_err(|reason| {
            Error::Failed(format!(
                "{}: {reason}; remove it, or choose another with --baseline",
                path.display()
            ))
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let form: Form = serde_json::from_str(text)
            .map_err(|error| format!("expected a baseline of memline's, found no such: {error}"))?;
        if form.version != VERSION {
            return Err(format!(
                "expected version {VERSION} of a baseline, found version {}",
                form.version
            ));
        }
        let mut tests = Tests::default();
        form.tests.into_iter().for_each(|entry| tests.add(entry));
        Ok(Self {
            profile: form.profile,
            tests,
        })
    }

    /// Makes sure that like is compared with like.
    pub(super) fn check_profile(&self, path: &Path, profile: &str) -> Result<(), Error> {
        if self.profile == profile {
            return Ok(());
        }
        Err(Error::Failed(format!(
            "{}: expected figures of the profile {profile}, found those of {}; choose another file \
             with --baseline, or renew it with --update-baseline",
            path.display(),
            self.profile
        )))
    }

    /// The same with the figures of `tests`; of tests that are there already only if they are `renewed`.
    pub(super) fn with(mut self, profile: &str, tests: Tests, renewed: bool) -> Self {
        if self.profile != profile {
            self = Self::new(profile);
        }
        for (name, figures) in tests.0 {
            let known = self.tests.0.entry(name).or_insert(figures);
            if renewed {
                *known = figures;
            }
        }
        self
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let output = Output::File {
            path: path.to_owned(),
            force: true,
        };
        output.write(|out| {
            let written = self.write_to(out);
            written.map_err(|error| Error::file("write", path, &error))
        })
    }

    fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let profile = serde_json::to_string(&self.profile)?;
        write!(
            out,
            r#"{{"version":{VERSION},"profile":{profile},"tests":["#
        )?;
        for (i, (name, figures)) in self.tests.iter().enumerate() {
            let entry = Entry {
                name: name.clone(),
                figures: *figures,
            };
            let comma = if i > 0 { "," } else { "" };
            write!(out, "{comma}\n{}", serde_json::to_string(&entry)?)?;
        }
        out.write_all(b"\n]}\n")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn written(baseline: &Baseline) -> String {
        let mut bytes = Vec::new();
        baseline.write_to(&mut bytes).expect("memory takes it");
        String::from_utf8(bytes).expect("it is text")
    }

    #[test]
    fn a_file_has_a_line_for_each_test_and_reads_back() {
        let tests = Tests::from([("app::b", [10, 1, 0]), ("app::a", [4096, 3, 24])]);
        let baseline = Baseline::new("dev").with("dev", tests, false);
        let text = written(&baseline);
        expect![[r#"
            {"version":1,"profile":"dev","tests":[
            {"package":"app","test":"app::a","peak":4096,"allocs":3,"leaked":24},
            {"package":"app","test":"app::b","peak":10,"allocs":1,"leaked":0}
            ]}
        "#]]
        .assert_eq(&text);
        assert_eq!(Baseline::parse(&text), Ok(baseline));
        let empty = Baseline::new("dev");
        assert_eq!(Baseline::parse(&written(&empty)), Ok(empty));
    }

    #[test]
    fn known_figures_stay_unless_they_are_renewed() {
        let old = || {
            Baseline::new("dev").with(
                "dev",
                Tests::from([("a", [1, 1, 1]), ("gone", [2, 2, 2])]),
                false,
            )
        };
        let new = || Tests::from([("a", [5, 5, 5]), ("new", [3, 3, 3])]);
        let kept = Tests::from([("a", [1, 1, 1]), ("gone", [2, 2, 2]), ("new", [3, 3, 3])]);
        let renewed = Tests::from([("a", [5, 5, 5]), ("gone", [2, 2, 2]), ("new", [3, 3, 3])]);
        assert_eq!(old().with("dev", new(), false).tests, kept);
        assert_eq!(old().with("dev", new(), true).tests, renewed);
        // Those of another profile are not kept beside them.
        assert_eq!(old().with("release", new(), true).tests, new());
    }

    #[test]
    fn what_is_no_baseline_is_told() {
        let check = |text: &str, told: &str| {
            let error = Baseline::parse(text).expect_err("it is none");
            assert!(error.contains(told), "{error}");
        };
        check("", "expected a baseline of memline's");
        check("[]", "expected a baseline of memline's");
        check(
            r#"{"version":9,"profile":"dev","tests":[]}"#,
            "found version 9",
        );
    }
}
