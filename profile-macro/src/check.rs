//! Places where `#[profile]` cannot stand.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Error, Item, Signature, TraitItemFn};

use crate::args::Args;

/// Why this item cannot be profiled, on the token that says so; `None` where it can.
pub(crate) fn item(item: &Item, args: &Args) -> Option<Error> {
    let (span, what) = match item {
        // With `warn` it is no mistake.
        Item::Fn(_) if args.warn => return None,
        Item::Fn(function) => return self::function(&function.sig, &function.attrs),
        Item::Impl(_) | Item::Trait(_) => return one_name_for_many(args),
        Item::Mod(module) => match module.semi {
            None => return one_name_for_many(args),
            Some(semi) => {
                let message = "`#[profile]` sees the functions of an inline `mod` only; \
                               annotate those of this module in its own file";
                return Some(Error::new(semi.span, message));
            }
        },
        Item::Verbatim(tokens) => return bodiless(tokens),
        Item::Const(item) => (item.const_token.span, "a constant"),
        Item::Enum(item) => (item.enum_token.span, "an enum"),
        Item::ExternCrate(item) => (item.extern_token.span, "an `extern crate`"),
        Item::ForeignMod(item) => (item.abi.extern_token.span, "a foreign block"),
        Item::Macro(item) => (item.mac.path.segments.first()?.ident.span(), "a macro"),
        Item::Static(item) => (item.static_token.span, "a static"),
        Item::Struct(item) => (item.struct_token.span, "a struct"),
        Item::TraitAlias(item) => (item.trait_token.span, "a trait alias"),
        Item::Type(item) => (item.type_token.span, "a type alias"),
        Item::Union(item) => (item.union_token.span, "a union"),
        Item::Use(item) => (item.use_token.span, "an import"),
        _ => return None,
    };
    Some(Error::new(
        span,
        format_args!(
            "`#[profile]` goes on a function, an `impl`, an inline `mod` or a `trait`; this is {what}"
        ),
    ))
}

/// Why this function cannot be profiled, on the token that says so; `None` where it can.
pub(crate) fn function(sig: &Signature, attrs: &[Attribute]) -> Option<Error> {
    if let Some(constness) = sig.constness {
        let message = "`#[profile]` cannot measure a `const fn`: it may run in the compiler";
        return Some(Error::new(constness.span, message));
    }
    if let Some(variadic) = &sig.variadic {
        let message = "`#[profile]` cannot measure a C-variadic function";
        return Some(Error::new_spanned(variadic.dots, message));
    }
    let naked = attrs.iter().find(|attr| is_naked(attr))?;
    Some(Error::new(
        naked.bracket_token.span.join(),
        "`#[profile]` cannot measure a naked function: it has no statements",
    ))
}

/// Why this test cannot be measured, on the token that says so; `None` where it can.
pub(crate) fn test(sig: &Signature, attrs: &[Attribute]) -> Option<Error> {
    if let Some(constness) = sig.constness {
        let message = "`#[memline::test]` cannot measure a `const fn`: remove `const`";
        return Some(Error::new(constness.span, message));
    }
    let profile = attrs.iter().find(|attr| is_named(attr.path(), "profile"))?;
    Some(Error::new(
        profile.bracket_token.span.join(),
        "`#[memline::test]` profiles the test already: remove this attribute",
    ))
}

/// Whether the item carries a `#[profile]` of its own, which will see to it.
pub(crate) fn has_own_profile(attrs: &[Attribute]) -> bool {
    attrs
        .iter()
        .any(|attr| is_named(attr.path(), "profile") || mentions(attr, "cfg_attr", "profile"))
}

fn is_naked(attr: &Attribute) -> bool {
    is_named(attr.path(), "naked") || mentions(attr, "unsafe", "naked")
}

fn is_named(path: &syn::Path, name: &str) -> bool {
    path.segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

/// Whether `attr` is `#[wrapper(… word …)]`.
fn mentions(attr: &Attribute, wrapper: &str, word: &str) -> bool {
    match &attr.meta {
        syn::Meta::List(list) if list.path.is_ident(wrapper) => {
            crate::span::mentions(list.tokens.clone(), word)
        }
        _ => false,
    }
}

/// `name = "…"` on something that holds several functions.
fn one_name_for_many(args: &Args) -> Option<Error> {
    let (key, _) = args.name.as_ref()?;
    Some(Error::new(
        key.span(),
        "`name` names one function; here it would name all of them",
    ))
}

/// A method that a trait only declares, with the attribute on it.
fn bodiless(tokens: &TokenStream) -> Option<Error> {
    let method: TraitItemFn = syn::parse2(tokens.clone()).ok()?;
    let span: Span = method.semi_token?.span;
    Some(Error::new(
        span,
        "`#[profile]` needs a body to measure; this function is only declared",
    ))
}
