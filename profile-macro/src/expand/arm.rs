//! A call of `drop` that is a whole arm of a `match`.

use proc_macro2::{Ident, Span};
use syn::token::Paren;
use syn::{Expr, ExprCall, ExprParen, Stmt};

use super::added_block;
use crate::span;

/// Keeps lints quiet about a call that is no longer an arm by itself, since a probe goes before it.
///
/// To drop what is `Copy`, or a reference, is warned of, but not right in an arm, where it is a way to get
/// `()` out of an expression that does something. A block around the function's name, never
/// around the argument, keeps these lints from seeing the call.
///
/// ```text
/// A => drop(f()),      A => { frame.line(2); ({ drop })(f()) },
/// ```
pub(super) fn keep_quiet_of_drop(arm: &mut Expr) {
    let Expr::Call(ExprCall { func, args, .. }) = arm else {
        return;
    };
    let is_drop = name(func).is_some_and(|name| name == "drop");
    if is_drop && args.len() == 1 && args.iter().all(does_something) {
        let at = span::first(func);
        let function = std::mem::replace(&mut **func, Expr::PLACEHOLDER);
        **func = Expr::Paren(ExprParen {
            attrs: Vec::new(),
            paren_token: Paren(Span::mixed_site().located_at(at)),
            expr: Box::new(added_block(vec![Stmt::Expr(function, None)], at)),
        });
    }
}

/// Whether the lints take an expression for one that does something, as far as its text tells.
fn does_something(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) => false,
        Expr::Cast(e) => does_something(&e.expr),
        Expr::Field(e) => does_something(&e.base),
        Expr::Group(e) => does_something(&e.expr),
        Expr::Paren(e) => does_something(&e.expr),
        Expr::Reference(e) => does_something(&e.expr),
        Expr::Unary(e) => does_something(&e.expr),
        Expr::Binary(e) => does_something(&e.left) || does_something(&e.right),
        Expr::Index(e) => does_something(&e.expr) || does_something(&e.index),
        Expr::Array(e) => e.elems.iter().any(does_something),
        Expr::Tuple(e) => e.elems.iter().any(does_something),
        Expr::Struct(e) => e.fields.iter().any(|field| does_something(&field.expr)),
        Expr::Call(e) => !is_constructor(&e.func) || e.args.iter().any(does_something),
        _ => true,
    }
}

/// Whether a call makes a value of its arguments, by the custom that types and variants are capitalized.
fn is_constructor(function: &Expr) -> bool {
    name(function).is_some_and(|name| name.to_string().starts_with(char::is_uppercase))
}

/// The last name of a path.
fn name(function: &Expr) -> Option<&Ident> {
    let Expr::Path(function) = function else {
        return None;
    };
    function.path.segments.last().map(|last| &last.ident)
}
