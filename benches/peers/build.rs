//! Writes a thousand small functions, each with lines of its own to profile.

use std::fmt::Write;
use std::{env, error, fs, path};

/// How many functions there are.
const FUNCTIONS: usize = 1000;

/// How many lines each of them has.
const LINES: usize = 10;

fn main() -> Result<(), Box<dyn error::Error>> {
    let mut source = String::new();
    for number in 0..FUNCTIONS {
        source +=
            "#[cfg_attr(feature = \"memline-counting\", memline::profile)]\n#[inline(never)]\n";
        writeln!(source, "fn f{number}(n: u64) {{")?;
        for _ in 0..LINES {
            source += "    black_box(n);\n";
        }
        source += "}\n";
    }
    writeln!(source, "pub(crate) const LINES: usize = {LINES};")?;
    writeln!(source, "pub(crate) static ALL: [fn(u64); {FUNCTIONS}] = [")?;
    for number in 0..FUNCTIONS {
        writeln!(source, "    f{number},")?;
    }
    source += "];\n";
    let folder = env::var("OUT_DIR")?;
    fs::write(path::Path::new(&folder).join("many.rs"), source)?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
