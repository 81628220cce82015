//! Loops: the header's line counts each test, or each call of `next()`.

use proc_macro2::{Ident, Span};
use quote::{format_ident, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, Label};

use super::block::End;
use super::jump::Scope;
use super::{Expander, FRAME, insert_first};

impl Expander<'_> {
    /// The line that is open stands for the header; it has counted the first test already. Each pass has a
    /// guard, whose drop opens the header again and, once told that the pass has finished, counts another
    /// test: one that was left by `break`, `return`, `?` or a panic has no test after it.
    ///
    /// ```text
    /// while test() {           while test() {
    ///                              let pass0 = frame.pass(1);
    ///     let a = f();             frame.line(2); let a = f();
    ///     if a { continue }        frame.line(3); if a { { pass0.finished(); continue } }
    ///     g(a)                     frame.line(4); { g(a) }
    ///                              frame.line(5);  // the brace: `a` dies here
    ///                              pass0.finished();
    /// }                        }
    /// ```
    pub(super) fn loop_expr(&mut self, expr: &mut Expr) {
        match expr {
            // A loop that only spins has nothing to tell.
            Expr::Loop(e) if !e.body.stmts.is_empty() => {
                self.passes(e.label.as_ref(), &mut e.body);
            }
            Expr::While(e) => {
                self.visit_expr_mut(&mut e.cond);
                self.flow.calm = true;
                self.passes(e.label.as_ref(), &mut e.body);
            }
            Expr::ForLoop(e) => {
                self.visit_expr_mut(&mut e.expr);
                self.flow.calm = true;
                self.passes(e.label.as_ref(), &mut e.body);
            }
            _ => {}
        }
    }

    fn passes(&mut self, label: Option<&Label>, body: &mut Block) {
        let line = self.open();
        let pass = self.pass_ident();
        let around = std::mem::replace(&mut self.flow.around, line);
        self.flow.scopes.push(Scope::of_loop(label, pass.clone()));
        self.statements(body, &End::Pass(pass.clone()));
        self.flow.scopes.pop();
        self.flow.around = around;
        self.flow.open = Some(line);

        let (frame, slot) = (FRAME.ident(), self.site.slot(line));
        let guard = quote_spanned!(Span::mixed_site()=> let #pass = #frame.pass(#slot););
        insert_first(&mut body.stmts, guard);
    }

    /// Loops within loops have guards of different names, since a `continue` may name an outer one.
    fn pass_ident(&self) -> Ident {
        let depth = self
            .flow
            .scopes
            .iter()
            .filter(|scope| scope.is_loop())
            .count();
        format_ident!("pass{depth}", span = Span::mixed_site())
    }
}
