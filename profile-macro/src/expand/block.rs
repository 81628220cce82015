//! The statements of one block.

use std::mem;

use proc_macro2::{Ident, Span};
use quote::quote_spanned;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Block, Expr, ReturnType, Stmt, Type};

use super::jump::Scope;
use super::{Expander, added_block, allow_unreachable, insert_first, verbatim};
use crate::body::Piece;
use crate::{span, temporaries};

/// What a block comes to where it has no tail.
pub(super) enum End {
    /// `()`, or whatever the place allows.
    Unit,
    /// A value, by its declared type: then control never gets there, and a probe would only stand in the way
    /// of the compiler's advice about a semicolon too many.
    Value,
    /// The end of a loop's pass, which this guard is to be told.
    Pass(Ident),
}

impl End {
    /// The end of a body of this type.
    pub(super) fn of(output: &ReturnType) -> Self {
        match output {
            ReturnType::Type(_, ty) if !matches!(&**ty, Type::Tuple(unit) if unit.elems.is_empty()) => {
                Self::Value
            }
            _ => Self::Unit,
        }
    }
}

impl Expander<'_> {
    /// Puts probes into a block inside a statement. `more` tells that something of that statement may still
    /// run after the block, so that its line must be open again.
    ///
    /// ```text
    /// {                    {
    ///                          let reopen = frame.reopen(1);  // if `more`
    ///     let a = f();         frame.line(2); let a = f();
    ///                          let brace = frame.brace(4);    // because of the `let`
    ///     a + 1                frame.line(3); a + 1
    /// }                    }
    /// ```
    pub(super) fn inner_block(&mut self, block: &mut Block, more: bool) {
        let line = self.open();
        let probes = self.flow.probes;
        let around = mem::replace(&mut self.flow.around, line);
        self.statements(block, &End::Unit);
        self.flow.around = around;
        if more && self.flow.probes != probes {
            insert_first(&mut block.stmts, self.reopen(line));
        }
        self.leave(line, probes, more);
    }

    /// Notes what is open after an inner part of a statement: `line`, unless probes ran that nothing undoes.
    pub(super) fn leave(&mut self, line: u32, probes: usize, more: bool) {
        let same = more || self.flow.probes == probes;
        self.flow.open = same.then_some(line);
    }

    /// Puts probes into a block's statements.
    pub(super) fn statements(&mut self, block: &mut Block, end: &End) {
        let stmts = mem::take(&mut block.stmts);
        let pieces = stmts.into_iter().map(Piece::Parsed).collect();
        block.stmts = self.pieces(pieces, block.brace_token.span.close(), end);
    }

    /// Puts probes between the statements of a block that ends with `brace`.
    pub(super) fn pieces(&mut self, pieces: Vec<Piece>, brace: Span, end: &End) -> Vec<Stmt> {
        let pass = match end {
            End::Pass(pass) => Some(pass),
            End::Unit | End::Value => None,
        };
        let brace = self.site.line_of_brace(brace, self.flow.around);
        let locals = pieces.iter().any(Piece::is_local);
        let count = pieces.len();
        let mut stmts = Vec::with_capacity(2 * count + 2);
        let mut ended = false;
        for (at, piece) in pieces.into_iter().enumerate() {
            if ended {
                stmts.push(piece.into_stmt());
                continue;
            }
            ended = piece.diverges();
            let cfg = piece.cfg();
            self.probe_before(&piece, &cfg, &mut stmts);
            let tail = at + 1 == count && piece.is_tail() && !ended;
            let calm = piece.is_calm();
            let mut stmt = piece.into_stmt();
            if !tail || pass.is_some() && !(locals && leaves_temporaries(&stmt)) {
                self.statement(&mut stmt, &cfg);
                self.flow.calm &= calm;
                stmts.push(if tail { as_statement(stmt) } else { stmt });
                continue;
            }
            // A tail that has to stay one: what comes after it must be told before it.
            ended = true;
            let before = stmts.len();
            if let Some(pass) = pass {
                stmts.push(finished(pass, self.flow.calm));
                self.flow
                    .scopes
                    .last_mut()
                    .into_iter()
                    .for_each(Scope::finish_early);
            }
            let (tail_line, calm) = (self.flow.open, self.flow.calm);
            self.statement(&mut stmt, &cfg);
            if locals && tail_line != Some(brace) {
                stmts.insert(before, self.brace(brace, &cfg, calm));
            }
            stmts.push(stmt);
        }
        if !ended && locals && self.flow.open != Some(brace) && !matches!(end, End::Value) {
            stmts.push(self.line(brace, &[]));
        }
        if let (false, Some(pass)) = (ended, pass) {
            stmts.push(finished(pass, self.flow.calm));
        }
        stmts
    }

    /// Pushes the probe of a statement, unless its line is open already. `cfg` is what may take it away.
    fn probe_before(&mut self, piece: &Piece, cfg: &[Attribute], stmts: &mut Vec<Stmt>) {
        let Some(span) = piece.first().filter(|_| !piece.is_unknown()) else {
            return;
        };
        let line = self.line_of(span);
        if self.flow.open != Some(line) {
            let calm = self.flow.calm;
            stmts.push(self.line(line, cfg));
            if !cfg.is_empty() {
                // NOTE: Without the statement, the line before stays open; either way the next is probed.
                self.flow.probes += 1;
                self.flow.calm = calm;
            }
        }
    }

    /// Walks into one statement.
    fn statement(&mut self, stmt: &mut Stmt, cfg: &[Attribute]) {
        match stmt {
            Stmt::Local(local) => {
                if let Some(init) = &mut local.init {
                    self.visit_expr_mut(&mut init.expr);
                    if let Some((_, otherwise)) = &mut init.diverge {
                        let line = self.flow.open;
                        self.expr(otherwise, false);
                        // The block never comes to its end.
                        self.flow.open = line;
                    }
                }
            }
            Stmt::Expr(expr, _) => self.expr(expr, false),
            Stmt::Macro(_) | Stmt::Item(_) => {}
        }
        if !cfg.is_empty() {
            self.flow.open = None;
        }
    }
}

fn leaves_temporaries(tail: &Stmt) -> bool {
    match tail {
        Stmt::Expr(expr, _) => temporaries::left_by(expr),
        _ => true,
    }
}

/// A loop body's tail as a statement that others can follow; its type is still held to `()`.
fn as_statement(tail: Stmt) -> Stmt {
    match tail {
        Stmt::Expr(
            Expr::Block(_)
            | Expr::ForLoop(_)
            | Expr::If(_)
            | Expr::Loop(_)
            | Expr::Match(_)
            | Expr::Unsafe(_)
            | Expr::While(_),
            _,
        )
        | Stmt::Macro(_) => tail,
        Stmt::Expr(expr, semi) => {
            let start = span::first(&expr);
            Stmt::Expr(added_block(vec![Stmt::Expr(expr, semi)], start), None)
        }
        other => other,
    }
}

/// `pass0.finished();`
fn finished(pass: &Ident, calm: bool) -> Stmt {
    let allow = allow_unreachable(calm);
    verbatim(quote_spanned!(Span::mixed_site()=> #allow #pass.finished();))
}
