//! Bad arguments: each told once, on its token, and the functions are still there.
use memline::profile;

#[profile(nme = "x")]
fn unknown() {}

#[profile(name = "a", name = "b")]
fn twice() {}

#[profile(name = 3)]
fn not_a_string() {}

#[profile(name)]
fn no_value() {}

#[profile(name("x"))]
fn no_equals() {}

#[profile(name = )]
fn nothing_after_equals() {}

#[profile(crate = "memline")]
fn not_a_path() {}

#[profile(name = "a" crate = memline)]
fn no_comma() {}

#[profile("x")]
fn no_key() {}

#[profile(colour = 1, name = 2, crate = 3)]
fn all_at_once() {}

#[profile(warn = true)]
fn no_flag() {}

#[profile(warn, warn)]
fn warned_twice() {}

#[profile(peak = "1 TiB")]
fn no_size() {}

#[profile(peak = -1)]
fn negative() {}

#[profile(retained = 1.5)]
fn no_whole_size() {}

#[profile(retained = 1KiB)]
fn no_text() {}

#[profile(allocs = "1 MiB")]
fn no_number() {}

#[profile(allocs = 99999999999999999999)]
fn too_large() {}

#[profile(peak = 1, peak = "1 B")]
fn budgeted_twice() {}

#[profile(leaks = 0)]
fn an_argument_of_tests() {}

fn main() {
    unknown();
    twice();
    not_a_string();
    no_value();
    no_equals();
    nothing_after_equals();
    not_a_path();
    no_comma();
    no_key();
    all_at_once();
    no_flag();
    warned_twice();
    no_size();
    negative();
    no_whole_size();
    no_text();
    no_number();
    too_large();
    budgeted_twice();
    an_argument_of_tests();
}
