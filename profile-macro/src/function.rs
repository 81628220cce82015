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
        let (inner, stmts) = if is_bare(body.stream()) {
            (Vec::new(), bare(body.stream()))
        } else {
            parser.parse2(body.stream()).ok()?
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

/// Whether tokens are an expression without blocks, closures and attributes, or none at all. Then they hold no
/// statement but the one that they are.
fn is_bare(tokens: TokenStream) -> bool {
    tokens.into_iter().all(|token| match token {
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace && is_bare(group.stream()),
        TokenTree::Punct(punct) => !matches!(punct.as_char(), ';' | '|' | '#'),
        _ => true,
    })
}

/// PERF: such an expression is not parsed.
fn bare(tokens: TokenStream) -> Vec<Stmt> {
    if tokens.is_empty() {
        Vec::new()
    } else {
        vec![Stmt::Expr(Expr::Verbatim(tokens), None)]
    }
}

fn punct(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(punct) => Some(punct.as_char()),
        _ => None,
    }
}
