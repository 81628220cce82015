//! The tables in full, and their alignment over arbitrary text.

use super::*;
use crate::config::Unit;
use crate::report::sample;
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn check(report: &Report, config: Config, terminal: bool, expected: Expect) {
    // Escape sequences are shown, not obeyed.
    let table = render(report, &config, terminal).replace('\x1b', "ESC");
    expected.assert_eq(&table);
}

#[test]
fn the_default_table() {
    check(
        &sample::report(),
        Config::new(),
        false,
        expect![[r#"
        Filename: examples/index.rs                     function: index::build

        Line #    Mem usage    Increment  Occurrences   Line Contents
        =============================================================
            12      2.1 MiB          0 B            1   #[profile]
            13                                          fn build(paths: &[PathBuf]) -> Index {
            14      2.1 MiB         48 B            1       let mut index = Index::default();
            15      9.8 MiB          0 B          241       for path in paths {
            16      9.8 MiB      6.4 MiB          240           let text = fs::read_to_string(path)?;
            17                                                  // 単語は小文字にする: words are case-folded
            18      9.8 MiB      4.9 MiB          240           index.add(path, &text);
            19      9.8 MiB     -6.4 MiB          240       }
            20
            21      9.8 MiB          0 B            1       index
            22      9.8 MiB          0 B            1   }
        Ran on 1 thread (main).
        line 18: 17 reallocations grew 3 buffers; with_capacity would have made 3 allocations and none of these

        Mem usage: resident set of the process (RSS) when the line ended, the highest seen. Increment: heap
        bytes allocated minus freed by the line, callees included, over all its runs. Occurrences: how often
        the line ran. Memory that was asked for counts in Increment at once; it becomes resident, and counts
        in Mem usage, when it is first written to.
    "#]],
    );
}

#[test]
fn several_functions_share_one_legend() {
    check(
        &sample::two_functions(),
        Config::new(),
        false,
        expect![[r#"
        Filename: examples/index.rs                     function: index::build

        Line #    Mem usage    Increment  Occurrences   Line Contents
        =============================================================
            12      2.1 MiB          0 B            1   #[profile]
            13                                          fn build(paths: &[PathBuf]) -> Index {
            14      2.1 MiB         48 B            1       let mut index = Index::default();
            15      9.8 MiB          0 B          241       for path in paths {
            16      9.8 MiB      6.4 MiB          240           let text = fs::read_to_string(path)?;
            17                                                  // 単語は小文字にする: words are case-folded
            18      9.8 MiB      4.9 MiB          240           index.add(path, &text);
            19      9.8 MiB     -6.4 MiB          240       }
            20
            21      9.8 MiB          0 B            1       index
            22      9.8 MiB          0 B            1   }
        Ran on 1 thread (main).
        line 18: 17 reallocations grew 3 buffers; with_capacity would have made 3 allocations and none of these

        Filename: src/a/rather/long/path/to/the/worker/pool.rs   function: pool::worker

        Line #    Mem usage    Increment  Occurrences   Line Contents
        =============================================================
             5          n/a          0 B            3   #[profile]
             6                                          fn worker(i: usize) {
             7          n/a    234.4 KiB        5,000       queue.push(Job::new(i));
             8                                          }
        Ran on 3 threads.
        line 7 ran 5,000 times and kept 48 B each time, 234.4 KiB in all

        Mem usage: resident set of the process (RSS) when the line ended, the highest seen. Increment: heap
        bytes allocated minus freed by the line, callees included, over all its runs. Occurrences: how often
        the line ran. Memory that was asked for counts in Increment at once; it becomes resident, and counts
        in Mem usage, when it is first written to.
        Note: Mem usage is not known: /proc/self/statm cannot be read.
    "#]],
    );
}

#[test]
fn all_columns_in_a_fixed_unit() {
    let config = Config::new()
        .columns(Column::ALL)
        .unit(Unit::KiB)
        .precision(2);
    check(
        &sample::report(),
        config,
        false,
        expect![[r#"
            Filename: examples/index.rs                     function: index::build

            Line #  Occurrences     Increment      Mem usage         Peak       Allocs        Frees     Reallocs    Allocated        Freed  RSS increment         Heap  Heap increment         Time     Retained      Churned   Line Contents
            =================================================================================================================================================================================================================================
                12            1      0.00 KiB    2150.40 KiB     0.00 KiB            0            0            0     0.00 KiB     0.00 KiB       0.00 KiB  6835.94 KiB        0.00 KiB      1.23 µs          n/a          n/a   #[profile]
                13                                                                                                                                                                                                              fn build(paths: &[PathBuf]) -> Index {
                14            1      0.05 KiB    2150.40 KiB     0.05 KiB            1            0            0     0.05 KiB     0.00 KiB       0.02 KiB  6835.94 KiB        0.05 KiB      1.23 µs          n/a          n/a       let mut index = Index::default();
                15          241      0.00 KiB  10,035.20 KiB     0.00 KiB            0            0            0     0.00 KiB     0.00 KiB       0.00 KiB  6835.94 KiB        0.00 KiB    297.39 µs          n/a          n/a       for path in paths {
                16          240   6553.60 KiB  10,035.20 KiB    27.34 KiB          240            0            0  6553.60 KiB     0.00 KiB    3276.80 KiB  6835.94 KiB     6553.60 KiB    296.16 µs          n/a          n/a           let text = fs::read_to_string(path)?;
                17                                                                                                                                                                                                                      // 単語は小文字にする: words are case-folded
                18          240   5017.60 KiB  10,035.20 KiB    93.75 KiB        5,000            0           17  5017.60 KiB     0.00 KiB    2508.80 KiB  6835.94 KiB     5017.60 KiB    296.16 µs          n/a          n/a           index.add(path, &text);
                19          240  -6553.60 KiB  10,035.20 KiB     0.00 KiB            0          240            0     0.00 KiB  6553.60 KiB   -3276.80 KiB  6835.94 KiB    -6553.60 KiB    296.16 µs          n/a          n/a       }
                20
                21            1      0.00 KiB  10,035.20 KiB     0.00 KiB            0            0            0     0.00 KiB     0.00 KiB       0.00 KiB  6835.94 KiB        0.00 KiB      1.23 µs          n/a          n/a       index
                22            1      0.00 KiB  10,035.20 KiB     0.00 KiB            0            0            0     0.00 KiB     0.00 KiB       0.00 KiB  6835.94 KiB        0.00 KiB      1.23 µs          n/a          n/a   }
            Ran on 1 thread (main).
            line 18: 17 reallocations grew 3 buffers; with_capacity would have made 3 allocations and none of these

            Occurrences: how often the line ran. Increment: heap bytes allocated minus freed by the line,
            callees included, over all its runs. Mem usage: resident set of the process (RSS) when the line
            ended, the highest seen. Peak: highest heap above the line's start while it ran. Allocs: allocations
            made. Frees: allocations freed. Reallocs: allocations resized. Allocated: heap bytes allocated.
            Freed: heap bytes freed. RSS increment: change of the resident set while the line ran. Heap: live
            heap of the process when the line ended, the highest seen. Heap increment: change of the live heap
            while the line ran, by all threads. Time: time spent in the line. Retained: bytes that the line
            allocated, callees included, and nobody has freed. Churned: bytes that the line allocated, callees
            included, and anybody has freed again. Memory that was asked for counts in Increment at once; it
            becomes resident, and counts in Mem usage, when it is first written to.
        "#]],
    );
}

#[test]
fn heavy_rows_stand_out_on_a_terminal() {
    let config = Config::new().columns([Column::Increment, Column::Peak]);
    check(
        &sample::report(),
        config,
        true,
        expect![[r#"
            Filename: examples/index.rs                     function: index::build

            Line #    Increment         Peak   Line Contents
            ================================================
                12          0 B          0 B   #[profile]
                13                             fn build(paths: &[PathBuf]) -> Index {
                14         48 B         48 B       let mut index = Index::default();
                15          0 B          0 B       for path in paths {
            ESC[1;31m    16      6.4 MiB     27.3 KiB           let text = fs::read_to_string(path)?;ESC[0m
                17                                     // 単語は小文字にする: words are case-folded
            ESC[1m    18      4.9 MiB     93.8 KiB           index.add(path, &text);ESC[0m
                19     -6.4 MiB          0 B       }
                20
                21          0 B          0 B       index
                22          0 B          0 B   }
            Ran on 1 thread (main).
            line 18: 17 reallocations grew 3 buffers; with_capacity would have made 3 allocations and none of these

            Increment: heap bytes allocated minus freed by the line, callees included, over all its runs. Peak:
            highest heap above the line's start while it ran.
        "#]],
    );
}

#[test]
fn no_color_is_respected() {
    let (config, _) = Config::new().overruled_by(&|name| (name == "NO_COLOR").then(|| "1".into()));
    assert_eq!(
        render(&sample::report(), &config, true),
        render(&sample::report(), &Config::new(), false)
    );
}

#[test]
fn columns_grow_with_their_figures() {
    let mut report = sample::report();
    report.functions[0].lines.truncate(4);
    let figures = report.functions[0].lines[2]
        .figures
        .as_mut()
        .expect("a line that ran");
    figures.occurrences = u64::MAX;
    figures.increment = i64::MIN;
    report.functions[0].lines[3].line = 1_234_567;
    check(
        &report,
        Config::new().precision(4),
        false,
        expect![[r#"
            Filename: examples/index.rs                     function: index::build

             Line #    Mem usage                Increment                 Occurrences   Line Contents
            =========================================================================================
                 12   2.1000 MiB                      0 B                           1   #[profile]
                 13                                                                     fn build(paths: &[PathBuf]) -> Index {
                 14   2.1000 MiB  -8,589,934,592.0000 GiB  18,446,744,073,709,551,615       let mut index = Index::default();
            1234567   9.8000 MiB                      0 B                         241       for path in paths {
            Ran on 1 thread (main).

            Mem usage: resident set of the process (RSS) when the line ended, the highest seen. Increment: heap
            bytes allocated minus freed by the line, callees included, over all its runs. Occurrences: how often
            the line ran. Memory that was asked for counts in Increment at once; it becomes resident, and counts
            in Mem usage, when it is first written to.
        "#]],
    );
}

#[test]
fn an_empty_report_is_no_text_but_its_notes() {
    assert_eq!(render(&Report::default(), &Config::new(), true), "");
    let notes = vec!["Nothing was measured.".to_owned()];
    let report = Report {
        notes,
        ..Report::default()
    };
    assert_eq!(
        render(&report, &Config::new(), true),
        "Note: Nothing was measured.\n"
    );
}

/// Every row of `table` has its figures where the titles end, and its source after them.
fn straight(function: &Function, config: &Config) -> Result<(), TestCaseError> {
    let table = layout(function, config);
    let mut rows = table.split_terminator('\n');
    let titles = rows.next().unwrap_or_default();
    let start = titles.find(SOURCE_TITLE).expect("titles end so");
    let mut ends = vec![
        "Line #"
            .len()
            .max(titles.find("Line #").expect("first") + 6),
    ];
    for column in &config.columns {
        let from = ends[ends.len() - 1];
        ends.push(
            from + titles[from..].find(column.title()).expect("in order") + column.title().len(),
        );
    }
    for line in &function.lines {
        let row = rows.next().expect("a row per line");
        prop_assert!(
            row.is_char_boundary(start)
                && row[..start]
                    .chars()
                    .all(|c| text::width(c.encode_utf8(&mut [0; 4])) == 1)
        );
        for &end in &ends[..if line.figures.is_some() {
            ends.len()
        } else {
            1
        }] {
            let end = row
                .char_indices()
                .nth(end)
                .expect("rows reach the source")
                .0;
            prop_assert!(
                !row[..end].ends_with(' ') && row[end..].starts_with("  "),
                "{table}"
            );
        }
    }
    prop_assert_eq!(rows.next(), None);
    Ok(())
}

proptest! {
    #[test]
    fn columns_are_straight(report in sample::any_report()) {
        for columns in [&Column::ALL[..], &Column::DEFAULT, &[]] {
            let config = Config::new().columns(columns.iter().copied());
            for function in &report.functions {
                straight(function, &config)?;
            }
        }
    }

    #[test]
    fn a_line_of_text_for_each_line_of_source(report in sample::any_report()) {
        let config = Config::new();
        let table = render(&report, &config, false);
        prop_assert!(!table.chars().any(|c| c.is_control() && c != '\n'));
        let rows: usize = report.functions.iter().map(|f| f.lines.len()).sum();
        prop_assert!(table.lines().count() >= rows);
    }
}
