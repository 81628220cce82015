//! `#[memline::test]`: a test that is measured, and fails where it takes more than it may.
//!
//! ```text
//! // Input                              // Output
//! #[memline::test(peak = "1 MiB")]      #[test]
//! fn parses() -> Result<(), E> {        fn parses() -> Result<(), E> {
//!                                           let test = …::Test::begin("app::parses", …);
//!                                           let value = (|| -> Result<(), E> {
//!     parse("text")?;                           parse("text")?;    // with probes, as by #[profile]
//!     Ok(())                                    Ok(())
//!                                           })();
//!                                           test.end(Returned(&value).failed());
//!                                           value
//! }                                     }
//! ```
//!
//! The body of an async test is awaited in the closure's place. `#[test]` is added where no other attribute
//! makes the function a test.

mod args;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Error, ItemFn, ReturnType, Type, parse_quote_spanned};

use self::args::TestArgs;
use crate::args::Args;
use crate::{check, expand};

/// Expands `#[memline::test(args)] item`, where `attribute` is the attribute's span.
///
/// An error never takes the test away: the messages stand before it, and it is left unmeasured.
pub(crate) fn test(args: TokenStream, item: TokenStream, attribute: Span) -> TokenStream {
    let mut errors = Vec::new();
    let args = TestArgs::parse(args, &mut errors);
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        if errors.is_empty() {
            errors.extend(not_a_function(item.clone()));
        }
        return with_errors(errors, item);
    };
    errors.extend(check::test(&function.sig, &function.attrs));
    let is_async_without_runtime = function.sig.asyncness.is_some() && !is_test(&function.attrs);
    if let Some(asyncness) = function.sig.asyncness.filter(|_| is_async_without_runtime) {
        let message = "an async test needs a runtime: put its attribute, such as `#[tokio::test]`, under \
                       `#[memline::test]`";
        errors.push(Error::new(asyncness.span, message));
        // It would be told that nobody calls it.
        function
            .attrs
            .push(parse_quote_spanned!(Span::mixed_site()=> #[allow(dead_code)]));
    } else if !is_test(&function.attrs) {
        function
            .attrs
            .push(parse_quote_spanned!(Span::mixed_site()=> #[::core::prelude::v1::test]));
    }
    if errors.is_empty() {
        measured(&mut function, attribute, args);
    }
    with_errors(errors, function.into_token_stream())
}

/// The same with memline turned off: the test is one, and is not measured.
pub(crate) fn unmeasured(item: TokenStream) -> TokenStream {
    let added = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) if !is_test(&function.attrs) => {
            quote_spanned!(Span::mixed_site()=> #[::core::prelude::v1::test])
        }
        _ => TokenStream::new(),
    };
    added.into_iter().chain(item).collect()
}

/// Puts probes into the body, and measures it.
fn measured(function: &mut ItemFn, attribute: Span, args: TestArgs) {
    let name = function.sig.ident.to_string();
    let (limits, args) = (args.limits, Args::of_test(args.krate));
    let is_async = function.sig.asyncness.is_some();
    let panics = function
        .attrs
        .iter()
        .any(|attr| attr.path().is_ident("should_panic"));
    expand::function(&mut function.sig, &mut function.block, attribute, &args);

    let [test, value] = ["test", "value"].map(|name| Ident::new(name, Span::mixed_site()));
    let (memline, body) = (args.runtime(), &function.block);
    let limits = limits.to_tokens(memline);
    let run = match (is_async, returned(&function.sig.output)) {
        (true, _) => body.to_token_stream(),
        (false, Some(ty)) => quote_spanned!(Span::mixed_site()=> (|| -> #ty #body)()),
        (false, None) => quote_spanned!(Span::mixed_site()=> (|| #body)()),
    };
    let failed = failed(&function.sig.output, panics, &memline, &value);
    *function.block = parse_quote_spanned! {Span::mixed_site()=> {
        let #test = #memline::Test::begin(
            ::core::concat!(::core::module_path!(), "::", #name),
            ::core::option_env!("CARGO_PKG_NAME"),
            #limits,
        );
        let #value = #run;
        #[allow(unreachable_code)]
        #test.end(#failed);
        #value
    }};
}

/// The type that a closure is told to return, where it can be named there.
fn returned(output: &ReturnType) -> Option<Type> {
    match output {
        ReturnType::Default => Some(parse_quote_spanned!(Span::mixed_site()=> ())),
        ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)) => None,
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    }
}

/// Whether the test has failed already, or, where it is to panic, has nothing that could be checked: that it
/// takes too much is not the panic that is expected.
fn failed(
    output: &ReturnType,
    panics: bool,
    memline: &impl ToTokens,
    value: &Ident,
) -> TokenStream {
    match output {
        _ if panics => quote_spanned!(Span::mixed_site()=> true),
        ReturnType::Default => quote_spanned!(Span::mixed_site()=> false),
        ReturnType::Type(..) => quote_spanned! {Span::mixed_site()=> {
            #[allow(unused_imports)]
            use #memline::NoResult as _;
            #memline::Returned(&#value).failed()
        }},
    }
}

/// Whether another attribute makes this a test: `#[test]`, `#[tokio::test]`, `#[rstest]` and their like.
fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let last = attr.path().segments.last();
        last.is_some_and(|last| last.ident.to_string().contains("test"))
    })
}

/// What is said of an item that is no function. Half-typed code has errors of its own.
fn not_a_function(item: TokenStream) -> Option<Error> {
    let item: syn::Item = syn::parse2(item).ok()?;
    let first = item.to_token_stream().into_iter().next()?;
    let message = "`#[memline::test]` goes on a function";
    Some(Error::new(first.span(), message))
}

fn with_errors(errors: Vec<Error>, item: TokenStream) -> TokenStream {
    let errors = errors.iter().map(Error::to_compile_error);
    errors.chain([item]).collect()
}
