//! One process of the comparison: `peer WORKLOAD [NUMBER]` runs one workload under the tool that
//! this build has in it and prints one figure on the first line of its output.

mod allocator;
#[path = "../../common/mod.rs"]
#[macro_use]
mod common;
mod counted;
mod growth;
mod rss;
mod tree;
mod workload;

use std::process::ExitCode;

// One attribute per build: what the tool offers to profile a function.
#[cfg(feature = "memline-counting")]
bodies!(
    #[memline::profile]
    mod bodies
);
#[cfg(feature = "hotpath")]
bodies!(
    #[hotpath::measure_all]
    mod bodies
);
#[cfg(not(any(feature = "memline-counting", feature = "hotpath")))]
bodies!(mod bodies);

fn main() -> ExitCode {
    #[cfg(feature = "hotpath")]
    let _guard = hotpath::HotpathGuardBuilder::new("peer")
        .format(hotpath::Format::None)
        .build();

    #[cfg(feature = "dhat")]
    let _profiler = dhat::Profiler::builder()
        .file_name(std::env::temp_dir().join("memline-peers-dhat.json"))
        .build();

    #[cfg(feature = "heapscope")]
    let _profiler = {
        let file = std::env::temp_dir().join("memline-peers-heapscope");
        let profiler = heapscope::Profiler::builder().output(heapscope::Output::native(file));
        match profiler.build() {
            Ok(profiler) => profiler,
            Err(error) => {
                eprintln!("peer: heapscope does not start: {error}");
                return ExitCode::FAILURE;
            }
        }
    };

    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let number = arguments.next().and_then(|number| number.parse().ok());
    match workload::run(&name, number) {
        Some(figure) => {
            println!("{figure}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("peer: there is no workload `{name}`, or it needs a number");
            ExitCode::from(2)
        }
    }
}
