//! A generated program: each statement with the line it stands on, so that an interpreter can tell what each line
//! is to be charged.

use super::raw::Header;

/// A variable; no two of a program share a number.
pub(crate) type Var = u32;

/// A loop or a labeled block.
pub(crate) type Label = u32;

#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) source: String,
    pub(crate) functions: Vec<Function>,
}

#[derive(Debug)]
pub(crate) struct Function {
    /// The attribute's line.
    pub(crate) first: u32,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) value: Option<Value>,
    /// Line of the closing brace.
    pub(crate) brace: u32,
    /// Whether the last statement is what the language calls the block's tail, and the brace's line is to be
    /// opened once it is left.
    pub(crate) ends_in_tail: bool,
    /// Whether that tail ends a loop's pass.
    pub(crate) ends_pass: bool,
}

#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) line: u32,
    pub(crate) kind: Kind,
}

/// A block's value on a line of its own.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) line: u32,
    pub(crate) of: ValueOf,
}

#[derive(Debug)]
pub(crate) enum ValueOf {
    New(Size),
    Moved(Var),
}

/// Bytes of an allocation: `base`, and one for each level of recursion where `deep`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) base: u64,
    pub(crate) deep: bool,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Let {
        var: Var,
        size: Size,
    },
    Take {
        var: Var,
        from: Var,
    },
    Drop(Var),
    Keep(Var),
    Grow(Var, u64),
    Shrink(Var, u64),
    Temporary(Size),
    HandOut(Size),
    Free,
    If {
        branches: Vec<Branch>,
        otherwise: Option<Block>,
        into: Option<Var>,
    },
    IfLet {
        var: Var,
        then: Block,
        otherwise: Option<Block>,
    },
    LetElse {
        var: Var,
        otherwise: Block,
    },
    Match {
        salt: u32,
        arms: Vec<Arm>,
        into: Option<Var>,
    },
    Block {
        label: Option<Label>,
        body: Block,
        into: Option<Var>,
    },
    Loop {
        label: Label,
        header: Header,
        salt: u32,
        var: Option<Var>,
        body: Block,
        into: Option<Var>,
    },
    Exit(Exit),
    Fail(u32),
    Trip(u32),
    Call {
        function: usize,
        into: Option<Var>,
    },
    Closure {
        body: Block,
        into: Option<Var>,
    },
}

/// One condition of an `if` chain and its block.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) line: u32,
    pub(crate) salt: u32,
    pub(crate) then: Block,
}

#[derive(Debug)]
pub(crate) enum Arm {
    Block(Block),
    Line(u32, Size),
}

#[derive(Debug)]
pub(crate) enum Exit {
    Break(Label, Option<Size>),
    Continue(Label),
    ReturnOk(Size),
    ReturnErr,
}

impl Block {
    /// Whether the block has `let`s, and its closing brace a row.
    pub(crate) fn has_locals(&self) -> bool {
        self.stmts.iter().any(|stmt| stmt.kind.is_let())
    }

    fn diverges(&self) -> bool {
        self.stmts.iter().any(|stmt| stmt.kind.diverges())
    }
}

impl Kind {
    fn is_let(&self) -> bool {
        match self {
            Self::Let { .. } | Self::Take { .. } | Self::LetElse { .. } => true,
            Self::If { into, .. }
            | Self::Match { into, .. }
            | Self::Block { into, .. }
            | Self::Loop { into, .. }
            | Self::Call { into, .. }
            | Self::Closure { into, .. } => into.is_some(),
            _ => false,
        }
    }

    /// Whether the text itself tells that control never goes past.
    pub(crate) fn diverges(&self) -> bool {
        match self {
            Self::Exit(_) => true,
            Self::If {
                branches,
                otherwise: Some(otherwise),
                ..
            } => otherwise.diverges() && branches.iter().all(|branch| branch.then.diverges()),
            Self::IfLet {
                then,
                otherwise: Some(otherwise),
                ..
            } => then.diverges() && otherwise.diverges(),
            Self::Match { arms, .. } => arms
                .iter()
                .all(|arm| matches!(arm, Arm::Block(block) if block.diverges())),
            Self::Block {
                label: None, body, ..
            } => body.diverges(),
            _ => false,
        }
    }

    /// Whether the statement is written without a semicolon, and so is the tail where it comes last.
    pub(crate) fn is_block_like(&self) -> bool {
        match self {
            Self::IfLet { .. } => true,
            Self::If { into, .. }
            | Self::Match { into, .. }
            | Self::Block { into, .. }
            | Self::Loop { into, .. } => into.is_none(),
            _ => false,
        }
    }

    /// Whether temporaries of the expression live until its end: those of a scrutinee.
    pub(crate) fn leaves_temporaries(&self) -> bool {
        match self {
            Self::IfLet { .. } | Self::Match { .. } => true,
            Self::Block { body, .. } => {
                let last = body.stmts.last().map(|stmt| &stmt.kind);
                last.is_some_and(|kind| kind.is_block_like() && kind.leaves_temporaries())
            }
            _ => false,
        }
    }
}
