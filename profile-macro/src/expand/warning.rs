//! A warning on stable Rust.

use quote::quote_spanned;
use syn::{Block, Error};

use super::verbatim;

/// Has the compiler warn that the function of this body is not profiled, on the reason's own token.
///
/// Procedural macros have no warnings of their own on stable Rust, but the use of something deprecated is one,
/// and quotes a note. It stands in an item within the body, which is the one place that functions, methods
/// and `const`, C-variadic and naked functions have in common; it runs nowhere, and is `#[cfg]`ed out with the
/// function. The lint is `deprecated`, to be allowed or denied as any other.
///
/// ```text
/// const fn f() {       const fn f() {
///                          const _: () = {
///                              #[deprecated(note = "`#[profile]` cannot measure …")]
///                              const NOT_PROFILED: () = ();
///                              NOT_PROFILED
///                          };
/// }                    }
/// ```
pub(crate) fn warning(body: &mut Block, reason: &Error) {
    let note = reason.to_string();
    // NOTE: The user's own span: lints are silent about what stands in another crate's macro.
    let warning = quote_spanned! {reason.span()=>
        const _: () = {
            #[deprecated(note = #note)]
            const NOT_PROFILED: () = ();
            NOT_PROFILED
        };
    };
    body.stmts.insert(0, verbatim(warning));
}
