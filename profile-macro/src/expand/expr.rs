//! Block-like expressions, wherever they stand.

use std::mem;

use proc_macro2::Span;
use syn::token::{Brace, Paren};
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Block, Expr, ExprBlock, ExprIf, ExprMatch, ExprParen, MacroDelimiter, Pat, Stmt};

use super::{Expander, added_block, arm, verbatim};
use crate::{span, temporaries};

impl Expander<'_> {
    /// Walks an expression. `more` tells that something of its statement may still run after it.
    pub(super) fn expr(&mut self, expr: &mut Expr, more: bool) {
        match expr {
            Expr::If(e) => self.if_expr(e, more),
            Expr::Match(e) => self.match_expr(e, more),
            Expr::Block(e) => self.in_scope(e.label.as_ref(), |this| {
                this.inner_block(&mut e.block, more)
            }),
            Expr::Unsafe(e) => self.inner_block(&mut e.block, more),
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => self.loop_expr(expr),
            Expr::Break(_) | Expr::Continue(_) | Expr::Return(_) => self.jump(expr),
            Expr::Closure(e) => self.closure(e),
            Expr::Async(_) => self.async_block(expr),
            // The length is a constant.
            Expr::Repeat(e) => self.expr(&mut e.expr, true),
            Expr::Const(_) | Expr::Macro(_) | Expr::TryBlock(_) | Expr::Verbatim(_) => {}
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    /// ```text
    /// if a {               if a {
    ///     f();                 frame.line(2); f();
    /// } else if b {        } else {{ frame.line(3); if b {
    ///     g();                 frame.line(4); g();
    /// }                    } }}
    /// ```
    fn if_expr(&mut self, e: &mut ExprIf, more: bool) {
        let (line, probes) = (self.open(), self.flow.probes);
        let more = more || temporaries::left_by_condition(&e.cond);
        self.visit_expr_mut(&mut e.cond);
        self.flow.calm = true;
        self.inner_block(&mut e.then_branch, more);
        if let Some((_, otherwise)) = &mut e.else_branch {
            self.flow.open = Some(line);
            self.flow.calm = true;
            let (start, end) = (span::first(otherwise), last_brace(otherwise));
            if self.on_own_line(otherwise, more) {
                // NOTE: These braces are the user's, since an `if` is of the edition in which it ends, and drops
                // what its condition looks at accordingly.
                let inner = mem::replace(&mut **otherwise, Expr::PLACEHOLDER);
                let block = Block {
                    brace_token: Brace(end.located_at(start)),
                    stmts: vec![Stmt::Expr(inner, None)],
                };
                **otherwise = Expr::Block(ExprBlock {
                    attrs: Vec::new(),
                    label: None,
                    block,
                });
            }
        }
        self.leave(line, probes, more);
    }

    /// ```text
    /// match x {            match x {
    ///     A => f(),            A => { frame.line(2); f() },
    ///     B => {               B => {
    ///         g();                 frame.line(4); g();
    ///     }                    }
    /// }                    }
    /// ```
    fn match_expr(&mut self, e: &mut ExprMatch, more: bool) {
        let (line, probes) = (self.open(), self.flow.probes);
        let more = more || temporaries::left_by_place(&e.expr);
        self.visit_expr_mut(&mut e.expr);
        for Arm { pat, body, .. } in &mut e.arms {
            self.flow.open = Some(line);
            self.flow.calm = true;
            if let Pat::Guard(pat) = pat {
                self.visit_expr_mut(&mut pat.guard);
            }
            self.on_own_line(body, more);
        }
        self.leave(line, probes, more);
    }

    /// Walks a branch that may begin on a line of its own; then it becomes a block, with the line's probe.
    /// Tells whether it did.
    fn on_own_line(&mut self, branch: &mut Expr, more: bool) -> bool {
        let (line, start) = (self.open(), span::first(branch));
        let own = self.line_of(start);
        // A block has its probes inside, and an async block runs later, on a frame of its own.
        if own == line || matches!(branch, Expr::Block(_) | Expr::Unsafe(_) | Expr::Verbatim(_)) {
            self.expr(branch, more);
            return false;
        }
        let mut stmts = Vec::new();
        if more {
            stmts.push(verbatim(self.reopen(line)));
        }
        stmts.push(self.line(own, &[]));
        self.expr(branch, false);
        let mut tail = mem::replace(branch, Expr::PLACEHOLDER);
        arm::keep_whole(&mut tail);
        if matches!(&tail, Expr::Macro(e) if matches!(e.mac.delimiter, MacroDelimiter::Brace(_))) {
            tail = parenthesized(tail, start);
        }
        stmts.push(Stmt::Expr(tail, None));
        *branch = added_block(stmts, start);
        true
    }
}

/// The braces in which an `else` branch ends.
fn last_brace(otherwise: &Expr) -> Span {
    match otherwise {
        Expr::If(ExprIf {
            else_branch: Some((_, otherwise)),
            ..
        }) => last_brace(otherwise),
        Expr::If(e) => e.then_branch.brace_token.span.join(),
        Expr::Block(e) => e.block.brace_token.span.join(),
        other => span::last(other),
    }
}

/// Parentheses keep a macro with braces an expression at the start of a statement.
fn parenthesized(expr: Expr, at: Span) -> Expr {
    let paren_token = Paren(Span::mixed_site().located_at(at));
    Expr::Paren(ExprParen {
        attrs: Vec::new(),
        paren_token,
        expr: Box::new(expr),
    })
}

/// Everything that is no block-like expression is walked by syn, in the order of evaluation.
impl VisitMut for Expander<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // Of the same statement, something may have come before.
        self.flow.calm = false;
        self.expr(expr, true);
    }

    // What is inside of these does not run here.
    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
    fn visit_angle_bracketed_generic_arguments_mut(
        &mut self,
        _: &mut syn::AngleBracketedGenericArguments,
    ) {
    }
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
    fn visit_macro_mut(&mut self, _: &mut syn::Macro) {}
    fn visit_pat_mut(&mut self, _: &mut Pat) {}
    fn visit_path_mut(&mut self, _: &mut syn::Path) {}
    fn visit_qself_mut(&mut self, _: &mut syn::QSelf) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
}
