//! From the annotated item to the functions in it.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Block, Error, ImplItem, Item, Signature, TraitItem};

use crate::args::Args;
use crate::check;
use crate::expand;
use crate::function::Plain;

/// Expands `#[profile(args)] item`, where `attribute` is the attribute's span.
///
/// An error never takes the item away: the messages stand before it, and it is left without probes. An item
/// that does not parse is passed through, so that half-typed code in an editor keeps its own errors.
pub(crate) fn profile(args: TokenStream, item: TokenStream, attribute: Span) -> TokenStream {
    let mut errors = Vec::new();
    let args = Args::parse(args, &mut errors);
    if errors.is_empty()
        && let Some(mut function) = Plain::split(item.clone())
    {
        let stmts = expand::plain(&mut function, attribute, &args);
        return function.into_tokens(&stmts);
    }
    let Ok(mut parsed) = syn::parse2::<Item>(item.clone()) else {
        return with_errors(errors, item);
    };
    errors.extend(check::item(&parsed, &args));
    if !errors.is_empty() {
        return with_errors(errors, item);
    }
    match &mut parsed {
        Item::Fn(function) => {
            self::function(
                &mut function.sig,
                &function.attrs,
                &mut function.block,
                attribute,
                &args,
            );
        }
        Item::Impl(_) | Item::Mod(_) | Item::Trait(_) => contents(&mut parsed, &args),
        _ => return item,
    }
    parsed.into_token_stream()
}

/// Expands a function, whose table begins at the line of `row`. One that cannot be profiled stays as it is,
/// but for the warning where one is asked for.
fn function(sig: &mut Signature, attrs: &[Attribute], body: &mut Block, row: Span, args: &Args) {
    match check::function(sig, attrs) {
        None => expand::function(sig, body, row, args),
        Some(reason) if args.warn => expand::warning(body, &reason),
        Some(_) => {}
    }
}

/// Expands every function inside an `impl`, a `mod` or a `trait`; leaves other items as they are.
fn contents(item: &mut Item, args: &Args) {
    match item {
        Item::Impl(block) => {
            for item in &mut block.items {
                if let ImplItem::Fn(method) = item {
                    inside(&mut method.sig, &method.attrs, &mut method.block, args);
                }
            }
        }
        Item::Trait(definition) => {
            for item in &mut definition.items {
                if let TraitItem::Fn(method) = item
                    && let Some(body) = &mut method.default
                {
                    inside(&mut method.sig, &method.attrs, body, args);
                }
            }
        }
        Item::Mod(module) => {
            for item in module.content.iter_mut().flat_map(|(_, items)| items) {
                nested(item, args);
            }
        }
        _ => {}
    }
}

/// Expands an item of an annotated `mod`, unless it carries the attribute itself.
fn nested(item: &mut Item, args: &Args) {
    match item {
        Item::Fn(function) => inside(
            &mut function.sig,
            &function.attrs,
            &mut function.block,
            args,
        ),
        Item::Impl(syn::ItemImpl { attrs, .. })
        | Item::Mod(syn::ItemMod { attrs, .. })
        | Item::Trait(syn::ItemTrait { attrs, .. })
            if !check::has_own_profile(attrs) =>
        {
            contents(item, args);
        }
        _ => {}
    }
}

/// Expands a function of an annotated item, unless it carries the attribute itself. Its table begins at its
/// own first line.
fn inside(sig: &mut Signature, attrs: &[Attribute], body: &mut Block, args: &Args) {
    if !check::has_own_profile(attrs) {
        let row = sig.fn_token.span;
        function(sig, attrs, body, row, args);
    }
}

fn with_errors(errors: Vec<Error>, item: TokenStream) -> TokenStream {
    let mut tokens: TokenStream = errors.iter().map(Error::to_compile_error).collect();
    tokens.extend(item);
    tokens
}
