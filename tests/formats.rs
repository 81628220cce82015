//! Each format, as a program that measures itself writes it: what is fixed, to the letter.

mod common;

use std::hint::black_box;

use common::{Child, Outcome, Program, Test};
use expect_test::{Expect, expect};
use memline::profile;

const PROGRAMS: &[Program] = named![deterministic];

const TESTS: &[Test] = named![
    table,
    columns,
    units,
    classic,
    json,
    csv,
    html,
    files_choose_a_format
];

fn main() -> Outcome {
    common::main(&[PROGRAMS], &[TESTS])
}

/// Collects.
#[profile]
fn collect(count: usize) -> Vec<String> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let text = "x".repeat(10); // 文字, and <b> "quotes", in a comment
        all.push(text.clone());
    }
    if all.is_empty() {
        return all;
    }

    drop(black_box(vec![0u8; 5000]));
    all
}

fn deterministic() -> Outcome {
    drop(collect(100));
    Ok(())
}

fn run(settings: &[(&str, &str)]) -> String {
    let child = settings
        .iter()
        .fold(Child::new("deterministic"), |child, s| child.env(s.0, s.1));
    let ended = child.run();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    ended.stderr
}

/// Hides the column of the resident set, which no run repeats: what stands between the line's number
/// and the first MiB; and the same figure again, which classic tables begin with.
fn masked(text: &str) -> String {
    let mask = |line: &str| {
        let figure = line.get(6..).and_then(|rest| rest.split_once("MiB"));
        match figure {
            Some((figure, _)) if figure.trim().parse::<f64>().is_ok() => {
                let hidden = format!("{:>width$} ", "?", width = figure.len() - 1);
                line.replace(figure, &hidden) + "\n"
            }
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(mask).collect()
}

fn check(settings: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&masked(&run(settings)));
}

fn table() {
    check(
        &[],
        expect![[r#"
            Filename: tests/formats.rs                      function: formats::collect

            Line #    Mem usage    Increment  Occurrences   Line Contents
            =============================================================
                29        ? MiB          0 B            1   #[profile]
                30                                          fn collect(count: usize) -> Vec<String> {
                31        ? MiB      2.3 KiB            1       let mut all = Vec::with_capacity(count);
                32        ? MiB          0 B          101       for _ in 0..count {
                33        ? MiB       1000 B          100           let text = "x".repeat(10); // 文字, and <b> "quotes", in a comment
                34        ? MiB       1000 B          100           all.push(text.clone());
                35        ? MiB      -1000 B          100       }
                36        ? MiB          0 B            1       if all.is_empty() {
                37                                                  return all;
                38                                              }
                39
                40        ? MiB          0 B            1       drop(black_box(vec![0u8; 5000]));
                41        ? MiB          0 B            1       all
                42        ? MiB          0 B            1   }
            Ran on 1 thread (main).

            Mem usage: resident set of the process (RSS) when the line ended, the highest seen. Increment: heap
            bytes allocated minus freed by the line, callees included, over all its runs. Occurrences: how often
            the line ran. Memory that was asked for counts in Increment at once; it becomes resident, and counts
            in Mem usage, when it is first written to.
        "#]],
    );
}

fn columns() {
    let columns = "occurrences,increment,peak,allocs,frees,reallocs,allocated,freed";
    check(
        &[("MEMLINE_COLUMNS", columns)],
        expect![[r#"
            Filename: tests/formats.rs                      function: formats::collect

            Line #  Occurrences    Increment         Peak       Allocs        Frees     Reallocs    Allocated        Freed   Line Contents
            ==============================================================================================================================
                29            1          0 B          0 B            0            0            0          0 B          0 B   #[profile]
                30                                                                                                           fn collect(count: usize) -> Vec<String> {
                31            1      2.3 KiB      2.3 KiB            1            0            0      2.3 KiB          0 B       let mut all = Vec::with_capacity(count);
                32          101          0 B          0 B            0            0            0          0 B          0 B       for _ in 0..count {
                33          100       1000 B         10 B          100            0            0       1000 B          0 B           let text = "x".repeat(10); // 文字, and <b> "quotes", in a comment
                34          100       1000 B         10 B          100            0            0       1000 B          0 B           all.push(text.clone());
                35          100      -1000 B          0 B            0          100            0          0 B       1000 B       }
                36            1          0 B          0 B            0            0            0          0 B          0 B       if all.is_empty() {
                37                                                                                                                   return all;
                38                                                                                                               }
                39
                40            1          0 B      4.9 KiB            1            1            0      4.9 KiB      4.9 KiB       drop(black_box(vec![0u8; 5000]));
                41            1          0 B          0 B            0            0            0          0 B          0 B       all
                42            1          0 B          0 B            0            0            0          0 B          0 B   }
            Ran on 1 thread (main).

            Occurrences: how often the line ran. Increment: heap bytes allocated minus freed by the line,
            callees included, over all its runs. Peak: highest heap above the line's start while it ran. Allocs:
            allocations made. Frees: allocations freed. Reallocs: allocations resized. Allocated: heap bytes
            allocated. Freed: heap bytes freed.
        "#]],
    );
}

fn units() {
    let settings = [
        ("MEMLINE_COLUMNS", "increment,allocated"),
        ("MEMLINE_UNIT", "KiB"),
        ("MEMLINE_PRECISION", "3"),
    ];
    check(
        &settings,
        expect![[r#"
            Filename: tests/formats.rs                      function: formats::collect

            Line #    Increment    Allocated   Line Contents
            ================================================
                29    0.000 KiB    0.000 KiB   #[profile]
                30                             fn collect(count: usize) -> Vec<String> {
                31    2.344 KiB    2.344 KiB       let mut all = Vec::with_capacity(count);
                32    0.000 KiB    0.000 KiB       for _ in 0..count {
                33    0.977 KiB    0.977 KiB           let text = "x".repeat(10); // 文字, and <b> "quotes", in a comment
                34    0.977 KiB    0.977 KiB           all.push(text.clone());
                35   -0.977 KiB    0.000 KiB       }
                36    0.000 KiB    0.000 KiB       if all.is_empty() {
                37                                     return all;
                38                                 }
                39
                40    0.000 KiB    4.883 KiB       drop(black_box(vec![0u8; 5000]));
                41    0.000 KiB    0.000 KiB       all
                42    0.000 KiB    0.000 KiB   }
            Ran on 1 thread (main).

            Increment: heap bytes allocated minus freed by the line, callees included, over all its runs.
            Allocated: heap bytes allocated.
        "#]],
    );
}

fn classic() {
    check(
        &[("MEMLINE_STYLE", "classic")],
        expect![[r#"
            Filename: tests/formats.rs

            Line #    Mem usage    Increment  Occurrences   Line Contents
            =============================================================
                29        ? MiB        ? MiB           1   #[profile]
                30                                         fn collect(count: usize) -> Vec<String> {
                31        ? MiB      0.0 MiB           1       let mut all = Vec::with_capacity(count);
                32        ? MiB      0.0 MiB         101       for _ in 0..count {
                33        ? MiB      0.0 MiB         100           let text = "x".repeat(10); // 文字, and <b> "quotes", in a comment
                34        ? MiB      0.0 MiB         100           all.push(text.clone());
                35        ? MiB     -0.0 MiB         100       }
                36        ? MiB      0.0 MiB           1       if all.is_empty() {
                37                                                 return all;
                38                                             }
                39                                         
                40        ? MiB      0.0 MiB           1       drop(black_box(vec![0u8; 5000]));
                41        ? MiB      0.0 MiB           1       all
                42        ? MiB      0.0 MiB           1   }


        "#]],
    );
}

/// The report as JSON, without what no run repeats.
fn json_value(text: &str) -> serde_json::Value {
    let mut value: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    let lines = value["functions"][0]["lines"]
        .as_array_mut()
        .expect("there are lines");
    for line in lines {
        if line.get("occurrences").is_none() {
            continue;
        }
        for figure in ["mem_usage", "rss_increment", "heap", "heap_increment"] {
            assert!(line[figure].is_i64(), "{figure} is an integer: {line}");
            line[figure] = 0.into();
        }
    }
    value
}

fn json() {
    let text = run(&[("MEMLINE_FORMAT", "json")]);
    assert_eq!(text.lines().count(), 1);
    let value = json_value(&text);
    let lines = value["functions"][0]["lines"]
        .as_array()
        .expect("there are lines");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    expect![[r##"
        {"allocated":0,"allocs":0,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":0,"line":29,"mem_usage":0,"occurrences":1,"peak":0,"reallocs":0,"retained":null,"rss_increment":0,"source":"#[profile]","time_ns":null}
        {"line":30,"source":"fn collect(count: usize) -> Vec<String> {"}
        {"allocated":2400,"allocs":1,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":2400,"line":31,"mem_usage":0,"occurrences":1,"peak":2400,"reallocs":0,"retained":null,"rss_increment":0,"source":"    let mut all = Vec::with_capacity(count);","time_ns":null}
        {"allocated":0,"allocs":0,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":0,"line":32,"mem_usage":0,"occurrences":101,"peak":0,"reallocs":0,"retained":null,"rss_increment":0,"source":"    for _ in 0..count {","time_ns":null}
        {"allocated":1000,"allocs":100,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":1000,"line":33,"mem_usage":0,"occurrences":100,"peak":10,"reallocs":0,"retained":null,"rss_increment":0,"source":"        let text = \"x\".repeat(10); // 文字, and <b> \"quotes\", in a comment","time_ns":null}
        {"allocated":1000,"allocs":100,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":1000,"line":34,"mem_usage":0,"occurrences":100,"peak":10,"reallocs":0,"retained":null,"rss_increment":0,"source":"        all.push(text.clone());","time_ns":null}
        {"allocated":0,"allocs":0,"churned":null,"freed":1000,"frees":100,"heap":0,"heap_increment":0,"increment":-1000,"line":35,"mem_usage":0,"occurrences":100,"peak":0,"reallocs":0,"retained":null,"rss_increment":0,"source":"    }","time_ns":null}
        {"allocated":0,"allocs":0,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":0,"line":36,"mem_usage":0,"occurrences":1,"peak":0,"reallocs":0,"retained":null,"rss_increment":0,"source":"    if all.is_empty() {","time_ns":null}
        {"line":37,"source":"        return all;"}
        {"line":38,"source":"    }"}
        {"line":39,"source":""}
        {"allocated":5000,"allocs":1,"churned":null,"freed":5000,"frees":1,"heap":0,"heap_increment":0,"increment":0,"line":40,"mem_usage":0,"occurrences":1,"peak":5000,"reallocs":0,"retained":null,"rss_increment":0,"source":"    drop(black_box(vec![0u8; 5000]));","time_ns":null}
        {"allocated":0,"allocs":0,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":0,"line":41,"mem_usage":0,"occurrences":1,"peak":0,"reallocs":0,"retained":null,"rss_increment":0,"source":"    all","time_ns":null}
        {"allocated":0,"allocs":0,"churned":null,"freed":0,"frees":0,"heap":0,"heap_increment":0,"increment":0,"line":42,"mem_usage":0,"occurrences":1,"peak":0,"reallocs":0,"retained":null,"rss_increment":0,"source":"}","time_ns":null}
    "##]].assert_eq(&text);

    let mut rest = value.clone();
    rest["functions"][0]["lines"] = "…".into();
    expect![[r#"{"functions":[{"calls":1,"file":"tests/formats.rs","first_line":29,"lines":"…","name":"formats::collect"}],"version":1}"#]].assert_eq(&rest.to_string());
    let times = |setting: &str| {
        let text = run(&[("MEMLINE_FORMAT", "json"), ("MEMLINE_COLUMNS", setting)]);
        json_value(&text)["functions"][0]["lines"][0]["time_ns"].clone()
    };
    assert!(times("default").is_null());
    assert!(times("+time_ns").is_u64());
}

fn csv() {
    let text = run(&[("MEMLINE_FORMAT", "csv")]);
    let (titles, rows) = text
        .split_once("\r\n")
        .expect("lines end as RFC 4180 has it");
    let expected = "file,function,line,occurrences,increment,mem_usage,peak,allocs,frees,reallocs,\
                    allocated,freed,rss_increment,heap,heap_increment,time_ns,retained,churned,source";
    assert_eq!(titles, expected);
    // Quoted is what holds a comma or a quote, with the quotes doubled.
    let row = rows
        .lines()
        .find(|row| row.contains("repeat(10)"))
        .expect("the line is there");
    let (figures, source) = row.split_once(",\"").expect("the source is quoted");
    assert_eq!(
        source,
        r#"        let text = ""x"".repeat(10); // 文字, and <b> ""quotes"", in a comment""#,
    );
    let mut figures: Vec<&str> = figures.split(',').collect();
    assert_eq!(figures.len(), titles.split(',').count() - 1);
    figures[5] = "RSS";
    figures[12..15].fill("…");
    expect!["tests/formats.rs,formats::collect,33,100,1000,RSS,10,100,0,0,1000,0,…,…,…,,,"]
        .assert_eq(&figures.join(","));
    // Lines that never ran have no figures.
    let row = rows
        .lines()
        .find(|row| row.contains("return all;"))
        .expect("the line is there");
    assert!(row.contains(",,,,,,,,,,,,,"), "{row}");
}

fn html() {
    let page = run(&[("MEMLINE_FORMAT", "html")]);
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
    assert!(page.trim_end().ends_with("</html>"));
    for outside in ["http://", "https://", "//cdn", "src=", "@import", "<link"] {
        assert!(!page.contains(outside), "the page refers to {outside}");
    }
    // The source is shown as it is, not as markup.
    assert!(page.contains("文字, and &lt;b&gt;"));
    assert!(!page.contains("and <b>"));
    assert!(page.contains("formats::collect"));
    assert!(
        page.contains("3.3 KiB"),
        "the increment of the line that pushes is on the page"
    );
}

fn files_choose_a_format() {
    let folder = common::scratch("files_choose_a_format");
    for (name, start) in [
        ("out.json", r#"{"version":1"#),
        ("out.csv", "file,function,line,"),
        ("out.html", "<!"),
        ("out.txt", "Filename: tests/formats.rs"),
    ] {
        let file = folder.join(name);
        let name = file.to_str().expect("the path is text");
        assert_eq!(run(&[("MEMLINE_OUTPUT", name)]), "");
        let text = std::fs::read_to_string(&file).expect("it was written");
        assert!(text.trim_start().starts_with(start), "{name}: {text}");
    }
}
