//! The statements of one block.

use std::mem;

use proc_macro2::{Ident, Span};
use quote::{ToTokens, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ReturnType, Stmt, Type};

use super::jump::Scope;
use super::{Expander, added_block, insert_first, verbatim};
use crate::flow::{attrs_of, is_cfg, stmt_diverges};
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
            insert_first(block, self.reopen(line));
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
        let pass = match end {
            End::Pass(pass) => Some(pass),
            End::Unit | End::Value => None,
        };
        let brace = block.brace_token.span.close();
        let brace = self.site.line_of_brace(brace, self.flow.around);
        let locals = block
            .stmts
            .iter()
            .any(|stmt| matches!(stmt, Stmt::Local(_)));
        let stmts = mem::take(&mut block.stmts);
        let count = stmts.len();
        let mut ended = false;
        for (at, mut stmt) in stmts.into_iter().enumerate() {
            if ended {
                block.stmts.push(stmt);
                continue;
            }
            ended = stmt_diverges(&stmt);
            self.probe_before(&stmt, &mut block.stmts);
            let tail = at + 1 == count && is_tail(&stmt) && !ended;
            if !tail || pass.is_some() && !(locals && leaves_temporaries(&stmt)) {
                self.statement(&mut stmt);
                block
                    .stmts
                    .push(if tail { as_statement(stmt) } else { stmt });
                continue;
            }
            // A tail that has to stay one: what comes after it must be told before it.
            ended = true;
            let cfg: Vec<_> = attrs_of(&stmt)
                .iter()
                .filter(|attr| is_cfg(attr))
                .cloned()
                .collect();
            let before = block.stmts.len();
            if let Some(pass) = pass {
                block.stmts.push(finished(pass));
                self.flow
                    .scopes
                    .last_mut()
                    .into_iter()
                    .for_each(Scope::finish_early);
            }
            let tail_line = self.flow.open;
            self.statement(&mut stmt);
            if locals && tail_line != Some(brace) {
                block.stmts.insert(before, self.brace(brace, &cfg));
            }
            block.stmts.push(stmt);
        }
        if !ended && locals && self.flow.open != Some(brace) && !matches!(end, End::Value) {
            block.stmts.push(self.line(brace, []));
        }
        if let (false, Some(pass)) = (ended, pass) {
            block.stmts.push(finished(pass));
        }
    }

    /// Pushes the probe of `stmt`, unless its line is open already.
    fn probe_before(&mut self, stmt: &Stmt, stmts: &mut Vec<Stmt>) {
        let span = match stmt {
            Stmt::Local(local) => local.let_token.span,
            // Empty statements, and syntax that nothing is known about.
            Stmt::Expr(Expr::Verbatim(_), _) | Stmt::Item(_) => return,
            Stmt::Expr(expr, _) => span::first(expr),
            Stmt::Macro(stmt) => {
                span::first_token(stmt.mac.to_token_stream()).unwrap_or_else(Span::call_site)
            }
        };
        let line = self.line_of(span);
        if self.flow.open != Some(line) {
            let cfg = attrs_of(stmt).iter().filter(|attr| is_cfg(attr));
            stmts.push(self.line(line, cfg));
            if attrs_of(stmt).iter().any(is_cfg) {
                // NOTE: Without the statement, the line before stays open; either way the next is probed.
                self.flow.probes += 1;
            }
        }
    }

    /// Walks into one statement.
    fn statement(&mut self, stmt: &mut Stmt) {
        let conditional = attrs_of(stmt).iter().any(is_cfg);
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
        if conditional {
            self.flow.open = None;
        }
    }
}

/// Whether the last statement of a block gives the block its value.
fn is_tail(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(expr, semi) => semi.is_none() && !matches!(expr, Expr::Verbatim(_)),
        Stmt::Macro(stmt) => stmt.semi_token.is_none(),
        Stmt::Local(_) | Stmt::Item(_) => false,
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
fn finished(pass: &Ident) -> Stmt {
    verbatim(quote_spanned!(Span::mixed_site()=> #[allow(unreachable_code)] #pass.finished();))
}
