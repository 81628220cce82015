//! Whether an expression may leave temporaries behind, whose drop comes after it.
//!
//! Both questions err towards yes: a macro may hold anything.

use syn::{BinOp, Block, Expr, Stmt, UnOp};

/// Whether temporaries may still live once `expr` has given its value.
pub(crate) fn left_by(expr: &Expr) -> bool {
    match expr {
        Expr::Async(_)
        | Expr::Closure(_)
        | Expr::Const(_)
        | Expr::Continue(_)
        | Expr::Infer(_)
        | Expr::Lit(_) => false,
        // Conditions and bodies drop their own; only a scrutinee's live on.
        Expr::If(e) => left_by_condition(&e.cond),
        Expr::Loop(_) | Expr::While(_) => false,
        Expr::Match(e) => left_by_place(&e.expr),
        Expr::ForLoop(e) => left_by(&e.expr),
        Expr::Block(e) => left_by_block(&e.block),
        Expr::Unsafe(e) => left_by_block(&e.block),
        Expr::Array(e) => e.elems.iter().any(left_by),
        Expr::Tuple(e) => e.elems.iter().any(left_by),
        Expr::Call(e) => left_by(&e.func) || e.args.iter().any(left_by),
        Expr::MethodCall(e) => left_by_place(&e.receiver) || e.args.iter().any(left_by),
        Expr::Assign(e) => left_by_place(&e.left) || left_by(&e.right),
        // The right side of a lazy operator drops its own.
        Expr::Binary(e) if matches!(e.op, BinOp::And(_) | BinOp::Or(_)) => left_by(&e.left),
        Expr::Binary(e) if is_comparison(e.op) => left_by_place(&e.left) || left_by_place(&e.right),
        Expr::Binary(e) => left_by(&e.left) || left_by(&e.right),
        Expr::Unary(e) if !matches!(e.op, UnOp::Deref(_)) => left_by(&e.expr),
        Expr::Break(e) => e.expr.as_deref().is_some_and(left_by),
        Expr::Return(e) => e.expr.as_deref().is_some_and(left_by),
        Expr::Cast(e) => left_by(&e.expr),
        Expr::Group(e) => left_by(&e.expr),
        Expr::Paren(e) => left_by(&e.expr),
        Expr::Try(e) => left_by(&e.expr),
        Expr::Range(e) => e.start.iter().chain(&e.end).any(|end| left_by(end)),
        Expr::Repeat(e) => left_by(&e.expr),
        Expr::Struct(e) => {
            e.fields.iter().any(|field| left_by(&field.expr))
                || e.rest.as_deref().is_some_and(left_by_place)
        }
        _ => left_by_place(expr),
    }
}

/// The same where `expr` is looked at in its place, as a scrutinee or a receiver is: then a value that is
/// computed becomes a temporary itself.
pub(crate) fn left_by_place(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) => false,
        Expr::Field(e) => left_by_place(&e.base),
        Expr::Group(e) => left_by_place(&e.expr),
        Expr::Index(e) => left_by_place(&e.expr) || left_by(&e.index),
        Expr::Paren(e) => left_by_place(&e.expr),
        Expr::RawAddr(e) => left_by_place(&e.expr),
        Expr::Reference(e) => left_by_place(&e.expr),
        Expr::Unary(e) if matches!(e.op, UnOp::Deref(_)) => left_by_place(&e.expr),
        _ => true,
    }
}

/// The same for the condition of an `if`: only what a `let` looks at outlives the condition.
pub(crate) fn left_by_condition(cond: &Expr) -> bool {
    match cond {
        Expr::Let(e) => left_by_place(&e.expr),
        Expr::Binary(e) if matches!(e.op, BinOp::And(_)) => {
            left_by_condition(&e.left) || left_by_condition(&e.right)
        }
        _ => false,
    }
}

/// The temporaries of a tail may outlive its block, depending on the edition.
fn left_by_block(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(tail, None)) => left_by(tail),
        Some(Stmt::Macro(tail)) => tail.semi_token.is_none(),
        _ => false,
    }
}

fn is_comparison(op: BinOp) -> bool {
    matches!(
        op,
        BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
    )
}
