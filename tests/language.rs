//! The language, construct by construct: `tests/language/*.rs` are programs that print what they do, in the
//! order in which they do it. Each is built and run plain and with `#[profile]` on its functions, in the
//! editions 2021 and 2024: the compiler must say the same, and the programs must print the same.
//!
//! A program of one edition only stands in the folder of that name. `MEMLINE_LANGUAGE=word` runs the
//! programs alone whose names contain the word.

#[path = "language/harness/build.rs"]
mod build;
#[path = "language/harness/difference.rs"]
mod difference;
#[path = "language/harness/programs.rs"]
mod programs;
#[path = "language/harness/run.rs"]
mod run;

use std::path::Path;

use build::Variant;

#[test]
fn annotated_programs_do_what_plain_ones_do() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("language");
    let programs = programs::all();
    assert!(!programs.is_empty(), "no program has that name");
    programs::write_packages(&folder, &programs);
    let plain = build::all(&folder, Variant::Plain);
    let profiled = build::all(&folder, Variant::Profiled);

    let mut differences = Vec::new();
    for program in &programs {
        let name = program.binary();
        let said = [
            plain.said_of(&name, &program.lost_lines()),
            profiled.said_of(&name, &[]),
        ];
        differences.extend(difference::of_sets(
            &name,
            "the compiler said",
            [&said[0], &said[1]],
        ));
        let (Some(plain), Some(profiled)) = (plain.executable(&name), profiled.executable(&name))
        else {
            differences.push(format!("{name}: not built"));
            continue;
        };
        let (plain, profiled) = (run::plain(plain), run::profiled(profiled));
        for (what, plain, profiled) in [
            ("printed", &plain.stdout, &profiled.stdout),
            ("printed to stderr", &plain.stderr, &profiled.stderr),
            ("ended", &plain.status, &profiled.status),
        ] {
            differences.extend(difference::between(&name, what, [plain, profiled]));
        }
        if plain.stdout.is_empty() {
            differences.push(format!("{name}: prints nothing, so it shows nothing"));
        }
        if profiled.functions == 0 {
            differences.push(format!("{name}: none of its functions is in the report"));
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences\n\n{}",
        differences.len(),
        differences.join("\n")
    );
}
