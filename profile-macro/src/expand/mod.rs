//! Probes between the statements of a function.
//!
//! ```text
//! // Input                              // Output
//! #[profile]
//! fn build(n: u32) -> Vec<u32> {        fn build(n: u32) -> Vec<u32> {
//!                                           let frame = …::enter(&__MEMLINE_SITE, …, 1, 6);
//!                                           static __MEMLINE_SITE: …::Site = …;
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
mod budget;
mod clippy;
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
use crate::body::Piece;
use crate::function::Plain;
use crate::site::Site;

/// Rewrites one function, whose table begins at the line of `row`.
pub(crate) fn function(sig: &mut Signature, body: &mut Block, row: Span, args: &Args) {
    let brace = body.brace_token.span.close();
    let expander = Expander::new(row, sig.fn_token.span, brace, args);
    if sig.asyncness.is_some() {
        expander.async_function(sig, body);
    } else {
        let stmts = mem::take(&mut body.stmts);
        let pieces: Vec<Piece> = stmts.into_iter().map(Piece::Parsed).collect();
        let unwinds = budget::lets_panics_out(sig);
        let allow = clippy::allow_unused(!sig.generics.params.is_empty(), &pieces);
        clippy::cover(&sig.ident, &pieces, &mut body.brace_token);
        body.stmts = expander.body(pieces, brace, &End::of(&sig.output), unwinds);
        body.stmts.splice(..0, allow);
    }
}

/// Rewrites a function of which nothing is parsed but the body; returns its statements.
pub(crate) fn plain(function: &mut Plain, row: Span, args: &Args) -> Vec<Stmt> {
    let end = if function.has_value {
        End::Value
    } else {
        End::Unit
    };
    let brace = function.brace.span.close();
    let pieces = mem::take(&mut function.pieces);
    let allow = clippy::allow_unused(function.is_generic, &pieces);
    clippy::cover(&function.name, &pieces, &mut function.brace);
    let expander = Expander::new(row, function.fn_token, brace, args);
    let mut stmts = expander.body(pieces, brace, &end, true);
    stmts.splice(..0, allow);
    stmts
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
    /// Whether control surely gets here if it got to the last probe, or to the beginning of a block that the
    /// compiler takes to be reached.
    calm: bool,
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
            calm: true,
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
    fn new(row: Span, fn_token: Span, brace: Span, args: &'a Args) -> Self {
        let site = Site::new(row, fn_token, brace);
        let flow = Flow::at(site.first());
        Self { site, args, flow }
    }

    /// Rewrites the body of a function that is not `async`, up to its last `brace`; `unwinds` tells whether a
    /// panic can leave it.
    fn body(mut self, pieces: Vec<Piece>, brace: Span, end: &End, unwinds: bool) -> Vec<Stmt> {
        // The frame opens the line of the first statement at once, which saves its probe.
        let slot = self.open_first(&pieces);
        let mut stmts = self.pieces(pieces, brace, end);
        let (site, about) = self.site.to_tokens(self.args);
        let (frame, memline, slots) = (FRAME.ident(), self.args.runtime(), self.site.slots());
        let budget = self.args.budget.are_given();
        let budget = budget.then(|| budget::call(self.args, unwinds));
        // NOTE: clippy does not look at a function whose first statement is an item.
        let enter = quote_spanned! {Span::mixed_site()=>
            #budget
            let #frame = #memline::enter(#about, #slot, #slots);
            #site
        };
        insert_first(&mut stmts, enter);
        stmts
    }

    /// The slot of the line that a function's frame opens: that of its first statement, unless a `#[cfg]`
    /// may take that away.
    fn open_first(&mut self, pieces: &[Piece]) -> Literal {
        let first = pieces.iter().find(|piece| !piece.is_item());
        let span = first
            .filter(|piece| piece.cfg().is_empty())
            .and_then(Piece::first);
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
    fn line(&mut self, line: u32, cfg: &[Attribute]) -> Stmt {
        let (frame, slot) = (FRAME.ident(), self.site.slot(line));
        let allow = allow_unreachable(self.flow.calm);
        self.flow.open = Some(line);
        self.flow.probes += 1;
        self.flow.calm = true;
        verbatim(quote_spanned!(Span::mixed_site()=> #(#cfg)* #allow #frame.line(#slot);))
    }

    /// `let reopen = frame.reopen(k);`: a guard that opens `line` again when its block is left.
    fn reopen(&mut self, line: u32) -> TokenStream {
        let (frame, reopen, slot) = (FRAME.ident(), REOPEN.ident(), self.site.slot(line));
        quote_spanned!(Span::mixed_site()=> let #reopen = #frame.reopen(#slot);)
    }

    /// `let brace = frame.brace(k);`: a guard that opens and counts the closing brace's line once the tail
    /// after it has its value. `calm` is what the flow was before the tail.
    fn brace(&mut self, line: u32, cfg: &[Attribute], calm: bool) -> Stmt {
        let (frame, brace, slot) = (FRAME.ident(), BRACE.ident(), self.site.slot(line));
        let allow = allow_unreachable(calm);
        self.flow.probes += 1;
        verbatim(
            quote_spanned!(Span::mixed_site()=> #(#cfg)* #allow let #brace = #frame.brace(#slot);),
        )
    }
}

/// `#[allow(unreachable_code)]` for an added statement that the compiler may find unreachable, of which it
/// would warn in the user's name. It is not there where the flow is `calm`.
///
/// PERF: an attribute costs the compiler a third of what the probe does.
fn allow_unreachable(calm: bool) -> Option<TokenStream> {
    (!calm).then(|| quote_spanned!(Span::mixed_site()=> #[allow(unreachable_code)]))
}

/// Tokens as a statement: added ones are never looked into again.
fn verbatim(tokens: TokenStream) -> Stmt {
    Stmt::Expr(Expr::Verbatim(tokens), None)
}

/// Makes tokens the first statement of a block, which is the one after its leading items.
fn insert_first(stmts: &mut Vec<Stmt>, tokens: TokenStream) {
    let items = stmts
        .iter()
        .take_while(|stmt| matches!(stmt, Stmt::Item(_)))
        .count();
    stmts.insert(items, verbatim(tokens));
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
