//! Programs as proptest makes them: shapes without names. Which variable or loop a statement means is settled
//! in `lower`, where it is known what is in scope.

use proptest::collection::vec;
use proptest::prelude::*;

/// The statements of a block.
pub(crate) type Body = Vec<Raw>;

#[derive(Clone, Debug)]
pub(crate) enum Raw {
    /// `let` of a `Vec`, a `Box` or a `String`.
    Let {
        kind: u8,
        size: u16,
    },
    /// `let` that takes what another variable holds.
    Take(usize),
    /// `drop(v)`
    Drop(usize),
    /// `out.keep(v)`
    Keep(usize),
    /// `v.reserve_exact(…)`
    Grow(usize, u16),
    /// `v.shrink_to(…)`
    Shrink(usize, u16),
    /// Allocates and frees within the line.
    Temporary(u16),
    /// Allocates for others.
    HandOut(u16),
    /// Frees what others allocated.
    Free,
    If {
        branches: Vec<Body>,
        otherwise: Option<Body>,
        value: bool,
    },
    IfLet {
        then: Body,
        otherwise: Option<Body>,
    },
    LetElse {
        otherwise: Body,
        exit: Exit,
    },
    Match {
        arms: Vec<Arm>,
        value: bool,
    },
    Block {
        form: Form,
        body: Body,
        value: bool,
    },
    Loop {
        header: Header,
        label: bool,
        body: Body,
        value: bool,
    },
    Exit {
        exit: Exit,
        conditional: bool,
    },
    /// `out.fail()?`
    Fail,
    /// `out.trip()`, which may panic.
    Trip,
    Call {
        function: usize,
        caught: bool,
    },
    Closure {
        body: Body,
        caught: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Arm {
    Block(Body),
    /// An expression, on the line of its pattern.
    Line(u16),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    Plain,
    Unsafe,
    Labeled,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Header {
    Range(u8),
    Each(u8, u16),
    While,
    WhileLet,
    Endless,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Exit {
    Break { target: usize, size: u16 },
    Continue(usize),
    ReturnOk(u16),
    ReturnErr,
}

/// The bodies of a program's functions.
pub(crate) fn program() -> impl Strategy<Value = Vec<Body>> {
    vec(vec(statement(), 1..9), 1..4)
}

fn size() -> impl Strategy<Value = u16> {
    prop_oneof![1 => Just(0u16), 9 => 1..300u16, 1 => 30_000..40_000u16]
}

fn exit() -> impl Strategy<Value = Exit> {
    prop_oneof![
        (any::<usize>(), size()).prop_map(|(target, size)| Exit::Break { target, size }),
        any::<usize>().prop_map(Exit::Continue),
        size().prop_map(Exit::ReturnOk),
        Just(Exit::ReturnErr),
    ]
}

fn header() -> impl Strategy<Value = Header> {
    prop_oneof![
        (0..4u8).prop_map(Header::Range),
        (0..4u8, size()).prop_map(|(count, size)| Header::Each(count, size)),
        Just(Header::While),
        Just(Header::WhileLet),
        Just(Header::Endless),
    ]
}

fn leaf() -> impl Strategy<Value = Raw> {
    let var = any::<usize>;
    prop_oneof![
        6 => (any::<u8>(), size()).prop_map(|(kind, size)| Raw::Let { kind, size }),
        2 => var().prop_map(Raw::Take),
        2 => var().prop_map(Raw::Drop),
        2 => var().prop_map(Raw::Keep),
        2 => (var(), size()).prop_map(|(var, size)| Raw::Grow(var, size)),
        1 => (var(), size()).prop_map(|(var, size)| Raw::Shrink(var, size)),
        1 => size().prop_map(Raw::Temporary),
        2 => size().prop_map(Raw::HandOut),
        1 => Just(Raw::Free),
        3 => (exit(), prop::bool::weighted(0.8)).prop_map(|(exit, conditional)| Raw::Exit { exit, conditional }),
        1 => Just(Raw::Fail),
        1 => Just(Raw::Trip),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(function, caught)| Raw::Call { function, caught }),
    ]
}

fn statement() -> impl Strategy<Value = Raw> {
    leaf().prop_recursive(4, 48, 5, |inner| {
        let body = || vec(inner.clone(), 1..6);
        let otherwise = || prop::option::of(body());
        let arm = prop_oneof![2 => body().prop_map(Arm::Block), 1 => size().prop_map(Arm::Line)];
        let form = prop_oneof![Just(Form::Plain), Just(Form::Unsafe), Just(Form::Labeled)];
        prop_oneof![
            (vec(body(), 1..3), otherwise(), any::<bool>()).prop_map(
                |(branches, otherwise, value)| Raw::If {
                    branches,
                    otherwise,
                    value
                }
            ),
            (body(), otherwise()).prop_map(|(then, otherwise)| Raw::IfLet { then, otherwise }),
            (body(), exit()).prop_map(|(otherwise, exit)| Raw::LetElse { otherwise, exit }),
            (vec(arm, 1..4), any::<bool>()).prop_map(|(arms, value)| Raw::Match { arms, value }),
            (form, body(), any::<bool>()).prop_map(|(form, body, value)| Raw::Block {
                form,
                body,
                value
            }),
            (header(), any::<bool>(), body(), any::<bool>()).prop_map(
                |(header, label, body, value)| Raw::Loop {
                    header,
                    label,
                    body,
                    value
                }
            ),
            (body(), any::<bool>()).prop_map(|(body, caught)| Raw::Closure { body, caught }),
        ]
    })
}
