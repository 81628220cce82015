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
}
