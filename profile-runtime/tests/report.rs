//! The report as a plain value: what is written can be read back, and functions are found.

use profile_runtime::{Figures, Function, Line, Report};
use proptest::prelude::*;

fn report() -> Report {
    let ran = |line, source: &str, occurrences, increment| Line {
        line,
        source: source.to_owned(),
        figures: Some(Figures {
            occurrences,
            increment,
            mem_usage: Some(2_202_009),
            allocated: 48,
            ..Figures::default()
        }),
    };
    let never = Line {
        line: 4,
        source: "    // a \"quoted\", note".to_owned(),
        figures: None,
    };
    let function = |name: &str, lines| Function {
        name: name.to_owned(),
        file: "src/main.rs".to_owned(),
        first_line: 3,
        calls: 1,
        lines,
        ..Function::default()
    };
    Report {
        version: 1,
        functions: vec![
            function(
                "app::build",
                vec![ran(3, "fn build() {", 1, 0), never, ran(5, "}", 1, 48)],
            ),
            function("build", vec![ran(9, "fn build() {}", 2, -48)]),
        ],
        notes: Vec::new(),
    }
}

#[test]
fn json_has_the_documented_shape() {
    let expected = concat!(
        r#"{"version":1,"functions":[{"name":"app::build","file":"src/main.rs","first_line":3,"calls":1,"lines":["#,
        r#"{"line":3,"source":"fn build() {","occurrences":1,"increment":0,"mem_usage":2202009,"peak":0,"#,
        r#""allocs":0,"frees":0,"reallocs":0,"allocated":48,"freed":0,"rss_increment":null,"heap":0,"#,
        r#""heap_increment":0,"time_ns":null,"retained":null,"churned":null},{"line":4,"source":"    // a \"quoted\", note"}"#,
    );
    let json = report().to_json();
    assert_eq!(&json[..expected.len()], expected);
}

#[test]
fn csv_has_one_row_per_line() {
    let expected = concat!(
        "file,function,line,occurrences,increment,mem_usage,peak,allocs,frees,reallocs,allocated,freed,",
        "rss_increment,heap,heap_increment,time_ns,retained,churned,source\r\n",
        "src/main.rs,app::build,3,1,0,2202009,0,0,0,0,48,0,,0,0,,,,fn build() {\r\n",
        "src/main.rs,app::build,4,,,,,,,,,,,,,,,,\"    // a \"\"quoted\"\", note\"\r\n",
        "src/main.rs,app::build,5,1,48,2202009,0,0,0,0,48,0,,0,0,,,,}\r\n",
        "src/main.rs,build,9,2,-48,2202009,0,0,0,0,48,0,,0,0,,,,fn build() {}\r\n",
    );
    assert_eq!(report().to_csv(), expected);
}

#[test]
fn functions_are_found_by_path_or_by_its_end() {
    let report = report();
    let first_line = |name| report.function(name)?.lines.first().map(|line| line.line);
    assert_eq!(first_line("app::build"), Some(3));
    assert_eq!(
        first_line("build"),
        Some(9),
        "the whole name goes before the end of one"
    );
    assert_eq!(first_line("uild"), None);
    assert_eq!(first_line(""), None);
    let function = report.function("app::build").expect("it is there");
    assert_eq!(function.increment(), 48);
    assert_eq!(function.line(4).map(|line| line.figures), Some(None));
    assert_eq!(function.line(6), None);
}

#[test]
fn display_writes_the_tables() {
    let text = report().to_string();
    assert!(text.starts_with("Filename: src/main.rs"));
    assert_eq!(text.matches("Line Contents").count(), 2);
    assert!(!text.contains('\x1b'));
}

prop_compose! {
    fn any_figures()(
        occurrences: u64,
        increment: i64,
        mem_usage: Option<u64>,
        rss_increment: Option<i64>,
        heap_increment: i64,
        rest: [u64; 7],
        time_ns: Option<u64>,
    ) -> Figures {
        let [peak, allocs, frees, reallocs, allocated, freed, heap] = rest;
        Figures {
            occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed,
            rss_increment, heap, heap_increment, time_ns, ..Figures::default()
        }
    }
}

prop_compose! {
    fn any_line()(line: u32, source: String, figures in proptest::option::of(any_figures())) -> Line {
        Line { line, source, figures }
    }
}

prop_compose! {
    fn any_function()(
        name: String,
        file: String,
        first_line: u32,
        calls: u64,
        lines in proptest::collection::vec(any_line(), 0..8),
    ) -> Function {
        Function { name, file, first_line, calls, lines, ..Function::default() }
    }
}

proptest! {
    #[test]
    fn json_reads_back(functions in proptest::collection::vec(any_function(), 0..4)) {
        let report = Report { version: 1, functions, notes: Vec::new() };
        prop_assert_eq!(serde_json::from_str::<Report>(&report.to_json()).ok(), Some(report));
    }

    #[test]
    fn csv_reads_back(functions in proptest::collection::vec(any_function(), 0..4)) {
        let report = Report { version: 1, functions, notes: Vec::new() };
        let text = report.to_csv();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let titles = reader.headers().expect("a row of titles").clone();
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
        let lines = || report.functions.iter().flat_map(|f| f.lines.iter().map(move |l| (f, l)));
        prop_assert_eq!(rows.len(), lines().count());
        for (row, (function, line)) in rows.iter().zip(lines()) {
            let field = |title: &str| {
                let index = titles.iter().position(|t| t == title).expect("a known title");
                row.get(index).expect("rows of one length")
            };
            prop_assert_eq!(field("function"), &function.name);
            prop_assert_eq!(field("file"), &function.file);
            prop_assert_eq!(field("source"), &line.source);
            let optional = |figure: Option<String>| figure.unwrap_or_default();
            let figures = line.figures;
            prop_assert_eq!(field("increment"), optional(figures.map(|f| f.increment.to_string())));
            prop_assert_eq!(field("time_ns"), optional(figures.and_then(|f| f.time_ns).map(|t| t.to_string())));
            prop_assert_eq!(field("freed"), optional(figures.map(|f| f.freed.to_string())));
        }
    }
}
