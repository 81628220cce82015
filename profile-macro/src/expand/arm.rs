//! A call of `drop` that is a whole arm of a `match`.

use proc_macro2::Span;
use quote::quote_spanned;
use syn::Expr;

use crate::span;

/// Keeps such a call a whole arm, though a probe goes before it.
///
/// rustc warns of dropping what is `Copy`, or a reference, but not right in an arm, where it is a way to
/// get `()` out of an expression that does something. A `match` of its own leaves it there, and drops
/// temporaries when the arm did.
///
/// ```text
/// A => drop(f()),      A => { frame.line(2); match () { () => drop(f()) } },
/// ```
pub(super) fn keep_whole(arm: &mut Expr) {
    if is_drop(arm) {
        let here = Span::mixed_site().located_at(span::first(arm));
        *arm = Expr::Verbatim(quote_spanned!(here=> match () { () => #arm }));
    }
}

fn is_drop(arm: &Expr) -> bool {
    let Expr::Call(call) = arm else { return false };
    let Expr::Path(function) = &*call.func else {
        return false;
    };
    let last = function.path.segments.last();
    last.is_some_and(|last| last.ident == "drop")
}
