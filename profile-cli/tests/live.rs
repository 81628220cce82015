//! Running programs, looked at from outside: `run --live`, `run --live-remote` and `live`, `attach`,
//! `detach`, `snapshot`, and what can go wrong.

#[path = "live/programs.rs"]
mod programs;
#[path = "live/protocol.rs"]
mod protocol;
#[path = "live/recordings.rs"]
mod recordings;
#[path = "live/running.rs"]
mod running;
#[path = "live/screens.rs"]
mod screens;
#[path = "live/viewer.rs"]
mod viewer;

use libtest_mimic::{Arguments, Trial};
use memline as _;

fn main() {
    programs::run_if_asked();
    macro_rules! trials {
        ($($module:ident::$test:ident),+ $(,)?) => {
            vec![$(Trial::test(stringify!($test), || { $module::$test(); Ok(()) })),+]
        };
    }
    let trials = trials![
        screens::lines_and_a_table_without_a_terminal,
        screens::what_lived_before_attaching_is_in_no_row,
        screens::a_killed_program_ends_the_view,
        screens::viewers_elsewhere_hear_the_status,
        screens::a_taken_port,
        screens::wrong_and_missing_tokens,
        protocol::what_lives_is_told_to_the_byte,
        protocol::other_versions,
        protocol::a_thousand_connects_leave_nothing,
        protocol::a_viewer_that_reads_nothing_is_told_of_what_it_missed,
        protocol::the_heap_is_that_of_the_program_alone,
        protocol::a_forked_child_is_nobody,
        recordings::no_control_and_no_process,
        recordings::a_recording_from_and_to,
        recordings::a_recording_of_some_time,
        recordings::snapshots,
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
