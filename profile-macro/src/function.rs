//! A function taken apart with nothing parsed but, in its body, what `body` has to.
//!
//! PERF: This code is not optimized in the builds that it runs in, and a function's documentation and
//! signature often are more than its statements. They are handed on as the tokens that they are.

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::TokenStreamExt;
use syn::token::Brace;
use syn::{Attribute, Stmt};

use crate::body::{self, Piece};
use crate::span;

/// A function that is neither `const` nor `async`, `extern` nor naked.
pub(crate) struct Plain {
    /// What comes before the body.
    head: Vec<TokenTree>,
    pub(crate) fn_token: Span,
    pub(crate) name: Ident,
    pub(crate) is_generic: bool,
    /// Whether it has a value, by its declared type.
    pub(crate) has_value: bool,
    pub(crate) brace: Brace,
    /// The attributes within the body.
    inner: Vec<Attribute>,
    pub(crate) pieces: Vec<Piece>,
}

impl Plain {
    /// Takes an item apart; `None` where it is anything else, or does not parse.
    pub(crate) fn split(item: TokenStream) -> Option<Self> {
        let mut head = Head::new(item);
        head.qualifiers()?;
        let fn_token = head.tokens.last()?.span();
        let name = head.name()?;
        let is_generic = head.parameters()?;
        let has_value = head.output();
        let body = head.body()?;
        let (inner, pieces) = body::split(body.stream())?;
        // PERF: of a naked function the body is one macro; of others the attributes, which are documentation
        // for the most part, need not be looked into.
        if matches!(&*pieces, [only] if only.may_be_macro()) && head.is_naked() {
            return None;
        }
        let brace = Brace {
            span: body.delim_span(),
        };
        Some(Self {
            head: head.tokens,
            fn_token,
            name,
            is_generic,
            has_value,
            brace,
            inner,
            pieces,
        })
    }

    /// Puts it together again, with other statements.
    pub(crate) fn into_tokens(self, stmts: &[Stmt]) -> TokenStream {
        let mut tokens: TokenStream = self.head.into_iter().collect();
        self.brace.surround(&mut tokens, |tokens| {
            tokens.append_all(&self.inner);
            tokens.append_all(stmts);
        });
        tokens
    }
}

/// What comes before the body, as far as it has been read.
struct Head {
    rest: IntoIter,
    tokens: Vec<TokenTree>,
}

impl Head {
    fn new(item: TokenStream) -> Self {
        Self {
            rest: item.into_iter(),
            tokens: Vec::new(),
        }
    }

    fn next(&mut self) -> Option<&TokenTree> {
        self.tokens.push(self.rest.next()?);
        self.tokens.last()
    }

    /// Reads attributes and qualifiers up to `fn`.
    fn qualifiers(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                TokenTree::Ident(word) => match word.to_string().as_str() {
                    "fn" => return Some(()),
                    "pub" | "unsafe" => {}
                    _ => return None,
                },
                TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {}
                TokenTree::Punct(punct) if punct.as_char() == '#' => {}
                _ => return None,
            }
        }
    }

    /// Whether an attribute may make the function a naked one.
    fn is_naked(&self) -> bool {
        self.tokens.iter().any(|token| {
            matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket
                && span::mentions(group.stream(), "naked"))
        })
    }

    fn name(&mut self) -> Option<Ident> {
        match self.next()? {
            TokenTree::Ident(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Reads the generics and the parameters, and tells whether there are generics.
    fn parameters(&mut self) -> Option<bool> {
        let mut is_generic = false;
        let mut depth = 0_usize;
        let mut dash = false;
        loop {
            let token = self.next()?;
            if let TokenTree::Group(group) = token
                && depth == 0
                && group.delimiter() == Delimiter::Parenthesis
            {
                return Some(is_generic);
            }
            is_generic = true;
            match punct(token) {
                Some('<') => depth += 1,
                Some('>') if !dash => depth = depth.checked_sub(1)?,
                _ => {}
            }
            dash = punct(token) == Some('-');
        }
    }

    /// Reads the return type, and tells whether it is another than `()`.
    fn output(&self) -> bool {
        let mut rest = self.rest.clone();
        if rest.next().as_ref().and_then(punct) != Some('-') {
            return false;
        }
        let [ty, after] = [rest.nth(1), rest.next()];
        let unit = matches!(ty, Some(TokenTree::Group(group))
            if group.delimiter() == Delimiter::Parenthesis && group.stream().is_empty());
        // Only the body or a `where` clause can follow a whole type.
        !(unit && matches!(after, Some(TokenTree::Group(_) | TokenTree::Ident(_))))
    }

    /// Reads up to the last token, which is the body.
    fn body(&mut self) -> Option<Group> {
        while self.next().is_some() {}
        match self.tokens.pop()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
            _ => None,
        }
    }
}

fn punct(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(punct) => Some(punct.as_char()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the function has a value; `None` where it is not taken apart.
    fn has_value(item: &str) -> Option<bool> {
        let item: TokenStream = item.parse().expect("tokens");
        let mut split = Plain::split(item.clone())?;
        let has_value = split.has_value;
        let pieces = std::mem::take(&mut split.pieces);
        let stmts: Vec<Stmt> = pieces.into_iter().map(Piece::into_stmt).collect();
        let text = |tokens: TokenStream| tokens.to_string().replace(' ', "");
        assert_eq!(text(split.into_tokens(&stmts)), text(item));
        Some(has_value)
    }

    #[test]
    fn values() {
        for item in [
            "fn f() {}",
            "#[inline] pub(crate) unsafe fn f<T: Fn(u8) -> u8, const N: usize>(t: T) where T: Copy { t(1); }",
            "fn f() -> () { g(); }",
            "fn f<T>() -> () where T: Copy { g(); }",
        ] {
            assert_eq!(has_value(item), Some(false), "{item}");
        }
        for item in [
            "/// Says.\npub fn f() -> u8 { 1 }",
            "fn f<'a, F: FnOnce(&'a u8) -> Vec<Vec<u8>>>(f: F) -> impl Fn() -> u8 + 'a { move || 1 }",
            "fn f<T: G<-1>>() -> (u8, ()) { (1, ()) }",
            "fn f() -> ! { loop {} }",
            "fn f() -> [u8; { 1 + 2 }] { [1; 3] }",
        ] {
            assert_eq!(has_value(item), Some(true), "{item}");
        }
    }

    #[test]
    fn what_is_left_to_the_parser() {
        for item in [
            "const fn f() {}",
            "async fn f() {}",
            "extern \"C\" fn f() {}",
            "#[unsafe(naked)] fn f() { naked_asm!(\"ret\") }",
            "fn f();",
            "fn f() { let a = { let = ; }; }",
            "impl A { fn f() {} }",
            "mod m { fn f() {} }",
            "struct A { f: fn() }",
        ] {
            assert_eq!(has_value(item), None, "{item}");
        }
    }
}
