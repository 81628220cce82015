//! Bad arguments and places of `#[memline::test]`: each told once, on its token, and the tests are still
//! there.

#[memline::test(nme = 1)]
fn unknown() {}

#[memline::test(peak)]
fn no_value() {}

#[memline::test(peak = )]
fn nothing_after_equals() {}

#[memline::test(leaks = "much")]
fn no_size() {}

#[memline::test(leaks = 0, leaks = 1)]
fn twice() {}

#[memline::test(allocs = 1.5)]
fn no_number() {}

#[memline::test(peak = 1 leaks = 2)]
fn no_comma() {}

#[memline::test("1 MiB")]
fn no_key() {}

#[memline::test(retained = 1, peak = "1 TiB", crate = 3)]
fn all_at_once() {}

#[memline::test(peak = 10)]
const fn constant() {}

#[memline::test(peak = 10)]
#[memline::profile]
fn profiled_already() {}

#[memline::test(peak = 10)]
async fn without_a_runtime() {}

#[memline::test]
struct NoFunction;

fn main() {
    unknown();
    no_value();
    nothing_after_equals();
    no_size();
    twice();
    no_number();
    no_comma();
    no_key();
    all_at_once();
    constant();
    profiled_already();
    drop(without_a_runtime());
    let _ = NoFunction;
}
