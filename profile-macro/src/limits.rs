//! What a call or a test may take: sizes and numbers, read from arguments.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::ParseStream;
use syn::{LitInt, LitStr, Result};

use crate::args::{Runtime, ValueOf};

/// Limits, as far as they are given.
#[derive(Default)]
pub(crate) struct Limits {
    /// Highest heap above the start, in bytes.
    pub(crate) peak: Option<u64>,
    /// Allocations and reallocations.
    pub(crate) allocs: Option<u64>,
    /// Bytes kept at the end.
    pub(crate) kept: Option<u64>,
}

impl Limits {
    pub(crate) fn are_given(&self) -> bool {
        [self.peak, self.allocs, self.kept]
            .iter()
            .any(Option::is_some)
    }

    /// `…::Limits::new(Some(1024), None, Some(0))`
    pub(crate) fn to_tokens(&self, memline: Runtime<'_>) -> TokenStream {
        let limits = [self.peak, self.allocs, self.kept].map(|limit| match limit {
            Some(limit) => {
                quote_spanned!(Span::mixed_site()=> ::core::option::Option::Some(#limit))
            }
            None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
        });
        quote_spanned!(Span::mixed_site()=> #memline::Limits::new(#(#limits),*))
    }
}

/// A size: `"1 MiB"`, or a number of bytes.
pub(crate) struct Size(pub(crate) u64);

/// A number.
pub(crate) struct Count(pub(crate) u64);

impl ValueOf for Size {
    fn read(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(LitStr) {
            return Count::read(input).map(|Count(bytes)| Self(bytes));
        }
        let text: LitStr = input.parse()?;
        bytes(&text.value())
            .map(Self)
            .ok_or_else(|| syn::Error::new(text.span(), "no size"))
    }
}

impl ValueOf for Count {
    fn read(input: ParseStream<'_>) -> Result<Self> {
        let number: LitInt = input.parse()?;
        if !matches!(number.suffix(), "" | "u64" | "usize") {
            return Err(syn::Error::new(number.span(), "no number"));
        }
        number.base10_parse().map(Self)
    }
}

/// The number of bytes that a text says; the runtime's `parse_bytes` takes the same.
fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
        ("kb", 1000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("b", 1),
    ];
    let text = text.trim().to_ascii_lowercase();
    let unit = |&(unit, scale): &(&str, u64)| Some((text.strip_suffix(unit)?, scale));
    let (number, scale) = UNITS.iter().find_map(unit).unwrap_or((&text, 1));
    number.trim_end().parse::<u64>().ok()?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units_or_are_bytes() {
        let check = |text, size| assert_eq!(bytes(text), size, "{text}");
        check("1 MiB", Some(1 << 20));
        check("512KiB", Some(512 << 10));
        check("0 B", Some(0));
        check("10 kB", Some(10_000));
        check("4096", Some(4096));
        check("", None);
        check("MiB", None);
        check("1.5 MiB", None);
        check("-1", None);
        check("1 TiB", None);
        check("99999999999 GiB", None);
    }
}
