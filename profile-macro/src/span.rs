//! Where syntax stands, and what it mentions, read off its tokens.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Label, Stmt};

/// Span of an expression's first token after its outer attributes.
pub(crate) fn first(expr: &Expr) -> Span {
    let label_or = |label: &Option<Label>, keyword: Span| {
        label
            .as_ref()
            .map_or(keyword, |label| label.name.apostrophe)
    };
    match expr {
        // PERF: the left end is walked to, since turning a long method chain into tokens for each of its
        // links would be quadratic.
        Expr::Assign(e) => first(&e.left),
        Expr::Await(e) => first(&e.base),
        Expr::Binary(e) => first(&e.left),
        Expr::Call(e) => first(&e.func),
        Expr::Cast(e) => first(&e.expr),
        Expr::Field(e) => first(&e.base),
        Expr::Group(e) => first(&e.expr),
        Expr::Index(e) => first(&e.expr),
        Expr::MethodCall(e) => first(&e.receiver),
        Expr::Try(e) => first(&e.expr),
        Expr::Block(e) => label_or(&e.label, e.block.brace_token.span.open()),
        Expr::ForLoop(e) => label_or(&e.label, e.for_token.span),
        Expr::Loop(e) => label_or(&e.label, e.loop_token.span),
        Expr::While(e) => label_or(&e.label, e.while_token.span),
        Expr::Async(e) => e.async_token.span,
        Expr::If(e) => e.if_token.span,
        Expr::Match(e) => e.match_token.span,
        Expr::Unsafe(e) => e.unsafe_token.span,
        other => first_token(other.to_token_stream()).unwrap_or_else(Span::call_site),
    }
}

/// The same of a statement; `None` for an item and an empty statement.
pub(crate) fn first_of_stmt(stmt: &Stmt) -> Option<Span> {
    match stmt {
        Stmt::Local(local) => Some(local.let_token.span),
        Stmt::Expr(Expr::Verbatim(tokens), _) => first_token(tokens.clone()),
        Stmt::Expr(expr, _) => Some(first(expr)),
        Stmt::Macro(stmt) => first_token(stmt.mac.to_token_stream()),
        Stmt::Item(_) => None,
    }
}

/// Span of an expression's last token.
pub(crate) fn last(expr: &Expr) -> Span {
    last_token(expr.to_token_stream()).unwrap_or_else(Span::call_site)
}

/// Span of the first token that belongs to no outer attribute.
pub(crate) fn first_token(tokens: TokenStream) -> Option<Span> {
    let mut tokens = tokens.into_iter().peekable();
    loop {
        match tokens.next()? {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next();
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                if let Some(span) = first_token(group.stream()) {
                    return Some(span);
                }
            }
            TokenTree::Group(group) => return Some(group.span_open()),
            other => return Some(other.span()),
        }
    }
}

fn last_token(tokens: TokenStream) -> Option<Span> {
    Some(match tokens.into_iter().last()? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            last_token(group.stream())?
        }
        TokenTree::Group(group) => group.span_close(),
        other => other.span(),
    })
}

/// Whether `word` stands anywhere among the tokens.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}
