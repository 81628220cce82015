//! The attribute's arguments: `name = "…"`, `crate = path`, `warn`, and the budgets.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, LitStr, Path, Result, Token};

use crate::limits::{Count, Limits, Size};

/// What every message about a bad argument ends with.
const ALLOWED: &str = "`#[profile]` takes `name = \"…\"`, `crate = path` and `warn`, and the budgets \
                       `peak`, `allocs` and `retained`";

/// The arguments of one `#[profile]`.
#[derive(Default)]
pub(crate) struct Args {
    /// The name given, with the key it was given by.
    pub(crate) name: Option<(Ident, LitStr)>,
    /// The path given in place of `::memline`.
    pub(crate) krate: Option<Path>,
    /// Whether a function that cannot be profiled is warned of.
    pub(crate) warn: bool,
    /// What a call may take.
    pub(crate) budget: Limits,
    /// Whether the function is a test, of which reports say nothing.
    pub(crate) is_test: bool,
}

impl Args {
    /// The arguments of a `#[memline::test]`, as far as they concern its lines.
    pub(crate) fn of_test(krate: Option<Path>) -> Self {
        Self {
            krate,
            is_test: true,
            ..Self::default()
        }
    }

    /// Reads the arguments, putting every mistake into `errors` and going on after it.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Vec<Error>) -> Self {
        let mut args = Self::default();
        each(tokens, errors, |input| args.argument(input));
        args
    }

    /// Reads one `key = value`, or `warn`.
    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key = key(input, ALLOWED)?;
        match key.to_string().as_str() {
            "name" => {
                let value = value(input, &key, "a string: `name = \"…\"`")?;
                if self.name.is_some() {
                    return Err(duplicate(&key));
                }
                self.name = Some((key.clone(), value));
            }
            "crate" => path(input, &key, &mut self.krate)?,
            "peak" => bytes(input, &key, &mut self.budget.peak)?,
            "allocs" => allocs(input, &key, &mut self.budget.allocs)?,
            "retained" => bytes(input, &key, &mut self.budget.kept)?,
            "warn" => {
                if self.warn {
                    return Err(duplicate(&key));
                }
                self.warn = true;
                if !input.is_empty() {
                    let error = input.error("`warn` takes no value");
                    // What is left would be complained of a second time.
                    input.parse::<TokenStream>()?;
                    return Err(error);
                }
            }
            _ => return Err(unknown(input, &key, ALLOWED)),
        }
        end(input, &key)
    }

    /// The path of the module that the expansion calls.
    pub(crate) fn runtime(&self) -> Runtime<'_> {
        Runtime(self.krate.as_ref())
    }
}

/// Reads each argument with `read`, putting every mistake into `errors` and going on after it.
pub(crate) fn each(
    tokens: TokenStream,
    errors: &mut Vec<Error>,
    mut read: impl FnMut(ParseStream<'_>) -> Result<()>,
) {
    for argument in split_at_commas(tokens) {
        let parser = |input: ParseStream<'_>| read(input);
        if let Err(error) = parser.parse2(argument) {
            errors.push(error);
        }
    }
}

/// Reads an argument's key; `allowed` says which there are.
pub(crate) fn key(input: ParseStream<'_>, allowed: &str) -> Result<Ident> {
    let unexpected = |_| input.error(format_args!("expected an argument: {allowed}"));
    Ident::parse_any(input).map_err(unexpected)
}

/// One message is enough: the rest of an unknown argument is not looked at.
pub(crate) fn unknown(input: ParseStream<'_>, key: &Ident, allowed: &str) -> Error {
    let _ = input.parse::<TokenStream>();
    Error::new(
        key.span(),
        format_args!("unknown argument `{key}`: {allowed}"),
    )
}

/// Nothing follows the value of `key`.
pub(crate) fn end(input: ParseStream<'_>, key: &Ident) -> Result<()> {
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error(format_args!("expected `,` after `{key} = …`")))
    }
}

/// Reads `crate = path`.
pub(crate) fn path(input: ParseStream<'_>, key: &Ident, into: &mut Option<Path>) -> Result<()> {
    let path = value(input, key, "a path: `crate = path::to::memline`")?;
    once(key, into, path)
}

/// Reads `key = "1 MiB"`, or a number of bytes.
pub(crate) fn bytes(input: ParseStream<'_>, key: &Ident, into: &mut Option<u64>) -> Result<()> {
    let takes =
        format!("a size: `{key} = \"1 MiB\"`, `\"512 KiB\"`, `\"0 B\"`, or a number of bytes");
    let Size(bytes) = value(input, key, &takes)?;
    once(key, into, bytes)
}

/// Reads `key = 10`.
pub(crate) fn allocs(input: ParseStream<'_>, key: &Ident, into: &mut Option<u64>) -> Result<()> {
    let Count(allocs) = value(
        input,
        key,
        &format!("a number of allocations: `{key} = 10`"),
    )?;
    once(key, into, allocs)
}

fn once<T>(key: &Ident, into: &mut Option<T>, value: T) -> Result<()> {
    if into.is_some() {
        return Err(duplicate(key));
    }
    *into = Some(value);
    Ok(())
}

/// `::memline::__private`, or the same in the path given.
///
/// PERF: these are put down one by one, since tokens that stand in a stream of their own cost the compiler
/// a round of questions each time.
#[derive(Clone, Copy)]
pub(crate) struct Runtime<'a>(Option<&'a Path>);

impl ToTokens for Runtime<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let span = Span::mixed_site();
        let colons = Token![::](span);
        match self.0 {
            Some(path) => path.to_tokens(tokens),
            None => {
                colons.to_tokens(tokens);
                tokens.append(Ident::new("memline", span));
            }
        }
        colons.to_tokens(tokens);
        tokens.append(Ident::new("__private", span));
    }
}

/// Reads `= value`; an error says what `key` takes, on the token found in its place.
fn value<T: ValueOf>(input: ParseStream<'_>, key: &Ident, takes: &str) -> Result<T> {
    let wanted = format!("`{key}` takes {takes}");
    if input.is_empty() {
        return Err(Error::new(key.span(), wanted));
    }
    let span = input.span();
    if input.parse::<Token![=]>().is_err() {
        input.parse::<TokenStream>()?;
        return Err(Error::new(span, wanted));
    }
    let span = if input.is_empty() {
        key.span()
    } else {
        input.span()
    };
    T::read(input).map_err(|_| {
        // What is left would be complained of a second time.
        let _ = input.parse::<TokenStream>();
        Error::new(span, wanted)
    })
}

/// A type that an argument's value is read as.
pub(crate) trait ValueOf: Sized {
    fn read(input: ParseStream<'_>) -> Result<Self>;
}

impl ValueOf for LitStr {
    fn read(input: ParseStream<'_>) -> Result<Self> {
        input.parse()
    }
}

impl ValueOf for Path {
    fn read(input: ParseStream<'_>) -> Result<Self> {
        input.call(Path::parse_mod_style)
    }
}

fn duplicate(key: &Ident) -> Error {
    Error::new(key.span(), format_args!("`{key}` is given twice"))
}

/// Splits at commas that stand outside of any delimiter; a trailing comma opens no argument.
fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut arguments = vec![TokenStream::new()];
    for token in tokens {
        match (&token, arguments.last_mut()) {
            (TokenTree::Punct(punct), Some(last)) if punct.as_char() == ',' && !last.is_empty() => {
                arguments.push(TokenStream::new());
            }
            (_, Some(last)) => last.extend([token]),
            (_, None) => {}
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}
