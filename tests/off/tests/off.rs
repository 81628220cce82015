//! Proof that memline without its features is not there: the same tokens come out of `#[profile]`
//! as went in, and a program that only annotates holds no code of memline's.

use std::fs;
use std::process::Command;

use capture::capture;

/// Compares an item with what `#[profile]` makes of it.
macro_rules! unchanged {
    ($($test:ident: $(#[$($profile:tt)*])+ { $($item:tt)* })+) => {$(
        #[test]
        fn $test() {
            #[capture(BEFORE)]
            $($item)*

            $(#[$($profile)*])+
            #[capture(AFTER)]
            $($item)*

            assert!(BEFORE.contains("Brace("), "{BEFORE}");
            assert_eq!(BEFORE, AFTER);
        }
    )+};
}

unchanged! {
    a_function: #[memline::profile] {
        /// With documentation.
        #[inline]
        pub(crate) unsafe extern "C" fn function<'a, T: Clone, const N: usize>(
            mut value: &'a [T; N],
            #[allow(unused)] other: impl Fn(u8) -> u8,
        ) -> impl Iterator<Item = T> + use<'a, T, N>
        where
            T: 'static,
        {
            let Some(first) = value.first() else { panic!("{}", N) };
            'outer: for number in 0..=10 {
                if number >>= 1 && true || false { continue 'outer } else if let 3 = number { break }
                match number { 0 | 1 if number < 2 => drop(first.clone()), _ => {} }
            }
            let closure = |x| { x + 1 };
            value.iter().cloned()
        }
    }
    an_async_function: #[memline::profile(name = "other", crate = ::elsewhere)] {
        async fn function(mut argument: Vec<u8>) -> Result<(), ()> {
            argument.push(other(async move { 1 }).await?);
            Ok(())
        }
    }
    a_function_that_cannot_be_profiled: #[memline::profile] {
        const fn function() -> u8 { { { 255 } } }
    }
    a_function_to_be_warned_of: #[memline::profile(warn)] {
        const fn function() -> u8 { 255 }
    }
    an_impl: #[memline::profile] {
        impl<T> Trait<T> for Type<T> {
            const SIZE: usize = { 1 + 1 };
            fn method(self: Box<Self>) -> ! { loop {} }
        }
    }
    a_module: #[memline::profile] {
        mod module {
            use super::*;
            pub fn function() { let x = 1; let y = 2; }
        }
    }
    a_trait: #[memline::profile] {
        trait Trait { fn required(&self); fn provided(&self) { self.required() } }
    }
    bad_arguments: #[memline::profile(no such = argument)] {
        fn function() { not!(even Rust) }
    }
}

/// A `#[memline::test]` is a test all the same, of which nothing is checked.
#[memline::test(peak = "0 B", allocs = 0, leaks = 0)]
fn a_test_that_is_not_measured() -> Result<(), std::num::ParseIntError> {
    std::mem::forget(std::hint::black_box(vec![0u8; 100]));
    "1".parse::<u8>().map(drop)
}

#[memline::test(no such = argument)]
#[should_panic(expected = "of its own")]
fn a_test_that_panics() {
    panic!("of its own");
}

#[memline::test]
#[test]
fn a_test_that_is_one_already() {}

/// As symbols name the crate that a function is of, with the length of the name.
const RUNTIME: &[u8] = b"15profile_runtime";

fn holds_the_runtime(program: &str) -> bool {
    let bytes = fs::read(program).expect("the program was built");
    bytes.windows(RUNTIME.len()).any(|window| window == RUNTIME)
}

/// What a program prints, with every setting that could make memline speak.
fn run(program: &str) -> String {
    let output = Command::new(program)
        .env("MEMLINE", "on")
        .env("MEMLINE_FORMAT", "json")
        .output()
        .expect("the program was built");
    let text = |bytes| String::from_utf8(bytes).expect("the program prints text");
    assert_eq!(
        (output.status.code(), text(output.stderr).as_str()),
        (Some(0), ""),
        "{program}"
    );
    text(output.stdout)
}

#[test]
fn no_code_of_memline_is_linked() {
    assert!(!holds_the_runtime(env!("CARGO_BIN_EXE_plain")));
    // The other program shows that the search finds what is there.
    assert!(holds_the_runtime(env!("CARGO_BIN_EXE_calls")));
}

#[test]
fn nothing_is_printed() {
    assert_eq!(run(env!("CARGO_BIN_EXE_plain")), "328350\n");
}

#[test]
fn the_interface_stays() {
    assert_eq!(
        run(env!("CARGO_BIN_EXE_calls")),
        "{\"version\":1,\"functions\":[]}\n"
    );
}
