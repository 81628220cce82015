//! The layout of Python's memory_profiler, for the scripts that read it.
//!
//! Each row is formatted by itself, after the template of the original
//! (`{0:>6} {1:>12} {2:>12}  {3:>10}   {4:<}`): a figure wider than its field moves the rest of
//! its own row and of no other. Laying the rows out as one table would move them all.

use super::text::harmless;
use super::{Figures, Function, Report};
use crate::config::Config;

const MIB: f64 = (1 << 20) as f64;

/// All tables, one after the other, without legend, hints or colours.
pub(crate) fn render(report: &Report, config: &Config) -> String {
    let mut out = String::new();
    for function in &report.functions {
        push_function(&mut out, function, config.precision.into());
    }
    out
}

fn push_function(out: &mut String, function: &Function, precision: usize) {
    let header = row(
        "Line #",
        "Mem usage",
        "Increment",
        "Occurrences",
        "Line Contents",
    );
    let rule = "=".repeat(header.len());
    let file = clean(&function.file);
    out.push_str(&format!("Filename: {file}\n\n{header}\n{rule}\n"));
    for (i, line) in function.lines.iter().enumerate() {
        let number = line.line.to_string();
        let source = clean(&line.source);
        let row = match &line.figures {
            Some(figures) => {
                let [usage, increment] = memory(figures, i == 0, precision);
                row(
                    &number,
                    &usage,
                    &increment,
                    &figures.occurrences.to_string(),
                    &source,
                )
            }
            None => row(&number, "", "", "", &source),
        };
        out.push_str(&format!("{row}\n"));
    }
    out.push_str("\n\n");
}

fn row(number: &str, usage: &str, increment: &str, occurrences: &str, source: &str) -> String {
    format!("{number:>6} {usage:>12} {increment:>12}  {occurrences:>10}   {source}")
}

/// Memory usage and increment. The first row carries the memory on entry, twice, as theirs does.
fn memory(figures: &Figures, first: bool, precision: usize) -> [String; 2] {
    let usage = figures
        .mem_usage
        .map(|bytes| mebibytes(bytes as f64, precision));
    let usage = usage.unwrap_or_else(|| "n/a".to_owned());
    let increment = if first {
        usage.clone()
    } else {
        mebibytes(figures.increment as f64, precision)
    };
    [usage, increment]
}

fn mebibytes(bytes: f64, precision: usize) -> String {
    format!(
        "{:width$.precision$} MiB",
        bytes / MIB,
        width = precision + 4
    )
}

/// The source as it stands, tabs included, without what a terminal would obey.
fn clean(source: &str) -> String {
    source
        .chars()
        .map(|c| if c == '\t' { c } else { harmless(c) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use expect_test::{Expect, expect};

    fn check(report: &Report, precision: u8, expected: Expect) {
        expected.assert_eq(&render(report, &Config::new().precision(precision)));
    }

    /// What `show_results` of memory_profiler 0.61.0 wrote for the same figures.
    #[test]
    fn as_the_original_writes_it() {
        check(
            &sample::report(),
            1,
            expect![[r#"
            Filename: examples/index.rs

            Line #    Mem usage    Increment  Occurrences   Line Contents
            =============================================================
                12      2.1 MiB      2.1 MiB           1   #[profile]
                13                                         fn build(paths: &[PathBuf]) -> Index {
                14      2.1 MiB      0.0 MiB           1       let mut index = Index::default();
                15      9.8 MiB      0.0 MiB         241       for path in paths {
                16      9.8 MiB      6.4 MiB         240           let text = fs::read_to_string(path)?;
                17                                         		// 単語は小文字にする: words are case-folded
                18      9.8 MiB      4.9 MiB         240           index.add(path, &text);
                19      9.8 MiB     -6.4 MiB         240       }
                20                                         
                21      9.8 MiB      0.0 MiB           1       index
                22      9.8 MiB      0.0 MiB           1   }


        "#]],
        );
    }

    #[test]
    fn a_wide_figure_moves_its_own_row_only() {
        let mut report = sample::report();
        report.functions[0].lines.truncate(4);
        let figures = report.functions[0].lines[2]
            .figures
            .as_mut()
            .expect("a line that ran");
        figures.mem_usage = Some(u64::MAX);
        figures.increment = -1;
        figures.occurrences = 12_345_678_901;
        check(
            &report,
            3,
            expect![[r#"
            Filename: examples/index.rs

            Line #    Mem usage    Increment  Occurrences   Line Contents
            =============================================================
                12    2.100 MiB    2.100 MiB           1   #[profile]
                13                                         fn build(paths: &[PathBuf]) -> Index {
                14 17592186044416.000 MiB   -0.000 MiB  12345678901       let mut index = Index::default();
                15    9.800 MiB    0.000 MiB         241       for path in paths {


        "#]],
        );
    }

    #[test]
    fn unknown_memory_is_said_to_be() {
        let mut report = sample::two_functions();
        report.functions.remove(0);
        check(
            &report,
            1,
            expect![[r#"
            Filename: src/a/rather/long/path/to/the/worker/pool.rs

            Line #    Mem usage    Increment  Occurrences   Line Contents
            =============================================================
                 5          n/a          n/a           3   #[profile]
                 6                                         fn worker(i: usize) {
                 7          n/a      0.2 MiB        5000       queue.push(Job::new(i));
                 8                                         }


        "#]],
        );
    }
}
