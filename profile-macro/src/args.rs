//! The attribute's arguments: `name = "…"`, `crate = path` and `warn`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, LitStr, Path, Result, Token};

/// What every message about a bad argument ends with.
const ALLOWED: &str = "`#[profile]` takes `name = \"…\"`, `crate = path` and `warn`";

/// The arguments of one `#[profile]`.
#[derive(Default)]
pub(crate) struct Args {
    /// The name given, with the key it was given by.
    pub(crate) name: Option<(Ident, LitStr)>,
    /// The path given in place of `::memline`.
    pub(crate) krate: Option<Path>,
    /// Whether a function that cannot be profiled is warned of.
    pub(crate) warn: bool,
}

impl Args {
    /// Reads the arguments, putting every mistake into `errors` and going on after it.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Vec<Error>) -> Self {
        let mut args = Self::default();
        for argument in split_at_commas(tokens) {
            let parser = |input: ParseStream<'_>| args.argument(input);
            if let Err(error) = parser.parse2(argument) {
                errors.push(error);
            }
        }
        args
    }

    /// Reads one `key = value`, or `warn`.
    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        let unexpected = |_| input.error(format_args!("expected an argument: {ALLOWED}"));
        let key = Ident::parse_any(input).map_err(unexpected)?;
        match key.to_string().as_str() {
            "name" => {
                let value = value(input, &key, "a string: `name = \"…\"`")?;
                if self.name.is_some() {
                    return Err(duplicate(&key));
                }
                self.name = Some((key.clone(), value));
            }
            "crate" => {
                let value = value(input, &key, "a path: `crate = path::to::memline`")?;
                if self.krate.is_some() {
                    return Err(duplicate(&key));
                }
                self.krate = Some(value);
            }
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
            _ => {
                // One message is enough: the rest of the argument is not looked at.
                input.parse::<TokenStream>()?;
                return Err(Error::new(
                    key.span(),
                    format_args!("unknown argument `{key}`: {ALLOWED}"),
                ));
            }
        }
        if input.is_empty() {
            Ok(())
        } else {
            Err(input.error(format_args!("expected `,` after `{key} = …`")))
        }
    }

    /// The path of the module that the expansion calls.
    pub(crate) fn runtime(&self) -> Runtime<'_> {
        Runtime(self.krate.as_ref())
    }
}

/// `::memline::__private`, or the same in the path given.
///
/// PERF: these are put down one by one, since tokens that stand in a stream of their own cost the compiler
/// a round of questions each time.
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
trait ValueOf: Sized {
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
