//! Closures: a frame of their own on the table of the function around them.

use std::mem;

use proc_macro2::Span;
use quote::quote_spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprClosure, Stmt};

use super::block::End;
use super::{Expander, FRAME, added_block, insert_first};
use crate::span;

impl Expander<'_> {
    /// A closure may run later, on another thread, or never; so it does not touch the frame around it, but
    /// opens one of its own, with the line of its first statement open and counted. A closure on one line,
    /// without a block, is part of the line it stands on.
    ///
    /// ```text
    /// |a| {                |a| {
    ///                          let frame = enter_closure(&__MEMLINE_SITE, 2, 4);
    ///     f(a);                f(a);
    ///     g(a)                 frame.line(3); g(a)
    /// }                    }
    /// ```
    pub(super) fn closure(&mut self, closure: &mut ExprClosure) {
        if closure.asyncness.is_some() || closure.constness.is_some() {
            return;
        }
        let start = span::first(&closure.body);
        let line = self.line_of(start);
        match &mut *closure.body {
            Expr::Block(e) if e.label.is_none() && e.attrs.is_empty() => {
                if !e.block.stmts.is_empty() {
                    self.closure_block(&mut e.block, &End::of(&closure.output));
                }
            }
            Expr::Async(_) => self.async_block(&mut closure.body),
            body => {
                let spread = span::last(body).end().line > start.start().line;
                if line != self.open() || spread && HasBlock::any(body) {
                    let body = mem::replace(body, Expr::PLACEHOLDER);
                    let Expr::Block(mut e) = added_block(vec![Stmt::Expr(body, None)], start)
                    else {
                        return;
                    };
                    self.closure_block(&mut e.block, &End::Unit);
                    *closure.body = Expr::Block(e);
                } else if spread {
                    // Nothing in here but other closures has statements.
                    self.frame(line, |this| this.expr(body, true));
                }
            }
        }
    }

    fn closure_block(&mut self, block: &mut Block, end: &End) {
        let line = self.first_line(block);
        // Asked for first, so that slots follow the lines.
        let slot = self.site.slot(line);
        self.frame(line, |this| this.statements(block, end));
        let (frame, memline) = (FRAME.ident(), self.args.runtime());
        let slots = self.site.slots();
        let enter = quote_spanned! {Span::mixed_site()=>
            let #frame = #memline::enter_closure(&__MEMLINE_SITE, #slot, #slots);
        };
        insert_first(&mut block.stmts, enter);
    }

    /// The line of a block's first statement, which its frame opens at once.
    pub(super) fn first_line(&self, block: &Block) -> u32 {
        let first = block.stmts.iter().find_map(|stmt| match stmt {
            Stmt::Local(local) => Some(local.let_token.span),
            Stmt::Expr(Expr::Verbatim(_), _) | Stmt::Item(_) => None,
            Stmt::Expr(expr, _) => Some(span::first(expr)),
            Stmt::Macro(stmt) => stmt
                .mac
                .path
                .segments
                .first()
                .map(|segment| segment.ident.span()),
        });
        self.site.line_of(
            first.unwrap_or_else(|| block.brace_token.span.open()),
            self.open(),
        )
    }
}

/// Looks for a block-like expression that belongs to a closure itself.
struct HasBlock(bool);

impl HasBlock {
    fn any(expr: &Expr) -> bool {
        let mut found = Self(false);
        found.visit_expr(expr);
        found.0
    }
}

impl<'ast> Visit<'ast> for HasBlock {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Block(_)
            | Expr::ForLoop(_)
            | Expr::If(_)
            | Expr::Loop(_)
            | Expr::Match(_)
            | Expr::Unsafe(_)
            | Expr::While(_) => self.0 = true,
            Expr::Async(_) | Expr::Closure(_) | Expr::Const(_) => {}
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_path(&mut self, _: &'ast syn::Path) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
}
