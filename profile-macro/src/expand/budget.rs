//! The budget of a function.
//!
//! ```text
//! // Input                              // Output
//! #[profile(peak = "1 KiB")]
//! fn build() -> Vec<u32> {              fn build() -> Vec<u32> {
//!                                           let budget = __MEMLINE_BUDGET.call();
//!                                           static __MEMLINE_BUDGET: …::Budget = …;
//!                                           let frame = …::enter(…);
//!                                           static __MEMLINE_SITE: …::Site = …;
//!     Vec::new()                            Vec::new()
//! }                                     }
//! ```
//!
//! The budget's local is dropped after the frame, when all lines are settled.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{LitStr, Signature};

use crate::args::Args;

/// Whether a panic can leave the function: an `extern "C"` one aborts.
pub(super) fn lets_panics_out(sig: &Signature) -> bool {
    let abi = sig.abi.as_ref();
    abi.is_none_or(|abi| {
        let name = abi.name.as_ref().map(LitStr::value);
        name.is_some_and(|name| name == "Rust" || name.ends_with("-unwind"))
    })
}

/// The measuring of a call, and the budget as an item.
pub(super) fn call(args: &Args, unwinds: bool) -> TokenStream {
    let item = item(args, unwinds);
    let budget = Ident::new("budget", Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> let #budget = __MEMLINE_BUDGET.call(); #item)
}

/// The same of a future: `__MEMLINE_BUDGET.future(…)`.
pub(super) fn future(args: &Args, future: &TokenStream) -> TokenStream {
    let item = item(args, true);
    quote_spanned!(Span::mixed_site()=> { #item __MEMLINE_BUDGET.future(#future) })
}

fn item(args: &Args, unwinds: bool) -> TokenStream {
    let memline = args.runtime();
    let limits = args.budget.to_tokens(memline);
    quote_spanned! {Span::mixed_site()=>
        static __MEMLINE_BUDGET: #memline::Budget =
            #memline::Budget::new(&__MEMLINE_SITE, #limits, #unwinds);
    }
}
