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
///
/// A `const fn` cannot be profiled, since it may run in the compiler; neither can a C-variadic or a naked
/// function. On one of these the attribute is an error; within an `impl`, a `mod` or a `trait` they are
/// passed over in silence. With `warn` both are a warning.
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
