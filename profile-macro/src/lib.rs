//! The attribute macro of memline.
//!
//! `#[profile]` puts probes between the statements of a function: arguments are read in `args`,
//! wrong places are told in `check`, `item` finds the functions, and `expand` writes the probes. Nothing
//! of the user's is wrapped or reordered; only statements are added.

mod args;
mod body;
mod check;
mod expand;
mod flow;
mod function;
mod item;
mod limits;
mod memory_test;
mod site;
mod source;
mod span;
mod temporaries;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Profiles a function, or every function of an `impl`, an inline `mod` or a `trait`.
///
/// Each line of the function becomes a row of a table that is printed when the program ends.
///
/// - `name = "…"`: the function's name in the report, in place of its path.
/// - `crate = path`: where memline is found, when it is not `::memline`.
/// - `warn`: a function that cannot be profiled is warned of, with the reason.
/// - `peak = "1 MiB"`, `allocs = 10`, `retained = "0 B"`: a budget, see below.
///
/// A `const fn` cannot be profiled, since it may run in the compiler; neither can a C-variadic or a naked
/// function. On one of these the attribute is an error; within an `impl`, a `mod` or a `trait` they are
/// passed over in silence. With `warn` both are a warning.
///
/// # Budgets
///
/// A budget is what one call may take on the thread that it runs on, what it calls included: `peak`, how high
/// the heap may rise above where the call began; `allocs`, how often it may allocate or reallocate;
/// `retained`, how many bytes it may leave allocated, its return value included. Sizes are text with a unit,
/// or a number of bytes. An `async fn` is measured while it is polled, and checked when it is done. On an
/// `impl`, a `mod` or a `trait` the budget is that of each function in it.
///
/// A call that takes more is noted, and told under the function's table: the figure, the budget, and the line
/// that had most to do with it. In a program that Cargo has built to test something, the call panics when it
/// ends, with the same message, so that the test fails; other programs go on undisturbed. Calls that panic are
/// not checked, and functions that a panic cannot leave (`extern "C"`) never panic for it. Each call that
/// recursion makes is a call. What a closure or an async block of the function does later is not the call's.
///
/// With memline's feature `profile` turned off, the item is returned token for token.
#[proc_macro_attribute]
pub fn profile(args: TokenStream, item: TokenStream) -> TokenStream {
    if cfg!(feature = "profile") {
        let attribute = proc_macro2::Span::call_site();
        item::profile(args.into(), item.into(), attribute).into()
    } else {
        item
    }
}

/// Makes a function a test that is measured, and fails where it takes more than it may.
///
/// - `peak = "1 MiB"`: how high the heap may rise above where the test began.
/// - `allocs = 10`: how often it may allocate or reallocate.
/// - `leaks = "0 B"`: how many bytes it may have allocated and not freed when it ends.
/// - `crate = path`: where memline is found, when it is not `::memline`.
///
/// Sizes are text with a unit, or a number of bytes. A failure names the lines that allocated most, of the
/// test itself and of functions with `#[profile]`.
///
/// What counts is what the test's own thread does, so that tests may run in parallel. The work of other
/// threads, those that the test starts included, does not count; so what one thread allocates and another one
/// frees, such as the closure that a new thread is given, looks kept on the first. What is allocated once and
/// for all, such as a thread-local, and what the test prints, which is captured, counts as kept.
///
/// `#[test]` is added, unless another attribute makes the function a test; that one may stand under this one:
/// `#[tokio::test]` also above it, and then the runtime is measured, too. A plain `#[test]` above it cannot be
/// seen, so that the test would be run twice: put it under this one, or leave it out. An async test is measured from its
/// first poll to its end, with all that its thread does meanwhile, such as other tasks of the same runtime.
/// A test that panics or returns an `Err` has failed already, and one with `#[should_panic]` is not
/// checked, so that it never passes for the wrong reason.
///
/// With memline's feature `profile` turned off, the function is a test, and nothing is checked.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    if cfg!(feature = "profile") {
        let attribute = proc_macro2::Span::call_site();
        memory_test::test(args.into(), item.into(), attribute).into()
    } else {
        memory_test::unmeasured(item.into()).into()
    }
}
