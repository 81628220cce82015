//! A function taken apart with nothing parsed but its body.
//!
//! PERF: This code is not optimized in the builds that it runs in, and a function's documentation and
//! signature often are more than its statements. They are handed on as the tokens that they are.

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::TokenStreamExt;
use syn::parse::{ParseStream, Parser};
use syn::token::Brace;
use syn::{Attribute, Block, Expr, Stmt};

use crate::span;

/// A function that is neither `const` nor `async`, `extern` nor naked.
pub(crate) struct Plain {
    /// What comes before the body.
    head: Vec<TokenTree>,
    pub(crate) fn_token: Span,
    /// Whether it has a value, by its declared type.
    pub(crate) has_value: bool,
    /// The attributes within the body.
    inner: Vec<Attribute>,
    pub(crate) body: Block,
}

impl Plain {
    /// Takes an item apart; `None` where it is anything else, or does not parse.
    pub(crate) fn split(item: TokenStream) -> Option<Self> {
        let mut head = Head::new(item);
        head.qualifiers()?;
        let fn_token = head.tokens.last()?.span();
        head.parameters()?;
        let has_value = head.output();
        let body = head.body()?;
        let parser = |input: ParseStream<'_>| {
            let inner = input.call(Attribute::parse_inner)?;
            Ok((inner, input.call(Block::parse_within)?))
        };
        let (inner, stmts) = match bare(body.stream()) {
            Some(stmts) => (Vec::new(), stmts),
            None => parser.parse2(body.stream()).ok()?,
        };
        let brace_token = Brace {
            span: body.delim_span(),
        };
        Some(Self {
            head: head.tokens,
            fn_token,
            has_value,
            inner,
            body: Block { brace_token, stmts },
        })
    }

    /// Puts it together again.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens: TokenStream = self.head.into_iter().collect();
        self.body.brace_token.surround(&mut tokens, |tokens| {
            tokens.append_all(&self.inner);
            tokens.append_all(&self.body.stmts);
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
                TokenTree::Ident(word) if word == "fn" => return Some(()),
                TokenTree::Ident(word) if word == "pub" || word == "unsafe" => {}
                TokenTree::Group(group) => match group.delimiter() {
                    // An attribute's; that of a naked function matters.
                    Delimiter::Bracket if span::mentions(group.stream(), "naked") => return None,
                    Delimiter::Brace => return None,
                    _ => {}
                },
                TokenTree::Punct(punct) if punct.as_char() == '#' => {}
                _ => return None,
            }
        }
    }

    /// Reads the name, the generics and the parameters.
    fn parameters(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        let mut dash = false;
        loop {
            let token = self.next()?;
            if let TokenTree::Group(group) = token
                && depth == 0
                && group.delimiter() == Delimiter::Parenthesis
            {
                return Some(());
            }
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

/// The statements of a body that is at most one expression, without blocks, closures and attributes: nothing
/// in it can carry a probe. So it is not parsed either.
fn bare(body: TokenStream) -> Option<Vec<Stmt>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    is_bare(body.clone()).then(|| vec![Stmt::Expr(Expr::Verbatim(body), None)])
}

fn is_bare(tokens: TokenStream) -> bool {
    tokens.into_iter().all(|token| match token {
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace && is_bare(group.stream()),
        TokenTree::Punct(punct) => !matches!(punct.as_char(), ';' | '|' | '#'),
        _ => true,
    })
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
        let split = Plain::split(item.clone())?;
        let has_value = split.has_value;
        let text = |tokens: TokenStream| tokens.to_string().replace(' ', "");
        assert_eq!(text(split.into_tokens()), text(item));
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
            "fn f() { let a = ; }",
            "impl A { fn f() {} }",
            "mod m { fn f() {} }",
            "struct A { f: fn() }",
        ] {
            assert_eq!(has_value(item), None, "{item}");
        }
    }

    #[test]
    fn bodies_that_are_not_parsed() {
        let check = |body: &str, expected: bool| {
            let body = body.parse().expect("tokens");
            assert_eq!(bare(body).is_some(), expected);
        };
        check("", true);
        check("self.0.iter().map(f(1)).sum()", true);
        check("a.b(|c| c)", false);
        check("a(unsafe { b() })", false);
        check("a; b", false);
        check("#[cfg(a)] b", false);
        check("[0; 4]", false);
    }
}
