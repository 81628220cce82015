//! The statements of a function's body, parsed only where a probe may go inside of one.
//!
//! PERF: Parsing is the largest part of what the macro costs, and it is not optimized in the builds that it runs
//! in. Most statements hold no block and no closure, so that it is enough to know where they begin and end.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Block, Expr, Stmt};

use crate::{flow, span};

/// A statement.
#[expect(
    clippy::large_enum_variant,
    reason = "parsed statements go from one list into another, as they do in syn"
)]
pub(crate) enum Piece {
    Bare(Bare),
    Parsed(Stmt),
}

/// A statement that is one line to the probes: it holds no block, no closure, no attribute, and nothing that
/// visibly leads elsewhere. Of braces it may hold those of a struct's fields.
pub(crate) struct Bare {
    pub(crate) tokens: TokenStream,
    /// Of its first token.
    pub(crate) first: Span,
    pub(crate) is_local: bool,
    /// Whether it gives its block the value.
    pub(crate) is_tail: bool,
    /// Whether nothing in it can take control away: it calls nothing.
    pub(crate) is_calm: bool,
}

impl Piece {
    /// The span of its first token; `None` for an item and for an empty statement.
    pub(crate) fn first(&self) -> Option<Span> {
        match self {
            Self::Bare(bare) => Some(bare.first),
            Self::Parsed(stmt) => span::first_of_stmt(stmt),
        }
    }

    /// Whether it is empty, or of a syntax that nothing is known about.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Parsed(Stmt::Expr(Expr::Verbatim(_), _)))
    }

    pub(crate) fn is_item(&self) -> bool {
        matches!(self, Self::Parsed(Stmt::Item(_)))
    }

    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Bare(bare) => bare.is_local,
            Self::Parsed(stmt) => matches!(stmt, Stmt::Local(_)),
        }
    }

    /// Whether the last statement of a block gives the block its value.
    pub(crate) fn is_tail(&self) -> bool {
        match self {
            Self::Bare(bare) => bare.is_tail,
            Self::Parsed(Stmt::Expr(expr, semi)) => {
                semi.is_none() && !matches!(expr, Expr::Verbatim(_))
            }
            Self::Parsed(Stmt::Macro(stmt)) => stmt.semi_token.is_none(),
            Self::Parsed(Stmt::Local(_) | Stmt::Item(_)) => false,
        }
    }

    /// Whether it may be one macro.
    pub(crate) fn may_be_macro(&self) -> bool {
        match self {
            Self::Bare(bare) => bare
                .tokens
                .clone()
                .into_iter()
                .any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!')),
            Self::Parsed(stmt) => matches!(stmt, Stmt::Macro(_) | Stmt::Expr(Expr::Macro(_), _)),
        }
    }

    /// Whether control never goes past it, as far as its text tells.
    pub(crate) fn diverges(&self) -> bool {
        match self {
            Self::Bare(_) => false,
            Self::Parsed(stmt) => flow::stmt_diverges(stmt),
        }
    }

    /// Whether control always goes past it. Errs towards no.
    pub(crate) fn is_calm(&self) -> bool {
        match self {
            Self::Bare(bare) => bare.is_calm,
            Self::Parsed(stmt) => matches!(stmt, Stmt::Item(_)),
        }
    }

    /// The `#[cfg]`s that it stands under.
    pub(crate) fn cfg(&self) -> Vec<Attribute> {
        let attrs = match self {
            Self::Bare(_) => &[],
            Self::Parsed(stmt) => flow::attrs_of(stmt),
        };
        attrs
            .iter()
            .filter(|attr| flow::is_cfg(attr))
            .cloned()
            .collect()
    }

    pub(crate) fn into_stmt(self) -> Stmt {
        match self {
            Self::Bare(bare) => Stmt::Expr(Expr::Verbatim(bare.tokens), None),
            Self::Parsed(stmt) => stmt,
        }
    }
}

/// Takes a body apart: its inner attributes, and its statements. `None` where it does not parse.
pub(crate) fn split(body: TokenStream) -> Option<(Vec<Attribute>, Vec<Piece>)> {
    let mut inner = Vec::new();
    let mut pieces = Vec::new();
    let mut unparsed = Vec::new();
    let mut statement = Vec::new();
    let mut tokens = body.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let ends = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        statement.push(token);
        if !ends && tokens.peek().is_some() {
            continue;
        }
        let tokens = std::mem::take(&mut statement);
        match bare(tokens, !ends) {
            Ok(bare) => {
                parse(&mut unparsed, &mut inner, &mut pieces)?;
                pieces.push(Piece::Bare(bare));
            }
            Err(tokens) => unparsed.extend(tokens),
        }
    }
    // PERF: the tokens of a whole body need not be put together again.
    if let ([Piece::Bare(only)], []) = (&mut *pieces, &*unparsed) {
        only.tokens = body;
    }
    parse(&mut unparsed, &mut inner, &mut pieces)?;
    Some((inner, pieces))
}

/// Parses what has been put aside.
fn parse(
    unparsed: &mut Vec<TokenTree>,
    inner: &mut Vec<Attribute>,
    pieces: &mut Vec<Piece>,
) -> Option<()> {
    if unparsed.is_empty() {
        return Some(());
    }
    let parser = |input: ParseStream<'_>| {
        if pieces.is_empty() {
            *inner = input.call(Attribute::parse_inner)?;
        }
        input.call(Block::parse_within)
    };
    let stmts = parser.parse2(unparsed.drain(..).collect()).ok()?;
    pieces.extend(stmts.into_iter().map(Piece::Parsed));
    Some(())
}

/// A bare statement; the tokens as they were where they are anything else.
fn bare(tokens: Vec<TokenTree>, is_tail: bool) -> Result<Bare, Vec<TokenTree>> {
    let mut seen = Seen::default();
    let (first, is_local) = match tokens.first() {
        Some(TokenTree::Ident(word)) => {
            let word = word.to_string();
            if begins_item(&word) {
                return Err(tokens);
            }
            (tokens[0].span(), word == "let")
        }
        Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::None => {
            (group.span_open(), false)
        }
        Some(TokenTree::Literal(_)) => (tokens[0].span(), false),
        Some(TokenTree::Punct(punct)) if punct.as_char() != ';' => (punct.span(), false),
        _ => return Err(tokens),
    };
    if !tokens.iter().all(|token| seen.is_bare(token)) {
        return Err(tokens);
    }
    Ok(Bare {
        tokens: tokens.into_iter().collect(),
        first,
        is_local,
        is_tail,
        is_calm: !seen.parentheses,
    })
}

/// What has been seen of a statement, token by token.
#[derive(Default)]
struct Seen {
    /// Whether the last token ends an operand, so that a `|` is an operator and begins no closure.
    operand: bool,
    /// Whether the last token is a name, so that a `{` opens a struct's fields.
    name: bool,
    /// Whether a word was seen that a `{` belongs to.
    opens_block: bool,
    /// Parentheses, without which nothing is called.
    parentheses: bool,
}

impl Seen {
    fn is_bare(&mut self, token: &TokenTree) -> bool {
        let operand = std::mem::replace(&mut self.operand, true);
        let name = std::mem::replace(&mut self.name, false);
        match token {
            TokenTree::Ident(word) => {
                let word = word.to_string();
                self.operand = !precedes_closure(&word);
                self.name = true;
                self.opens_block |= opens_block(&word);
                !flow::is_jump(&word)
            }
            TokenTree::Literal(_) => true,
            TokenTree::Punct(punct) => {
                let mark = punct.as_char();
                // The second half of a `||`, as the first.
                self.operand =
                    operand && mark == '|' && punct.spacing() == Spacing::Joint || mark == '?';
                mark != '#' && (mark != '|' || operand)
            }
            TokenTree::Group(group) => {
                self.parentheses |= group.delimiter() != Delimiter::Bracket;
                self.operand = false;
                let fields = name && !self.opens_block;
                let bare = (fields || group.delimiter() != Delimiter::Brace)
                    && group.stream().into_iter().all(|token| self.is_bare(&token));
                self.operand = true;
                self.name = false;
                bare
            }
        }
    }
}

/// Whether a statement that begins with this word may be an item.
fn begins_item(word: &str) -> bool {
    matches!(
        word,
        "const"
            | "enum"
            | "extern"
            | "fn"
            | "impl"
            | "macro"
            | "macro_rules"
            | "mod"
            | "pub"
            | "safe"
            | "static"
            | "struct"
            | "trait"
            | "type"
            | "union"
            | "unsafe"
            | "use"
    )
}

/// Whether a `{` that comes later, or at once, may open a block because of this word.
fn opens_block(word: &str) -> bool {
    begins_item(word)
        || matches!(
            word,
            "async"
                | "do"
                | "else"
                | "for"
                | "gen"
                | "if"
                | "loop"
                | "match"
                | "move"
                | "try"
                | "while"
                | "yield"
        )
}

/// Whether a `|` after this word opens a closure's parameters.
fn precedes_closure(word: &str) -> bool {
    matches!(word, "async" | "else" | "in" | "let" | "move" | "static")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each piece: `b` where it is bare, `B` where it is also calm, `p` where it is parsed.
    #[track_caller]
    fn check(body: &str, expected: &str) {
        let body: TokenStream = body.parse().expect("tokens");
        let (_, pieces) = split(body.clone()).expect("statements");
        let kinds: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Bare(bare) if bare.is_calm => 'B',
                Piece::Bare(_) => 'b',
                Piece::Parsed(_) => 'p',
            })
            .collect();
        assert_eq!(kinds, expected, "{body}");
    }

    #[test]
    fn bare_statements() {
        check("", "");
        check("self.0.iter().map(f(1)).sum()", "b");
        check("let a = b; a.c = -d; a[e] += 1; [0; 4]", "BBBB");
        check("let a = b(); a?; c", "bBB");
        check("assert!(a || b); matches!(c, D | E)", "bb");
        check("let A(b) | C(b) = d; b | c; b || c", "bBB");
    }

    #[test]
    fn closures_and_blocks() {
        check("let a = |b| b;", "p");
        check("let a = || b; c(|d| d); e(f, || g); h(move |i| i)", "pppp");
        check("a || || b", "p");
        check("if a { b() } c(); unsafe { d() }", "ppp");
        check("a; let b = if c { d } else { e }; f; { g }", "BpBp");
        check("vec! { a }", "p");
        check("match a { b => c }; let d = e + match f { g => h };", "pp");
        check("while a { b } c; for d in e { f } g; loop { h }", "ppppp");
        check("let a = async { b }; let c = const { d }; 'e: { f }", "ppp");
        check("let a = b == { c }; let Some(d) = e else { f() }; g", "ppB");
    }

    #[test]
    fn fields() {
        check("S { a }", "b");
        check(
            "let S { a, b: T { c, .. } } = d; Ok(m::S { a: f(), ..b })",
            "bb",
        );
        check(
            "S { a: |b| c }; S { a: { b } }; S { a: if b { c } else { d } }",
            "ppp",
        );
        check("if (S { a }).b() { c }", "p");
        check("S { #[cfg(a)] b }; a", "pB");
        check("S { a: return }", "p");
    }

    #[test]
    fn what_leads_elsewhere() {
        check("return; a", "pB");
        check("panic!(); a(todo!()); f(return 1)", "ppp");
        check("std::process::exit(1); abort()", "pp");
        check("break 'a; continue", "pp");
    }

    #[test]
    fn attributes_items_and_nothing() {
        check("#![allow(a)] let b = 1; c", "pB");
        check("#[cfg(a)] b; c", "pB");
        check(
            "use a::b; const C: u8 = 1; static D: u8 = 1; type E = u8; struct F; g",
            "pppppB",
        );
        check("a;; b", "BpB");
    }

    #[test]
    fn what_does_not_parse() {
        let body: TokenStream = "let a = { let = ; };".parse().expect("tokens");
        assert!(split(body).is_none());
    }
}
