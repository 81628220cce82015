//! What is compared with what, and the bounds that memline keeps.

use crate::builds::Build::{
    self, Counting, Dhat, Divan, Heapscope, HotpathAlloc, HotpathTime, Index, IndexPlain,
    IndexPointers, Memline, Plain, Pointers, Reader, StatsAlloc,
};

use crate::meter;
use crate::options::{Only, Options};

/// One table.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) cases: Vec<Case>,
}

/// One row: a program beside another one.
pub(crate) struct Case {
    /// What is measured.
    pub(crate) what: &'static str,
    /// Whose figure it is.
    pub(crate) tool: &'static str,
    pub(crate) run: Run,
    pub(crate) beside: Run,
    pub(crate) compare: Compare,
    pub(crate) unit: &'static str,
    /// What the comparison must not exceed.
    pub(crate) bound: Option<f64>,
}

/// One program with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) build: Build,
    pub(crate) arguments: Arguments,
    pub(crate) meter: Meter,
    pub(crate) under: Under,
}

/// What runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Under {
    Nothing,
    /// memline, recording.
    Recorder,
    Heaptrack,
    /// Valgrind's dhat.
    Valgrind,
}

/// Where the figure of a run comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meter {
    /// The program measures itself and prints it.
    Printed,
    /// The processor time that the whole program takes, with all of its threads.
    Seconds,
    /// The same, of a program that runs at once with all others of this meter, and shares one
    /// processor with them.
    Shared,
    /// How long it takes.
    Clock,
    /// Instructions per operation, as callgrind counts them.
    Instructions,
    /// The highest resident set of the program, in bytes.
    Resident,
    /// Bytes per event of what is recorded.
    EventBytes,
    /// How long the command takes for every five million events of a map that was recorded.
    Reads,
}

/// How two figures are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    /// How many times the other figure.
    Ratio,
    /// How much more than the other figure.
    Difference,
    /// The figure itself: there is none beside it.
    Figure,
}

type Arguments = &'static [&'static str];

pub(crate) fn sections(options: &Options) -> Vec<Section> {
    let recordings = Section {
        title: "Recording every allocation with its stack",
        cases: recorded(),
    };
    let instructions = Section {
        title: "Instructions on the hot path, counted by callgrind",
        cases: counted(),
    };
    let program = Section {
        title: "A whole program: examples/index.rs",
        cases: program(),
    };
    match options.only {
        Some(Only::Program) => return vec![program],
        Some(Only::Recordings) => return vec![recordings],
        Some(Only::Instructions) => return vec![instructions],
        None => {}
    }
    let mut sections = vec![
        Section {
            title: "Allocations, under each tool's allocator",
            cases: allocations(),
        },
        Section {
            title: "Calls and lines: what profiling adds to one",
            cases: lines(),
        },
        Section {
            title: "What must not grow",
            cases: growth(),
        },
        program,
        recordings,
    ];
    if options.instructions {
        sections.push(instructions);
    }
    sections
}

fn allocations() -> Vec<Case> {
    let workloads: [(_, Arguments, _); 4] = [
        ("64 B pair, 1 thread", &["pairs", "1"], Some(1.2)),
        ("64 B pair, 2 threads", &["pairs", "2"], Some(1.2)),
        ("64 B pair, 4 threads", &["pairs", "4"], Some(1.2)),
        ("entry of a map of 1M", &["tree", "1000000"], None),
    ];
    let mut cases = Vec::new();
    for (what, arguments, bound) in workloads {
        for build in [Memline, StatsAlloc, Divan, HotpathTime, HotpathAlloc] {
            let case = Case::ratio(what, run(build, arguments), run(Plain, arguments));
            cases.push(Case {
                bound: bound.filter(|_| build == Memline),
                ..case
            });
        }
    }
    cases
}

fn lines() -> Vec<Case> {
    let adds = |what, build, arguments| {
        Case::difference(what, run(build, arguments), run(Plain, arguments))
    };
    // What memory_profiler does, in Rust: a plain program that reads around its line.
    let rss = |tool, arguments| {
        let case = Case::difference("line", run(Plain, arguments), run(Plain, &["line"]));
        Case { tool, ..case }
    };
    vec![
        adds("line", Memline, &["line"]).at_most(1.5),
        rss("RSS read twice, statm", &["rss-statm"]),
        rss("RSS read twice, memory-stats", &["rss-memory-stats"]),
        adds("call with one line", Memline, &["call"]).at_most(5.0),
        adds("call with one line", HotpathTime, &["call"]),
        adds("call with one line", HotpathAlloc, &["call"]),
        adds("call that allocates 64 B", Memline, &["allocating-call"]),
        adds("pass of a loop, one line", Memline, &["pass"]),
        adds("closure in a chain, per call", Memline, &["closure"]),
        adds("pass that allocates 64 B", Memline, &["allocating"]),
        adds("poll of an async fn", Memline, &["poll"]),
    ]
}

fn growth() -> Vec<Case> {
    let call =
        |what, many, few| Case::ratio(what, run(Memline, many), run(Memline, few)).at_most(1.1);
    let bytes = |what, build, arguments| {
        let case = Case::difference(what, run(build, arguments), run(Plain, arguments));
        Case { unit: "B", ..case }
    };
    let (table, rss): (Arguments, Arguments) = (&["table-bytes"], &["call-bytes", "10000000"]);
    vec![
        call(
            "call after 100 functions, not 1",
            &["functions", "100"],
            &["functions", "1"],
        ),
        call(
            "call after 1,000 functions, not 1",
            &["functions", "1000"],
            &["functions", "1"],
        ),
        call(
            "call after 1,000 threads, not 1",
            &["threads", "1000"],
            &["threads", "1"],
        ),
        bytes("table, per line and thread", Memline, table).at_most(256.0),
        // The system counts resident pages in batches per core, hence not 0.
        bytes(
            "RSS, from 10M to 100M calls",
            Memline,
            &["call-bytes", "100000000"],
        )
        .at_most(262_144.0),
        bytes("RSS, from 1M to 10M calls", HotpathTime, rss),
        bytes("RSS, from 1M to 10M calls", HotpathAlloc, rss),
    ]
}

fn program() -> Vec<Case> {
    let shared = |build| Run {
        meter: Meter::Shared,
        ..index(build)
    };
    let case = Case::ratio("index a large folder", shared(Index), shared(IndexPlain));
    vec![Case { unit: "s", ..case }.at_most(1.05)]
}

/// The example `index` over the folder that the options name.
fn index(build: Build) -> Run {
    Run {
        meter: Meter::Seconds,
        ..run(build, &[])
    }
}

/// The map whose recording is read.
pub(crate) const MILLION: Arguments = &["tree", "1000000"];

fn recorded() -> Vec<Case> {
    const FIFTH: Arguments = &["tree", "200000"];
    const MIB: f64 = 1024.0 * 1024.0;
    let under = |under, run| Run { under, ..run };
    let recorded = |run| under(Under::Recorder, run);
    let tree = |tool, what, run, arguments| {
        let case = Case::ratio(what, run, self::run(Plain, arguments));
        Case { tool, ..case }
    };
    let (million, fifth) = ("entry of a map of 1M", "entry of a map of 200k");
    let resident = |run| Run {
        meter: Meter::Resident,
        ..run
    };
    let memory = |what, with: Run, beside: Run| {
        let case = Case::difference(what, resident(recorded(with)), resident(beside));
        Case { unit: "B", ..case }.at_most(16.0 * MIB)
    };
    let bytes = Run {
        meter: Meter::EventBytes,
        ..recorded(index(IndexPointers))
    };
    let seconds = |what, with: Run| {
        let case = Case::ratio(what, with, index(IndexPlain));
        Case { unit: "s", ..case }
    };
    let clock = |build| Run {
        meter: Meter::Clock,
        ..index(build)
    };
    let reads = |what, arguments| {
        let run = Run {
            meter: Meter::Reads,
            ..run(Reader, arguments)
        };
        Case {
            unit: "s",
            ..Case::figure(what, run)
        }
        .at_most(1.0)
    };
    let (folder, elapsed) = ("index a large folder", "… on the clock");
    vec![
        tree(
            "memline",
            million,
            recorded(run(Pointers, MILLION)),
            MILLION,
        )
        .at_most(1.35),
        tree(
            "… by unwind tables",
            million,
            recorded(run(Memline, MILLION)),
            MILLION,
        ),
        tree(
            "heaptrack",
            million,
            under(Under::Heaptrack, run(Plain, MILLION)),
            MILLION,
        ),
        tree("heapscope", million, run(Heapscope, MILLION), MILLION),
        tree("memline", fifth, recorded(run(Pointers, FIFTH)), FIFTH),
        tree("dhat-rs", fifth, run(Dhat, FIFTH), FIFTH),
        tree(
            "valgrind dhat",
            fifth,
            under(Under::Valgrind, run(Plain, FIFTH)),
            FIFTH,
        ),
        seconds(folder, recorded(index(IndexPointers))).at_most(1.5),
        Case {
            tool: "… by unwind tables",
            ..seconds(folder, recorded(index(Index)))
        },
        Case {
            unit: "s",
            ..Case::ratio(elapsed, recorded(clock(IndexPointers)), clock(IndexPlain))
        }
        .at_most(1.5),
        memory(
            "memory of the recorder, map of 1M",
            run(Pointers, MILLION),
            run(Memline, MILLION),
        ),
        memory(
            "memory of the recorder, index",
            index(IndexPointers),
            index(Index),
        ),
        Case {
            unit: "B",
            ..Case::figure("index, bytes per event on disk", bytes)
        }
        .at_most(2.0),
        reads("stats of 5M events, map of 1M", &["stats"]),
        reads("flamegraph of them", &["flamegraph"]),
    ]
    .into_iter()
    .filter(|case| meter::is_installed(case.run.under))
    .collect()
}

fn counted() -> Vec<Case> {
    let count = |what, build, arguments| {
        let run = |build| Run {
            meter: Meter::Instructions,
            ..run(build, arguments)
        };
        let case = Case::difference(what, run(build), run(Plain));
        Case { unit: "", ..case }
    };
    let recorder_left_out = count("", Counting, &["count-pair"]).run;
    vec![
        count("call with one line", Memline, &["count-call"]),
        count("call with eleven lines", Memline, &["count-lines"]),
        count("pass of a loop, one line", Memline, &["count-pass"]),
        count("poll of an async fn", Memline, &["count-poll"]),
        count("64 B allocation", Memline, &["count-alloc"]),
        count("64 B pair", Memline, &["count-pair"]),
        count("64 B pair", Counting, &["count-pair"]),
        count("64 B pair", StatsAlloc, &["count-pair"]),
        count("64 B pair", Divan, &["count-pair"]),
        Case {
            beside: recorder_left_out,
            ..count(
                "64 B pair, recorder off, not left out",
                Memline,
                &["count-pair"],
            )
        },
    ]
}

/// A program that prints its figure.
fn run(build: Build, arguments: Arguments) -> Run {
    Run {
        build,
        arguments,
        meter: Meter::Printed,
        under: Under::Nothing,
    }
}

impl Case {
    fn ratio(what: &'static str, run: Run, beside: Run) -> Case {
        let tool = run.build.name();
        Case {
            what,
            tool,
            run,
            beside,
            compare: Compare::Ratio,
            unit: "ns",
            bound: None,
        }
    }

    fn difference(what: &'static str, run: Run, beside: Run) -> Case {
        Case {
            compare: Compare::Difference,
            ..Case::ratio(what, run, beside)
        }
    }

    fn figure(what: &'static str, run: Run) -> Case {
        Case {
            compare: Compare::Figure,
            ..Case::ratio(what, run, run)
        }
    }

    fn at_most(self, bound: f64) -> Case {
        Case {
            bound: Some(bound),
            ..self
        }
    }
}
