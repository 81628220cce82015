//! What each line is to be charged, by the rules of the language and the meaning of the columns: a plain interpreter
//! that knows neither probes nor guards.

use std::collections::BTreeMap;
use std::mem;

use super::dice::Dice;
use super::program::{Arm, Block, Exit, Kind, Label, Program, Size, Stmt, Value, ValueOf, Var};
use super::raw::Header;

/// The rows of one function by line.
pub(crate) type Rows = BTreeMap<u32, Row>;

/// What one line is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) occurrences: u64,
    pub(crate) allocs: u64,
    pub(crate) frees: u64,
    pub(crate) reallocs: u64,
    pub(crate) allocated: u64,
    pub(crate) freed: u64,
}

impl Row {
    pub(crate) fn increment(&self) -> i64 {
        self.allocated as i64 - self.freed as i64
    }
}

/// What a panic itself allocates, as measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exception {
    pub(crate) allocs: u64,
    pub(crate) bytes: u64,
}

/// Runs the program's first function, and adds to `rows` what the lines of each are charged. Tells whether it panicked.
pub(crate) fn interpret(
    program: &Program,
    seed: u64,
    exception: Exception,
    rows: &mut [Rows],
) -> bool {
    let mut machine = Machine {
        program,
        exception,
        rows,
        dice: Dice::new(seed),
        kept: Vec::new(),
        open: vec![None; program.functions.len()],
        function: 0,
        depth: 0,
        scopes: Vec::new(),
        value: 0,
        in_tail: false,
    };
    matches!(machine.call(0, 0), Flow::Panic)
}

/// How a statement ends. A value, where there is one, is in the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flow {
    Next,
    Break(Label),
    Continue(Label),
    ReturnOk,
    ReturnErr,
    /// Left by `?`.
    Failed,
    Panic,
}

/// A block's variables, each with the bytes it holds.
type Scope = Vec<(Var, u64)>;

struct Machine<'a> {
    program: &'a Program,
    exception: Exception,
    rows: &'a mut [Rows],
    dice: Dice,
    kept: Vec<u64>,
    /// The open line of each function, if it is running.
    open: Vec<Option<u32>>,
    /// The function that is running, and how deep it was called.
    function: usize,
    depth: u32,
    scopes: Vec<Scope>,
    /// Bytes that the value just made holds.
    value: u64,
    /// Whether the pass that ended last was left from its tail.
    in_tail: bool,
}

impl Machine<'_> {
    /// Charges the open line of every function that is running: a call belongs to its caller's line, too.
    fn charge(&mut self, charge: impl Fn(&mut Row)) {
        for (open, rows) in self.open.iter().zip(self.rows.iter_mut()) {
            if let Some(line) = open {
                charge(rows.entry(*line).or_default());
            }
        }
    }

    fn alloc(&mut self, bytes: u64) {
        if bytes > 0 {
            self.charge(|row| {
                row.allocs += 1;
                row.allocated += bytes;
            });
        }
    }

    fn free(&mut self, bytes: u64) {
        if bytes > 0 {
            self.charge(|row| {
                row.frees += 1;
                row.freed += bytes;
            });
        }
    }

    fn resize(&mut self, var: Var, bytes: u64) {
        let old = mem::replace(self.held(var), bytes);
        match (old, bytes) {
            (0, _) => self.alloc(bytes),
            (_, 0) => self.free(old),
            _ => self.charge(|row| {
                row.reallocs += 1;
                row.allocated += bytes.saturating_sub(old);
                row.freed += old.saturating_sub(bytes);
            }),
        }
    }

    /// A line of the running function begins, or goes on where it does not count.
    fn turn(&mut self, line: u32, count: u64) {
        self.open[self.function] = Some(line);
        self.rows[self.function]
            .entry(line)
            .or_default()
            .occurrences += count;
    }

    fn goes_on(&mut self, line: u32) {
        self.turn(line, 0);
    }

    fn bytes(&self, Size { base, deep }: Size) -> u64 {
        base + if deep { u64::from(self.depth) } else { 0 }
    }

    fn make(&mut self, size: Size) -> u64 {
        let bytes = self.bytes(size);
        self.alloc(bytes);
        bytes
    }

    fn held(&mut self, var: Var) -> &mut u64 {
        let mut all = self.scopes.iter_mut().rev().flatten();
        all.find(|(known, _)| *known == var)
            .map(|(_, bytes)| bytes)
            .expect("the variable is in scope")
    }

    fn bind(&mut self, var: Var, bytes: u64) {
        self.scopes
            .last_mut()
            .expect("there is a block")
            .push((var, bytes));
    }

    fn take_out(&mut self, var: Var) -> u64 {
        let bytes = *self.held(var);
        self.scopes
            .iter_mut()
            .for_each(|scope| scope.retain(|(known, _)| *known != var));
        bytes
    }

    fn leave_scope(&mut self) {
        for (_, bytes) in self.scopes.pop().into_iter().flatten().rev() {
            self.free(bytes);
        }
    }

    /// Calls a function: `Next` where it returned a value.
    fn call(&mut self, function: usize, depth: u32) -> Flow {
        let program = self.program;
        let outer = (
            self.function,
            self.depth,
            mem::take(&mut self.scopes),
            self.open[function],
        );
        (self.function, self.depth) = (function, depth);
        self.turn(program.functions[function].first, 1);
        let flow = self.frame(&program.functions[function].body, false);
        self.open[function] = outer.3;
        (self.function, self.depth, self.scopes) = (outer.0, outer.1, outer.2);
        flow
    }

    /// A closure that is called in place: its first line counts when it is entered.
    fn closure(&mut self, body: &Block) -> Flow {
        let outer = self.open[self.function];
        let first = body
            .stmts
            .first()
            .map(|stmt| stmt.line)
            .or(body.value.as_ref().map(|value| value.line));
        self.turn(first.expect("a closure has a value"), 1);
        let flow = self.frame(body, true);
        self.open[self.function] = outer;
        flow
    }

    fn frame(&mut self, body: &Block, entered: bool) -> Flow {
        match self.block(body, entered) {
            Flow::Next | Flow::ReturnOk => Flow::Next,
            Flow::ReturnErr => Flow::Failed,
            other => other,
        }
    }

    /// Runs a block. Its brace is a line where it has locals: it comes last, also when a tail is left early.
    fn block(&mut self, block: &Block, entered: bool) -> Flow {
        self.scopes.push(Vec::new());
        let mut flow = Flow::Next;
        let mut in_tail = false;
        for (at, stmt) in block.stmts.iter().enumerate() {
            if at > 0 || !entered {
                self.turn(stmt.line, 1);
            }
            in_tail = block.ends_in_tail && at + 1 == block.stmts.len();
            flow = self.statement(stmt);
            if flow != Flow::Next {
                break;
            }
        }
        if let (Flow::Next, Some(value)) = (flow, &block.value) {
            if !entered || !block.stmts.is_empty() {
                self.turn(value.line, 1);
            }
            self.value = self.evaluate(value);
        }
        if block.has_locals() && (in_tail || flow == Flow::Next) {
            self.turn(block.brace, 1);
        }
        self.leave_scope();
        self.in_tail = in_tail && block.has_locals() && block.ends_pass;
        flow
    }

    fn evaluate(&mut self, value: &Value) -> u64 {
        match value.of {
            ValueOf::New(size) => self.make(size),
            ValueOf::Moved(var) => self.take_out(var),
        }
    }

    fn statement(&mut self, Stmt { line, kind }: &Stmt) -> Flow {
        let line = *line;
        match kind {
            Kind::Let { var, size } => {
                let bytes = self.make(*size);
                self.bind(*var, bytes);
            }
            Kind::Take { var, from } => {
                let bytes = mem::take(self.held(*from));
                self.bind(*var, bytes);
            }
            Kind::Drop(var) => {
                let bytes = self.take_out(*var);
                self.free(bytes);
            }
            Kind::Keep(var) => {
                let bytes = self.take_out(*var);
                self.kept.push(bytes);
            }
            Kind::Grow(var, size) => {
                let bytes = *self.held(*var);
                if *size > bytes {
                    self.resize(*var, *size);
                }
            }
            Kind::Shrink(var, size) => {
                let bytes = *self.held(*var);
                if *size < bytes {
                    self.resize(*var, *size);
                }
            }
            Kind::Temporary(size) => {
                let bytes = self.make(*size);
                self.free(bytes);
            }
            Kind::HandOut(size) => {
                let bytes = self.make(*size);
                self.kept.push(bytes);
            }
            Kind::Free => {
                let bytes = self.kept.pop().unwrap_or_default();
                self.free(bytes);
            }
            Kind::If {
                branches,
                otherwise,
                into,
            } => {
                let mut taken = otherwise.as_ref();
                for (at, branch) in branches.iter().enumerate() {
                    if at > 0 {
                        self.turn(branch.line, 1);
                    }
                    if self.dice.flip(branch.salt) {
                        taken = Some(&branch.then);
                        break;
                    }
                }
                let flow = taken.map_or(Flow::Next, |block| self.block(block, false));
                return self.bound_to(flow, *into, line);
            }
            Kind::IfLet {
                var,
                then,
                otherwise,
            } => return self.if_let(*var, then, otherwise.as_ref(), line),
            Kind::LetElse { var, otherwise } => match self.kept.pop() {
                Some(bytes) => self.bind(*var, bytes),
                None => return self.block(otherwise, false),
            },
            Kind::Match { salt, arms, into } => {
                let arm = &arms[self.dice.pick(arms.len() as u32, *salt) as usize];
                let flow = match arm {
                    Arm::Block(block) => self.block(block, false),
                    Arm::Line(own, size) => {
                        self.turn(*own, 1);
                        self.value = self.make(*size);
                        if into.is_none() {
                            self.free(self.value);
                        }
                        Flow::Next
                    }
                };
                // The scrutinee's temporaries die at the end of the `match`, on its line.
                self.goes_on(line);
                return self.bound_to(flow, *into, line);
            }
            Kind::Block { label, body, into } => {
                let flow = match self.block(body, false) {
                    Flow::Break(left) if Some(left) == *label => Flow::Next,
                    flow => flow,
                };
                return self.bound_to(flow, *into, line);
            }
            Kind::Loop {
                label,
                header,
                salt,
                var,
                body,
                into,
            } => {
                let flow = self.passes(*label, *header, *salt, *var, body, line);
                return self.bound_to(flow, *into, line);
            }
            Kind::Exit(exit) => return self.exit(exit),
            Kind::Fail(salt) => {
                if self.dice.rare(*salt) {
                    return Flow::Failed;
                }
            }
            Kind::Trip(salt) => {
                if self.dice.rare(*salt) {
                    let Exception { allocs, bytes } = self.exception;
                    self.charge(|row| {
                        row.allocs += allocs;
                        row.allocated += bytes;
                    });
                    return Flow::Panic;
                }
            }
            Kind::Call { function, into } => {
                self.value = 0;
                let flow = if self.dice.go(self.depth) {
                    self.call(*function, self.depth + 1)
                } else {
                    Flow::Next
                };
                return self.called(flow, *into, line);
            }
            Kind::Closure { body, into } => {
                let flow = self.closure(body);
                return self.called(flow, *into, line);
            }
        }
        Flow::Next
    }

    /// A `let` goes on once the blocks in its value have ended, however they end.
    fn bound_to(&mut self, flow: Flow, into: Option<Var>, line: u32) -> Flow {
        if let Some(var) = into {
            self.goes_on(line);
            if flow == Flow::Next {
                self.bind(var, self.value);
            }
        }
        flow
    }

    /// What becomes of a call: `let v = f()?`, or, without a variable, a call whose panic is caught.
    fn called(&mut self, flow: Flow, into: Option<Var>, line: u32) -> Flow {
        if into.is_some() {
            return self.bound_to(flow, into, line);
        }
        match flow {
            Flow::Next => self.free(self.value),
            Flow::Panic => {
                let Exception { allocs, bytes } = self.exception;
                self.charge(|row| {
                    row.frees += allocs;
                    row.freed += bytes;
                });
            }
            _ => {}
        }
        Flow::Next
    }

    fn if_let(&mut self, var: Var, then: &Block, otherwise: Option<&Block>, line: u32) -> Flow {
        let Some(bytes) = self.kept.pop() else {
            let flow = otherwise.map_or(Flow::Next, |block| self.block(block, false));
            self.goes_on(line);
            return flow;
        };
        self.scopes.push(vec![(var, bytes)]);
        let flow = self.block(then, false);
        self.goes_on(line);
        self.leave_scope(); // what the pattern bound dies on the line of the `if`
        flow
    }

    fn passes(
        &mut self,
        label: Label,
        header: Header,
        salt: u32,
        var: Option<Var>,
        body: &Block,
        line: u32,
    ) -> Flow {
        let mut ahead = match header {
            Header::Each(count, size) => vec![u64::from(size); usize::from(count)],
            _ => Vec::new(),
        };
        let array = size_of::<Vec<u8>>() as u64 * ahead.len() as u64;
        self.alloc(array);
        ahead.iter().for_each(|bytes| self.alloc(*bytes));
        let mut pass = 0;
        let flow = loop {
            let (again, bound) = match header {
                Header::Range(count) => (pass < count, None),
                Header::Each(..) => {
                    let next = ahead.pop();
                    (next.is_some(), next)
                }
                Header::While => (self.dice.flip(salt), None),
                Header::WhileLet => {
                    let next = self.kept.pop();
                    (next.is_some(), next)
                }
                Header::Endless => (true, None),
            };
            if !again {
                break Flow::Next;
            }
            pass += 1;
            self.scopes.push(var.zip(bound).into_iter().collect());
            self.in_tail = false;
            let flow = self.block(body, false);
            // NOTE: a tail that leaves temporaries cannot be followed by a probe without changing when they die, so
            // that its pass is counted before it. What leaves it without a word, `?` or a panic, counts a test more.
            let unseen = self.in_tail && matches!(flow, Flow::Failed | Flow::Panic);
            let finished = flow == Flow::Next || flow == Flow::Continue(label);
            self.turn(line, u64::from(finished || unseen));
            self.leave_scope(); // what the pattern bound
            if !finished {
                break if flow == Flow::Break(label) {
                    Flow::Next
                } else {
                    flow
                };
            }
        };
        ahead.iter().for_each(|bytes| self.free(*bytes));
        self.free(array);
        flow
    }

    fn exit(&mut self, exit: &Exit) -> Flow {
        match exit {
            Exit::Break(label, size) => {
                if let Some(size) = size {
                    self.value = self.make(*size);
                }
                Flow::Break(*label)
            }
            Exit::Continue(label) => Flow::Continue(*label),
            Exit::ReturnOk(size) => {
                self.value = self.make(*size);
                Flow::ReturnOk
            }
            Exit::ReturnErr => Flow::ReturnErr,
        }
    }
}
