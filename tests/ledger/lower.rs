//! From shapes to a program: settles names, gives every statement a line, and writes the source.

use super::program::{
    Arm, Block, Branch, Exit, Function, Kind, Label, Program, Size, Stmt, Value, ValueOf, Var,
};
use super::raw::{self, Body, Form, Header, Raw};

/// Writes the program that `bodies` stand for.
pub(crate) fn lower(bodies: &[Body]) -> Program {
    let mut lowering = Lowering {
        functions: bodies.len(),
        ..Lowering::default()
    };
    lowering.text("#![allow(warnings)]");
    lowering.text("use crate::support::{Context, Out, Stop, attempt, with};");
    lowering.text("use memline::profile;");
    for (index, body) in bodies.iter().enumerate() {
        lowering.text("");
        let first = lowering.text("#[profile]");
        lowering.text(&format!(
            "pub fn f{index}(out: &mut Context, depth: u32) -> Out {{"
        ));
        let body = lowering.block(body, End::Returned, &[]);
        lowering.text("}");
        lowering.program.functions.push(Function { first, body });
    }
    lowering.program
}

#[derive(Default)]
struct Lowering {
    program: Program,
    lines: u32,
    indent: usize,
    /// The variables of each block around, outermost first.
    scopes: Vec<Vec<Named>>,
    targets: Vec<Target>,
    numbers: u32,
    functions: usize,
}

#[derive(Clone, Copy)]
struct Named {
    var: Var,
    is_vec: bool,
}

#[derive(Clone)]
struct Target {
    label: Label,
    is_loop: bool,
    named: bool,
    valued: bool,
}

/// What a block ends with.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Nothing,
    /// A `Vec` made on the last line.
    Valued,
    /// `Ok(…)` on the last line.
    Returned,
    /// The end of a loop's pass.
    Pass,
}

impl Lowering {
    /// Writes one line and gives its number.
    fn text(&mut self, text: &str) -> u32 {
        self.lines += 1;
        let source = &mut self.program.source;
        source.push_str(&"    ".repeat(self.indent));
        source.push_str(text);
        source.push('\n');
        self.lines
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// A block's inside; `bound` are the variables of a pattern before it. The caller writes the braces.
    fn block(&mut self, raw: &[Raw], end: End, bound: &[Var]) -> Block {
        self.block_after(Vec::new(), raw, end, bound)
    }

    fn block_after(&mut self, stmts: Vec<Stmt>, raw: &[Raw], end: End, bound: &[Var]) -> Block {
        self.indent += 1;
        self.scopes.push(
            bound
                .iter()
                .map(|&var| Named { var, is_vec: true })
                .collect(),
        );
        let mut block = Block {
            stmts,
            value: None,
            brace: 0,
            ends_in_tail: false,
            ends_pass: end == End::Pass,
        };
        for raw in raw {
            block.stmts.extend(self.statement(raw));
        }
        block.value = match end {
            End::Nothing | End::Pass => None,
            End::Valued => Some(self.new_value("{}")),
            End::Returned => Some(self.returned()),
        };
        let locals = block.has_locals();
        block.ends_in_tail = block.value.is_none()
            && block.stmts.last().is_some_and(|Stmt { kind, .. }| {
                let kept = end != End::Pass || locals && kind.leaves_temporaries();
                kept && kind.is_block_like() && !kind.diverges()
            });
        self.scopes.pop();
        self.indent -= 1;
        block.brace = self.lines + 1;
        block
    }

    fn new_value(&mut self, around: &str) -> Value {
        let size = Size {
            base: u64::from(self.number() % 50),
            deep: true,
        };
        let line = self.text(&around.replace("{}", &new_vec(size)));
        Value {
            line,
            of: ValueOf::New(size),
        }
    }

    /// The end of a function or a closure hands out one of its own variables, where it has one.
    fn returned(&mut self) -> Value {
        let own = self
            .scopes
            .last()
            .and_then(|scope| scope.iter().rfind(|named| named.is_vec));
        match own {
            Some(&Named { var, .. }) => Value {
                line: self.text(&format!("Ok(v{var})")),
                of: ValueOf::Moved(var),
            },
            None => self.new_value("Ok({})"),
        }
    }

    fn declare(&mut self, is_vec: bool) -> Var {
        let var = self.number();
        self.introduce(var, is_vec);
        var
    }

    fn introduce(&mut self, var: Var, is_vec: bool) {
        self.scopes
            .last_mut()
            .expect("there is a block")
            .push(Named { var, is_vec });
    }

    /// A `Vec` in scope.
    fn find(&self, pick: usize) -> Option<Var> {
        let mut all = self.scopes.iter().flatten().filter(|named| named.is_vec);
        let count = all.clone().count();
        all.nth(pick.checked_rem(count)?).map(|named| named.var)
    }

    /// Takes a variable of the innermost block out of scope.
    fn consume(&mut self, pick: usize, vecs_only: bool) -> Option<Var> {
        let scope = self.scopes.last_mut()?;
        let fits: Vec<usize> = (0..scope.len())
            .filter(|&at| scope[at].is_vec || !vecs_only)
            .collect();
        let at = *fits.get(pick.checked_rem(fits.len())?)?;
        Some(scope.remove(at).var)
    }

    fn statement(&mut self, raw: &Raw) -> Option<Stmt> {
        let simple = |this: &mut Self, text: String, kind: Kind| {
            Some(Stmt {
                line: this.text(&text),
                kind,
            })
        };
        match raw {
            Raw::Let { kind, size } => {
                let (mut size, is_vec) = (sized(*size), kind % 3 == 0);
                let var = self.declare(is_vec);
                let init = match kind % 3 {
                    0 => new_vec(size),
                    1 => format!("String::with_capacity({})", size_text(size)),
                    _ => {
                        size.deep = false;
                        format!("Box::new([0u8; {}])", size.base)
                    }
                };
                simple(
                    self,
                    format!("let mut v{var} = {init};"),
                    Kind::Let { var, size },
                )
            }
            Raw::Take(pick) => {
                let from = self.find(*pick)?;
                let var = self.declare(true);
                simple(
                    self,
                    format!("let mut v{var} = std::mem::take(&mut v{from});"),
                    Kind::Take { var, from },
                )
            }
            Raw::Drop(pick) => {
                let var = self.consume(*pick, false)?;
                simple(self, format!("drop(v{var});"), Kind::Drop(var))
            }
            Raw::Keep(pick) => {
                let var = self.consume(*pick, true)?;
                simple(self, format!("out.keep(v{var});"), Kind::Keep(var))
            }
            Raw::Grow(pick, size) => {
                let var = self.find(*pick)?;
                simple(
                    self,
                    format!("v{var}.reserve_exact({size});"),
                    Kind::Grow(var, u64::from(*size)),
                )
            }
            Raw::Shrink(pick, size) => {
                let var = self.find(*pick)?;
                simple(
                    self,
                    format!("v{var}.shrink_to({size});"),
                    Kind::Shrink(var, u64::from(*size)),
                )
            }
            Raw::Temporary(size) => {
                let size = sized(*size);
                simple(
                    self,
                    format!("drop(vec![0u8; {}]);", size_text(size)),
                    Kind::Temporary(size),
                )
            }
            Raw::HandOut(size) => {
                let size = sized(*size);
                simple(
                    self,
                    format!("out.keep({});", new_vec(size)),
                    Kind::HandOut(size),
                )
            }
            Raw::Free => simple(self, "drop(out.pop());".to_owned(), Kind::Free),
            Raw::If {
                branches,
                otherwise,
                value,
            } => Some(self.if_chain(branches, otherwise.as_deref(), *value)),
            Raw::IfLet { then, otherwise } => {
                let var = self.number();
                let line = self.text(&format!("if let Some(mut v{var}) = out.pop() {{"));
                let then = self.block(then, End::Nothing, &[var]);
                let otherwise = self.otherwise(otherwise.as_deref(), End::Nothing);
                self.text("}");
                Some(Stmt {
                    line,
                    kind: Kind::IfLet {
                        var,
                        then,
                        otherwise,
                    },
                })
            }
            Raw::LetElse { otherwise, exit } => {
                let var = self.number();
                let line = self.text(&format!("let Some(mut v{var}) = out.pop() else {{"));
                let mut raw = otherwise.clone();
                raw.push(Raw::Exit {
                    exit: *exit,
                    conditional: false,
                });
                let otherwise = self.block(&raw, End::Nothing, &[]);
                self.text("};");
                self.introduce(var, true);
                Some(Stmt {
                    line,
                    kind: Kind::LetElse { var, otherwise },
                })
            }
            Raw::Match { arms, value } => Some(self.match_arms(arms, *value)),
            Raw::Block { form, body, value } => Some(self.plain_block(*form, body, *value)),
            Raw::Loop {
                header,
                label,
                body,
                value,
            } => Some(self.loop_of(*header, *label, body, *value)),
            Raw::Exit {
                exit,
                conditional: true,
            } => Some(self.only_if(Raw::Exit {
                exit: *exit,
                conditional: false,
            })),
            Raw::Exit {
                exit,
                conditional: false,
            } => Some(self.exit(*exit)),
            Raw::Fail => {
                let salt = self.number();
                simple(self, format!("out.fail({salt})?;"), Kind::Fail(salt))
            }
            Raw::Trip => {
                let salt = self.number();
                simple(self, format!("out.trip({salt});"), Kind::Trip(salt))
            }
            Raw::Call { function, caught } => {
                let function = function % self.functions;
                let call = format!("f{function}(out, depth + 1)");
                if *caught {
                    let text = format!("if out.go(depth) {{ attempt(out, |out| {call}); }};");
                    return simple(
                        self,
                        text,
                        Kind::Call {
                            function,
                            into: None,
                        },
                    );
                }
                let var = self.declare(true);
                let text = format!(
                    "let mut v{var} = if out.go(depth) {{ {call}? }} else {{ Vec::new() }};"
                );
                simple(
                    self,
                    text,
                    Kind::Call {
                        function,
                        into: Some(var),
                    },
                )
            }
            Raw::Closure { body, caught } => Some(self.closure(body, *caught)),
        }
    }

    /// Begins a statement whose value may go into a variable: the variable, and what is written before.
    fn into(&mut self, value: bool) -> (Option<Var>, String, End, &'static str) {
        if !value {
            return (None, String::new(), End::Nothing, "}");
        }
        let var = self.number();
        (Some(var), format!("let mut v{var} = "), End::Valued, "};")
    }

    fn finish(&mut self, line: u32, close: &str, into: Option<Var>, kind: Kind) -> Stmt {
        self.text(close);
        if let Some(var) = into {
            self.introduce(var, true);
        }
        Stmt { line, kind }
    }

    fn otherwise(&mut self, raw: Option<&[Raw]>, end: End) -> Option<Block> {
        let raw = raw?;
        self.text("} else {");
        Some(self.block(raw, end, &[]))
    }

    fn if_chain(&mut self, raw: &[Body], otherwise: Option<&[Raw]>, value: bool) -> Stmt {
        let (into, prefix, end, close) = self.into(value);
        let mut branches = Vec::new();
        for (at, body) in raw.iter().enumerate() {
            let salt = self.number();
            let start = if at == 0 { prefix.as_str() } else { "} else " };
            let line = self.text(&format!("{start}if out.flip({salt}) {{"));
            let then = self.block(body, end, &[]);
            branches.push(Branch { line, salt, then });
        }
        let otherwise = if value {
            otherwise.or(Some(&[]))
        } else {
            otherwise
        };
        let otherwise = self.otherwise(otherwise, end);
        self.finish(
            branches[0].line,
            close,
            into,
            Kind::If {
                branches,
                otherwise,
                into,
            },
        )
    }

    /// A statement under a condition of its own.
    fn only_if(&mut self, raw: Raw) -> Stmt {
        self.if_chain(&[vec![raw]], None, false)
    }

    fn match_arms(&mut self, raw: &[raw::Arm], value: bool) -> Stmt {
        let (into, prefix, end, close) = self.into(value);
        let salt = self.number();
        let line = self.text(&format!("{prefix}match out.pick({}, {salt}) {{", raw.len()));
        self.indent += 1;
        let mut arms = Vec::new();
        for (at, arm) in raw.iter().enumerate() {
            let pattern = if at + 1 == raw.len() {
                "_".to_owned()
            } else {
                at.to_string()
            };
            arms.push(match arm {
                raw::Arm::Block(body) => {
                    self.text(&format!("{pattern} => {{"));
                    let block = self.block(body, end, &[]);
                    self.text("}");
                    Arm::Block(block)
                }
                raw::Arm::Line(size) => {
                    let size = sized(*size);
                    let new = new_vec(size);
                    let text = if value {
                        format!("{pattern} => {new},")
                    } else {
                        format!("{pattern} => drop({new}),")
                    };
                    Arm::Line(self.text(&text), size)
                }
            });
        }
        self.indent -= 1;
        self.finish(line, close, into, Kind::Match { salt, arms, into })
    }

    fn plain_block(&mut self, form: Form, raw: &[Raw], value: bool) -> Stmt {
        let (into, prefix, end, close) = self.into(value);
        let label = (form == Form::Labeled).then(|| self.number());
        let line = match (form, label) {
            (Form::Unsafe, _) => self.text(&format!("{prefix}unsafe {{")),
            (_, Some(label)) => self.text(&format!("{prefix}'l{label}: {{")),
            (_, None) => self.text(&format!("{prefix}{{")),
        };
        self.targets.extend(label.map(|label| Target {
            label,
            is_loop: false,
            named: true,
            valued: value,
        }));
        let body = self.block(raw, end, &[]);
        self.targets
            .truncate(self.targets.len() - usize::from(label.is_some()));
        self.finish(line, close, into, Kind::Block { label, body, into })
    }

    fn loop_of(&mut self, header: Header, named: bool, raw: &[Raw], value: bool) -> Stmt {
        let value = value && header == Header::Endless;
        let (into, mut prefix, _, close) = self.into(value);
        let (label, salt) = (self.number(), self.number());
        if named {
            prefix.push_str(&format!("'l{label}: "));
        }
        let var = matches!(header, Header::Each(..) | Header::WhileLet).then(|| self.number());
        let name = var.unwrap_or_default();
        let header_text = match header {
            Header::Range(count) => format!("for i in 0..{count} {{"),
            Header::Each(count, size) => {
                format!("for mut v{name} in out.several({count}, {size}) {{")
            }
            Header::While => format!("while out.flip({salt}) {{"),
            Header::WhileLet => format!("while let Some(mut v{name}) = out.pop() {{"),
            Header::Endless => "loop {".to_owned(),
        };
        let line = self.text(&format!("{prefix}{header_text}"));
        self.targets.push(Target {
            label,
            is_loop: true,
            named,
            valued: value,
        });
        // Pops alone may refill what they empty, and an endless loop needs an end.
        let stops = matches!(header, Header::Endless | Header::WhileLet);
        self.indent += 1;
        let target = self
            .breakable()
            .iter()
            .position(|target| target.label == label)
            .unwrap_or_default();
        let exit = raw::Exit::Break { target, size: 40 };
        let stop = stops.then(|| self.only_if_outside(exit));
        self.indent -= 1;
        let body = self.block_after(Vec::from_iter(stop), raw, End::Pass, var.as_slice());
        self.targets.pop();
        self.finish(
            line,
            close,
            into,
            Kind::Loop {
                label,
                header,
                salt,
                var,
                body,
                into,
            },
        )
    }

    fn only_if_outside(&mut self, exit: raw::Exit) -> Stmt {
        self.scopes.push(Vec::new());
        let stmt = self.only_if(Raw::Exit {
            exit,
            conditional: false,
        });
        self.scopes.pop();
        stmt
    }

    /// What a `break` may leave here: without a name, only a loop with no labeled block in between.
    fn breakable(&self) -> Vec<Target> {
        let innermost = self
            .targets
            .last()
            .filter(|target| target.is_loop)
            .map(|target| target.label);
        let fits = |target: &&Target| target.named || Some(target.label) == innermost;
        self.targets.iter().filter(fits).cloned().collect()
    }

    fn exit(&mut self, exit: raw::Exit) -> Stmt {
        let breakable = self.breakable();
        let loops: Vec<&Target> = breakable.iter().filter(|target| target.is_loop).collect();
        let label = |target: &Target| {
            if target.named {
                format!(" 'l{}", target.label)
            } else {
                String::new()
            }
        };
        let (text, exit) = match exit {
            raw::Exit::Break { target, size } if !breakable.is_empty() => {
                let target = &breakable[target % breakable.len()];
                let size = target.valued.then(|| sized(size));
                let value = size
                    .map(|size| format!(" {}", new_vec(size)))
                    .unwrap_or_default();
                (
                    format!("break{}{value};", label(target)),
                    Exit::Break(target.label, size),
                )
            }
            raw::Exit::Continue(pick) if !loops.is_empty() => {
                let target = loops[pick % loops.len()];
                (
                    format!("continue{};", label(target)),
                    Exit::Continue(target.label),
                )
            }
            raw::Exit::ReturnOk(size) => {
                let size = sized(size);
                (
                    format!("return Ok({});", new_vec(size)),
                    Exit::ReturnOk(size),
                )
            }
            _ => ("return Err(Stop);".to_owned(), Exit::ReturnErr),
        };
        Stmt {
            line: self.text(&text),
            kind: Kind::Exit(exit),
        }
    }

    fn closure(&mut self, raw: &[Raw], caught: bool) -> Stmt {
        let into = (!caught).then(|| self.number());
        let (start, close) = match into {
            Some(var) => (format!("let mut v{var} = with("), "})?;"),
            None => ("attempt(".to_owned(), "});"),
        };
        let line = self.text(&format!("{start}out, |out| -> Out {{"));
        let targets = std::mem::take(&mut self.targets);
        let body = self.block(raw, End::Returned, &[]);
        self.targets = targets;
        self.finish(line, close, into, Kind::Closure { body, into })
    }
}

fn sized(size: u16) -> Size {
    Size {
        base: u64::from(size),
        deep: size % 4 == 1,
    }
}

fn size_text(Size { base, deep }: Size) -> String {
    if deep {
        format!("{base} + depth as usize")
    } else {
        base.to_string()
    }
}

fn new_vec(size: Size) -> String {
    format!("Vec::<u8>::with_capacity({})", size_text(size))
}
