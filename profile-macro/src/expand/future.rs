//! `async` blocks and functions.

use std::mem;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, FnArg, Pat, PatIdent, PatType, Receiver, ReturnType, Signature, Type,
    parse_quote_spanned,
};

use super::block::End;
use super::{AFTER, Expander, FRAME, budget, insert_first, verbatim};
use crate::flow::is_cfg;
use crate::site::Site;

impl Expander<'_> {
    /// The wrapper resumes the frame when it is polled and suspends it when the poll returns.
    ///
    /// ```text
    /// async move {         in_async_block(&__MEMLINE_SITE, 1, async move {
    ///                          let frame = task(&__MEMLINE_SITE);
    ///     f().await            f().await
    /// }                    })
    /// ```
    pub(super) fn async_block(&mut self, expr: &mut Expr) {
        let Expr::Async(e) = expr else { return };
        if e.block.stmts.is_empty() || !e.attrs.is_empty() {
            return;
        }
        let line = self.first_line(&e.block);
        let slot = self.site.slot(line);
        self.frame(line, |this| this.statements(&mut e.block, &End::Unit));
        insert_first(&mut e.block.stmts, self.task());
        let (start, end) = (e.async_token.span, e.block.brace_token.span.join());
        let memline = self.args.runtime();
        let wrapped = quote_spanned! {Span::mixed_site()=>
            #memline::in_async_block(&__MEMLINE_SITE, #slot, #expr)
        };
        *expr = Expr::Verbatim(between(start, end, wrapped));
    }

    /// `let frame = task(&__MEMLINE_SITE);`
    fn task(&self) -> TokenStream {
        let (frame, memline) = (FRAME.ident(), self.args.runtime());
        quote_spanned!(Span::mixed_site()=> let #frame = #memline::task(&__MEMLINE_SITE);)
    }

    /// The body moves into a future of its own, the parameters with it: bound again in order, as the compiler
    /// itself does, so that they die in the order in which they did.
    ///
    /// ```text
    /// async fn f(mut a: A, _: B) -> R {      async fn f(a: A, __arg1: B) -> R {
    ///                                            static __MEMLINE_SITE: …::Site = …;
    ///                                            in_future(&__MEMLINE_SITE, …, async move {
    ///                                                let mut a = a;
    ///                                                let __arg1 = __arg1; let _ = __arg1;
    ///                                                if false { let r: R = loop {}; return r; }
    ///                                                let after = task(&__MEMLINE_SITE).reopen(2);
    ///                                                {
    ///                                                    let frame = task(&__MEMLINE_SITE);
    ///     a.run().await                                  frame.line(1); a.run().await
    ///                                                }
    ///                                            }).await
    /// }                                      }
    /// ```
    ///
    /// The parameters die last. What they free belongs to the caller, as it does for any function: it goes to
    /// a slot of its own, which is no line.
    pub(super) fn async_function(mut self, sig: &mut Signature, body: &mut Block) {
        self.statements(body, &End::of(&sig.output));
        insert_first(&mut body.stmts, self.task());
        let (after, slot) = (AFTER.ident(), self.site.slot(Site::NO_LINE));
        let (site, about) = self.site.to_tokens(self.args);
        let memline = self.args.runtime();
        let bindings = sig
            .inputs
            .iter_mut()
            .enumerate()
            .map(|(index, input)| bound_again(input, index));
        let bindings: TokenStream = bindings.collect();
        let returned = returned(&sig.output);
        let inner = quote_spanned! {Span::mixed_site()=>
            async move {
                #bindings
                #returned
                let #after = #memline::task(&__MEMLINE_SITE).reopen(#slot);
                #body
            }
        };
        // A `!` is told from outside, since a return of one would be taken for a return of any type.
        let future = if is_never(&sig.output) {
            quote_spanned! {Span::mixed_site()=>
                #memline::in_future_like(#about, || -> ! { loop {} }, #inner)
            }
        } else {
            quote_spanned!(Span::mixed_site()=> #memline::in_future(#about, #inner))
        };
        let future = if self.args.budget.are_given() {
            budget::future(self.args, &future)
        } else {
            future
        };
        let future = quote_spanned!(Span::mixed_site()=> #future.await);
        body.stmts = vec![verbatim(site), verbatim(future)];
    }
}

/// Lets tokens stand between two places of the user's, so that a warning about the whole (that nobody awaits
/// it) is shown there.
fn between(start: Span, end: Span, tokens: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    // The path's `::` comes as two tokens.
    tokens
        .iter_mut()
        .take(2)
        .for_each(|token| token.set_span(start));
    tokens
        .last_mut()
        .into_iter()
        .for_each(|token| token.set_span(end));
    tokens.into_iter().collect()
}

/// Binds a parameter again inside the future, and leaves a plain name for it in the signature.
fn bound_again(input: &mut FnArg, index: usize) -> TokenStream {
    match input {
        // Mentioned whole, `self` is captured whole, not by its fields.
        FnArg::Receiver(Receiver { self_token, .. }) => {
            quote_spanned!(Span::mixed_site()=> let _ = &#self_token;)
        }
        FnArg::Typed(PatType { attrs, pat, .. }) => match &mut **pat {
            Pat::Ident(PatIdent {
                by_ref: None,
                subpat: None,
                mutability,
                ident,
                ..
            }) if !ident.to_string().starts_with('_') => {
                let mutability = mutability.take();
                quote_spanned!(Span::mixed_site()=> #(#attrs)* let #mutability #ident = #ident;)
            }
            other => {
                let cfg = attrs.iter().filter(|attr| is_cfg(attr));
                let arg = format_ident!("__arg{index}", span = Span::mixed_site());
                let name = PatIdent {
                    attrs: Vec::new(),
                    by_ref: None,
                    mutability: None,
                    ident: arg.clone(),
                    subpat: None,
                };
                let pat = mem::replace(other, Pat::Ident(name));
                quote_spanned!(Span::mixed_site()=> #(#cfg)* let #arg = #arg; #(#attrs)* let #pat = #arg;)
            }
        },
    }
}

/// A return that is never reached, which tells the type that the body is to have.
fn returned(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => quote_spanned!(Span::mixed_site()=> if false { return; }),
        ReturnType::Type(..) if is_never(output) => TokenStream::new(),
        ReturnType::Type(_, ty) => {
            let here = ty
                .to_token_stream()
                .into_iter()
                .next()
                .map_or_else(Span::call_site, |token| token.span());
            let mut ty = ty.clone();
            Opaque.visit_type_mut(&mut ty);
            quote_spanned! {Span::mixed_site().located_at(here)=>
                #[allow(unreachable_code)]
                if false {
                    let returned: #ty = loop {};
                    return returned;
                }
            }
        }
    }
}

fn is_never(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)))
}

/// Turns each `impl Trait` into `_`, which a `let` can name.
struct Opaque;

impl VisitMut for Opaque {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            *ty = parse_quote_spanned!(Span::mixed_site()=> _);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}
