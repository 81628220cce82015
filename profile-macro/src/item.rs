//! From the annotated item to the functions in it.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Error, ImplItem, Item, TraitItem};

use crate::args::Args;
use crate::check;
use crate::expand;

/// Expands `#[profile(args)] item`, where `attribute` is the attribute's span.
///
/// An error never takes the item away: the messages stand before it, and it is left without probes. An item
/// that does not parse is passed through, so that half-typed code in an editor keeps its own errors.
pub(crate) fn profile(args: TokenStream, item: TokenStream, attribute: Span) -> TokenStream {
    let mut errors = Vec::new();
    let args = Args::parse(args, &mut errors);
    let Ok(mut parsed) = syn::parse2::<Item>(item.clone()) else {
        return with_errors(errors, item);
    };
    errors.extend(check::item(&parsed, &args));
    if !errors.is_empty() {
        return with_errors(errors, item);
    }
    match &mut parsed {
        Item::Fn(function) => {
            expand::function(&mut function.sig, &mut function.block, attribute, &args)
        }
        Item::Impl(_) | Item::Mod(_) | Item::Trait(_) => contents(&mut parsed, &args),
        _ => return item,
    }
    parsed.into_token_stream()
}

/// Expands every function inside an `impl`, a `mod` or a `trait`; leaves other items as they are.
fn contents(item: &mut Item, args: &Args) {
    match item {
        Item::Impl(block) => {
            for item in &mut block.items {
                if let ImplItem::Fn(method) = item
                    && !check::is_left_alone(&method.sig, &method.attrs)
                {
                    let row = method.sig.fn_token.span;
                    expand::function(&mut method.sig, &mut method.block, row, args);
                }
            }
        }
        Item::Trait(definition) => {
            for item in &mut definition.items {
                if let TraitItem::Fn(method) = item
                    && let Some(body) = &mut method.default
                    && !check::is_left_alone(&method.sig, &method.attrs)
                {
                    let row = method.sig.fn_token.span;
                    expand::function(&mut method.sig, body, row, args);
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
        Item::Fn(function) if !check::is_left_alone(&function.sig, &function.attrs) => {
            let row = function.sig.fn_token.span;
            expand::function(&mut function.sig, &mut function.block, row, args);
        }
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

fn with_errors(errors: Vec<Error>, item: TokenStream) -> TokenStream {
    let mut tokens: TokenStream = errors.iter().map(Error::to_compile_error).collect();
    tokens.extend(item);
    tokens
}
