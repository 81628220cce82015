//! Which statements visibly never come to an end.
//!
//! No probe follows them: it would be dead code, and it would take the compiler's own "unreachable" warning
//! away from the statement that deserves it.

use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprLoop, Lifetime, Macro, Path, Stmt};

use crate::span;

/// Whether control never goes past `stmt`, as far as its text tells.
pub(crate) fn stmt_diverges(stmt: &Stmt) -> bool {
    // What a `#[cfg]` may take away promises nothing.
    if attrs_of(stmt).iter().any(is_cfg) {
        return false;
    }
    match stmt {
        Stmt::Local(local) => local.init.as_ref().is_some_and(|init| diverges(&init.expr)),
        Stmt::Expr(expr, _) => diverges(expr),
        Stmt::Macro(stmt) => macro_diverges(&stmt.mac),
        Stmt::Item(_) => false,
    }
}

/// Whether the value of `expr` never comes.
pub(crate) fn diverges(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Macro(e) => macro_diverges(&e.mac),
        Expr::Loop(e) => !Breaks::any(e),
        Expr::Block(e) => e.label.is_none() && block_diverges(&e.block),
        Expr::Unsafe(e) => block_diverges(&e.block),
        Expr::If(e) => {
            let both = e
                .else_branch
                .as_ref()
                .is_some_and(|(_, other)| diverges(other));
            diverges(&e.cond) || both && block_diverges(&e.then_branch)
        }
        Expr::Match(e) => {
            let arms = !e.arms.is_empty() && e.arms.iter().all(|arm| diverges(&arm.body));
            diverges(&e.expr) || arms && !e.arms.iter().any(|arm| arm.attrs.iter().any(is_cfg))
        }
        Expr::Call(e) => {
            matches!(&*e.func, Expr::Path(path) if ends_process(&path.path))
                || e.args.iter().any(diverges)
        }
        Expr::MethodCall(e) => diverges(&e.receiver) || e.args.iter().any(diverges),
        Expr::Assign(e) => diverges(&e.right),
        Expr::Group(e) => diverges(&e.expr),
        Expr::Paren(e) => diverges(&e.expr),
        Expr::Reference(e) => diverges(&e.expr),
        Expr::Try(e) => diverges(&e.expr),
        Expr::Unary(e) => diverges(&e.expr),
        _ => false,
    }
}

fn block_diverges(block: &Block) -> bool {
    block.stmts.iter().any(stmt_diverges)
}

/// `process::exit` and `abort`, by whatever path.
fn ends_process(path: &Path) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    match names.next() {
        Some(last) if last == "abort" => true,
        Some(last) if last == "exit" => names.next().is_some_and(|module| module == "process"),
        _ => false,
    }
}

/// The macros that never give a value.
const DIVERGING: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

fn macro_diverges(mac: &Macro) -> bool {
    mac.path
        .segments
        .last()
        .is_some_and(|segment| DIVERGING.iter().any(|name| segment.ident == name))
}

/// Whether a word alone may make what it stands in diverge, or is of a jump.
pub(crate) fn is_jump(word: &str) -> bool {
    matches!(word, "return" | "break" | "continue" | "exit" | "abort") || DIVERGING.contains(&word)
}

/// The outer attributes of a statement; those of an expression stand on its left end.
pub(crate) fn attrs_of(stmt: &Stmt) -> &[Attribute] {
    match stmt {
        Stmt::Local(local) => &local.attrs,
        Stmt::Macro(stmt) => &stmt.attrs,
        Stmt::Expr(expr, _) => attrs_of_expr(expr),
        Stmt::Item(_) => &[],
    }
}

fn attrs_of_expr(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Assign(e) => attrs_of_expr(&e.left),
        Expr::Binary(e) => attrs_of_expr(&e.left),
        Expr::Cast(e) => attrs_of_expr(&e.expr),
        Expr::Array(syn::ExprArray { attrs, .. })
        | Expr::Async(syn::ExprAsync { attrs, .. })
        | Expr::Await(syn::ExprAwait { attrs, .. })
        | Expr::Block(syn::ExprBlock { attrs, .. })
        | Expr::Break(syn::ExprBreak { attrs, .. })
        | Expr::Call(syn::ExprCall { attrs, .. })
        | Expr::Closure(syn::ExprClosure { attrs, .. })
        | Expr::Continue(syn::ExprContinue { attrs, .. })
        | Expr::Field(syn::ExprField { attrs, .. })
        | Expr::ForLoop(syn::ExprForLoop { attrs, .. })
        | Expr::If(syn::ExprIf { attrs, .. })
        | Expr::Index(syn::ExprIndex { attrs, .. })
        | Expr::Lit(syn::ExprLit { attrs, .. })
        | Expr::Loop(ExprLoop { attrs, .. })
        | Expr::Macro(syn::ExprMacro { attrs, .. })
        | Expr::Match(syn::ExprMatch { attrs, .. })
        | Expr::MethodCall(syn::ExprMethodCall { attrs, .. })
        | Expr::Paren(syn::ExprParen { attrs, .. })
        | Expr::Path(syn::ExprPath { attrs, .. })
        | Expr::Reference(syn::ExprReference { attrs, .. })
        | Expr::Return(syn::ExprReturn { attrs, .. })
        | Expr::Struct(syn::ExprStruct { attrs, .. })
        | Expr::Try(syn::ExprTry { attrs, .. })
        | Expr::Tuple(syn::ExprTuple { attrs, .. })
        | Expr::Unary(syn::ExprUnary { attrs, .. })
        | Expr::Unsafe(syn::ExprUnsafe { attrs, .. })
        | Expr::While(syn::ExprWhile { attrs, .. }) => attrs,
        _ => &[],
    }
}

/// Whether an attribute may take away what it stands on.
pub(crate) fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
        || attr.path().is_ident("cfg_attr")
            && matches!(&attr.meta, syn::Meta::List(list) if span::mentions(list.tokens.clone(), "cfg"))
}

/// Looks for a `break` that leaves one given loop.
struct Breaks<'a> {
    label: Option<&'a Lifetime>,
    /// Whether a loop stands in between, which takes the unlabeled ones.
    nested: bool,
    found: bool,
}

impl Breaks<'_> {
    fn any(of: &ExprLoop) -> bool {
        let label = of.label.as_ref().map(|label| &label.name);
        let mut breaks = Breaks {
            label,
            nested: false,
            found: false,
        };
        breaks.visit_block(&of.body);
        breaks.found
    }

    fn inside_loop(&mut self, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.nested, true);
        visit(self);
        self.nested = outer;
    }
}

impl<'ast> Visit<'ast> for Breaks<'_> {
    fn visit_expr_break(&mut self, node: &'ast syn::ExprBreak) {
        self.found |= match &node.label {
            Some(label) => self.label == Some(label),
            None => !self.nested,
        };
        visit::visit_expr_break(self, node);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        self.found |= span::mentions(node.tokens.clone(), "break");
    }

    fn visit_expr_loop(&mut self, node: &'ast ExprLoop) {
        self.inside_loop(|breaks| visit::visit_expr_loop(breaks, node));
    }

    fn visit_expr_while(&mut self, node: &'ast syn::ExprWhile) {
        self.inside_loop(|breaks| visit::visit_expr_while(breaks, node));
    }

    fn visit_expr_for_loop(&mut self, node: &'ast syn::ExprForLoop) {
        self.visit_expr(&node.expr);
        self.inside_loop(|breaks| breaks.visit_block(&node.body));
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
