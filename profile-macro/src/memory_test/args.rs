//! The arguments of `#[memline::test]`.

use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::{Error, Path, Result};

use crate::args;
use crate::limits::Limits;

/// What every message about a bad argument ends with.
const ALLOWED: &str = "`#[memline::test]` takes `peak`, `leaks`, `allocs` and `crate = path`";

/// The arguments of one `#[memline::test]`.
#[derive(Default)]
pub(super) struct TestArgs {
    pub(super) limits: Limits,
    /// The path given in place of `::memline`.
    pub(super) krate: Option<Path>,
}

impl TestArgs {
    /// Reads the arguments, putting every mistake into `errors` and going on after it.
    pub(super) fn parse(tokens: TokenStream, errors: &mut Vec<Error>) -> Self {
        let mut args = Self::default();
        args::each(tokens, errors, |input| args.argument(input));
        args
    }

    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key = args::key(input, ALLOWED)?;
        match key.to_string().as_str() {
            "peak" => args::bytes(input, &key, &mut self.limits.peak)?,
            "leaks" => args::bytes(input, &key, &mut self.limits.kept)?,
            "allocs" => args::allocs(input, &key, &mut self.limits.allocs)?,
            "crate" => args::path(input, &key, &mut self.krate)?,
            _ => return Err(args::unknown(input, &key, ALLOWED)),
        }
        args::end(input, &key)
    }
}
