//! Where clippy would speak of the added statements, as if the user had written them.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;
use syn::Stmt;
use syn::token::Brace;

use super::verbatim;
use crate::body::Piece;

/// An attribute within an empty body: clippy lets a generic function that has nothing to do leave its type
/// parameters unused.
pub(super) fn allow_unused(is_generic: bool, pieces: &[Piece]) -> Option<Stmt> {
    if !is_generic || !pieces.is_empty() {
        return None;
    }
    let allow =
        quote_spanned!(Span::mixed_site()=> #![allow(clippy::extra_unused_type_parameters)]);
    Some(verbatim(allow))
}

/// Makes the braces of a body the macro's own where clippy wants the body to be one certain expression:
/// `*self` in a `clone`, `Some(self.cmp(other))` in a `partial_cmp`. An attribute would have to stand on the
/// `impl`.
///
/// NOTE: With one expression in them, it is all the same of which edition they are. What it costs: of a private
/// method of such a name that belongs to no trait, the compiler no longer tells that nobody calls it.
pub(super) fn cover(name: &Ident, pieces: &[Piece], brace: &mut Brace) {
    if matches!(pieces, [only] if only.is_tail()) && (name == "clone" || name == "partial_cmp") {
        *brace = Brace(Span::mixed_site().located_at(brace.span.join()));
    }
}
