//! `break`, `continue` and `return`: what they tell the guards of the passes that they leave.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::visit_mut::VisitMut;
use syn::{Expr, Label, Lifetime};

use super::Expander;

/// A loop or a labeled block that a jump may leave.
pub(super) struct Scope {
    label: Option<Ident>,
    /// The guard of a loop's pass.
    pass: Option<Ident>,
    /// Whether the guard was told that the pass has finished before the body's tail, which is running now.
    early: bool,
}

impl Scope {
    pub(super) fn of_loop(label: Option<&Label>, pass: Ident) -> Self {
        Self {
            label: label.map(|label| label.name.ident.clone()),
            pass: Some(pass),
            early: false,
        }
    }

    pub(super) fn is_loop(&self) -> bool {
        self.pass.is_some()
    }

    pub(super) fn finish_early(&mut self) {
        self.early = true;
    }

    /// `pass0.unfinished();`, where it was called finished too early.
    fn unfinished(&self) -> Option<TokenStream> {
        let pass = self.pass.as_ref().filter(|_| self.early)?;
        Some(quote_spanned!(Span::mixed_site()=> #pass.unfinished();))
    }

    /// `pass0.finished();`, unless that has been said.
    fn finished(&self) -> Option<TokenStream> {
        let pass = self.pass.as_ref().filter(|_| !self.early)?;
        Some(quote_spanned!(Span::mixed_site()=> #pass.finished();))
    }
}

impl Expander<'_> {
    /// Walks a block that a `break 'label` can leave.
    pub(super) fn in_scope(&mut self, label: Option<&Label>, walk: impl FnOnce(&mut Self)) {
        let scopes = self.flow.scopes.len();
        if let Some(label) = label {
            self.flow.scopes.push(Scope {
                label: Some(label.name.ident.clone()),
                pass: None,
                early: false,
            });
        }
        walk(self);
        self.flow.scopes.truncate(scopes);
    }

    /// ```text
    /// continue             { pass0.finished(); continue }
    /// break                { pass0.unfinished(); break }    // in a tail before which `finished()` stands
    /// ```
    pub(super) fn jump(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Break(e) => e
                .expr
                .iter_mut()
                .for_each(|value| self.visit_expr_mut(value)),
            Expr::Return(e) => e
                .expr
                .iter_mut()
                .for_each(|value| self.visit_expr_mut(value)),
            _ => {}
        }
        let scopes = &self.flow.scopes;
        let mut told: Vec<TokenStream> = Vec::new();
        match &*expr {
            Expr::Continue(e) => {
                if let Some(target) = self.target(e.label.as_ref()) {
                    told.extend(scopes[target + 1..].iter().filter_map(Scope::unfinished));
                    told.extend(scopes[target].finished());
                }
            }
            Expr::Break(e) => {
                let target = self.target(e.label.as_ref()).unwrap_or(0);
                told.extend(scopes[target..].iter().filter_map(Scope::unfinished));
            }
            _ => told.extend(scopes.iter().filter_map(Scope::unfinished)),
        }
        if !told.is_empty() {
            *expr = Expr::Verbatim(quote_spanned!(Span::mixed_site()=> { #(#told)* #expr }));
        }
    }

    /// The index of the scope that a jump leaves; without a label, of the innermost loop.
    fn target(&self, label: Option<&Lifetime>) -> Option<usize> {
        self.flow.scopes.iter().rposition(|scope| match label {
            Some(label) => scope.label.as_ref() == Some(&label.ident),
            None => scope.is_loop(),
        })
    }
}
