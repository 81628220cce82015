//! Probes between the statements of a function.
//!
//! ```text
//! // Input                              // Output
//! #[profile]
//! fn build(n: u32) -> Vec<u32> {        fn build(n: u32) -> Vec<u32> {
//!                                           static __MEMLINE_SITE: …::Site = …;
//!                                           let frame = …::enter(&__MEMLINE_SITE, …, 1, 6);
//!     let mut all = Vec::new();             let mut all = Vec::new();
//!     for i in 0..n {                       frame.line(2); for i in 0..n {
//!                                               let pass0 = frame.pass(2);
//!         all.push(i);                          frame.line(3); all.push(i);
//!                                               pass0.finished();
//!     }                                     }
//!     all                                   frame.line(4); let brace = frame.brace(5); all
//! }                                     }
//! ```
//!
//! A probe says which line runs from here on; its argument is the line's slot in the site, and `enter` is
//! told how many there are. The line that is
//! open is tracked through the text, so that a probe is written only where it changes.

mod arm;
mod block;
mod closure;
mod expr;
mod future;
mod jump;
mod loops;
mod warning;

use std::mem;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::token::Brace;
use syn::{Attribute, Block, Expr, ExprBlock, Signature, Stmt};

use self::block::End;
pub(crate) use self::warning::warning;
use crate::args::Args;
use crate::flow::{attrs_of, is_cfg};
use crate::function::Plain;
use crate::site::Site;
use crate::span;

/// Rewrites one function, whose table begins at the line of `row`.
pub(crate) fn function(sig: &mut Signature, body: &mut Block, row: Span, args: &Args) {
    if sig.asyncness.is_some() {
        Expander::new(row, sig.fn_token.span, body, args).async_function(sig, body);
    } else {
        self::body(body, sig.fn_token.span, &End::of(&sig.output), row, args);
    }
}

/// Rewrites the body of a function that is not `async`.
fn body(body: &mut Block, fn_token: Span, end: &End, row: Span, args: &Args) {
    let mut expander = Expander::new(row, fn_token, body, args);
    // The frame opens the line of the first statement at once, which saves its probe.
    let slot = expander.open_first(body);
    expander.statements(body, end);
    let (site, about) = expander.site.to_tokens(args);
    let (frame, memline, slots) = (FRAME.ident(), args.runtime(), expander.site.slots());
    let enter = quote_spanned! {Span::mixed_site()=>
        let #frame = #memline::enter(#about, #slot, #slots);
    };
    insert_first(body, enter);
    body.stmts.insert(0, verbatim(site));
}

/// Rewrites a function of which nothing is parsed but the body.
pub(crate) fn plain(function: &mut Plain, row: Span, args: &Args) {
    let end = if function.has_value {
        End::Value
    } else {
        End::Unit
    };
    body(&mut function.body, function.fn_token, &end, row, args);
}

/// What is known while one function is walked through.
struct Expander<'a> {
    site: Site,
    args: &'a Args,
    flow: Flow,
}

/// What is known within one frame: a function's, a closure's, or an async block's.
struct Flow {
    /// The line that is open at this point, where every path to here leaves the same one open.
    open: Option<u32>,
    /// The line that lines out of range are charged to.
    around: u32,
    /// Number of probes so far: whether it has grown tells whether the open line may have changed.
    probes: usize,
    /// The loops and labeled blocks around this point, outermost first.
    scopes: Vec<jump::Scope>,
}

impl Flow {
    /// The start of a frame in which `line` is open.
    fn at(line: u32) -> Self {
        Self {
            open: Some(line),
            around: line,
            probes: 0,
            scopes: Vec::new(),
        }
    }
}

/// A local that the expansion adds. Hygiene keeps it apart from the user's.
struct Local(&'static str);

const FRAME: Local = Local("frame");
const REOPEN: Local = Local("reopen");
const BRACE: Local = Local("brace");
const AFTER: Local = Local("after");

impl Local {
    fn ident(&self) -> Ident {
        Ident::new(self.0, Span::mixed_site())
    }
}

impl<'a> Expander<'a> {
    fn new(row: Span, fn_token: Span, body: &Block, args: &'a Args) -> Self {
        let site = Site::new(row, fn_token, body.brace_token.span.close());
        let flow = Flow::at(site.first());
        Self { site, args, flow }
    }

    /// The slot of the line that a function's frame opens: that of its first statement, unless a `#[cfg]`
    /// may take that away.
    fn open_first(&mut self, body: &Block) -> Literal {
        let first = body
            .stmts
            .iter()
            .find(|stmt| !matches!(stmt, Stmt::Item(_)));
        let span = first
            .filter(|stmt| !attrs_of(stmt).iter().any(is_cfg))
            .and_then(span::first_of_stmt);
        if let Some(span) = span {
            self.flow.open = Some(self.line_of(span));
        }
        self.site.slot(self.open())
    }
}

impl Expander<'_> {
    /// The line open here, or the one charged in its place.
    fn open(&self) -> u32 {
        self.flow.open.unwrap_or(self.flow.around)
    }

    fn line_of(&self, span: Span) -> u32 {
        self.site.line_of(span, self.flow.around)
    }

    /// Walks a frame of its own, in which `line` is open at first.
    fn frame<T>(&mut self, line: u32, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = mem::replace(&mut self.flow, Flow::at(line));
        let result = walk(self);
        self.flow = outer;
        result
    }

    /// `frame.line(k);`, which opens and counts `line`. It goes wherever `cfg` lets its statement go.
    fn line<'c>(&mut self, line: u32, cfg: impl IntoIterator<Item = &'c Attribute>) -> Stmt {
        let (frame, slot) = (FRAME.ident(), self.site.slot(line));
        let cfg = cfg.into_iter();
        self.flow.open = Some(line);
        self.flow.probes += 1;
        verbatim(
            quote_spanned!(Span::mixed_site()=> #(#cfg)* #[allow(unreachable_code)] #frame.line(#slot);),
        )
    }

    /// `let reopen = frame.reopen(k);`: a guard that opens `line` again when its block is left.
    fn reopen(&mut self, line: u32) -> TokenStream {
        let (frame, reopen, slot) = (FRAME.ident(), REOPEN.ident(), self.site.slot(line));
        quote_spanned!(Span::mixed_site()=> let #reopen = #frame.reopen(#slot);)
    }

    /// `let brace = frame.brace(k);`: a guard that opens and counts the closing brace's line once the tail
    /// after it has its value.
    fn brace<'c>(&mut self, line: u32, cfg: impl IntoIterator<Item = &'c Attribute>) -> Stmt {
        let (frame, brace, slot) = (FRAME.ident(), BRACE.ident(), self.site.slot(line));
        let cfg = cfg.into_iter();
        self.flow.probes += 1;
        verbatim(
            quote_spanned!(Span::mixed_site()=> #(#cfg)* #[allow(unreachable_code)] let #brace = #frame.brace(#slot);),
        )
    }
}

/// Tokens as a statement: added ones are never looked into again.
fn verbatim(tokens: TokenStream) -> Stmt {
    Stmt::Expr(Expr::Verbatim(tokens), None)
}

/// Makes tokens the first statement of a block, which is the one after its leading items.
fn insert_first(block: &mut Block, tokens: TokenStream) {
    let items = block
        .stmts
        .iter()
        .take_while(|stmt| matches!(stmt, Stmt::Item(_)))
        .count();
    block.stmts.insert(items, verbatim(tokens));
}

/// An added block around statements, at the place of `around`.
///
/// NOTE: Its braces are of this crate's edition, so that the temporaries of its tail are dropped before
/// its guards, as they were before there was a block.
fn added_block(stmts: Vec<Stmt>, around: Span) -> Expr {
    let span = Span::mixed_site().located_at(around);
    let block = Block {
        brace_token: Brace(span),
        stmts,
    };
    Expr::Block(ExprBlock {
        attrs: Vec::new(),
        label: None,
        block,
    })
}
