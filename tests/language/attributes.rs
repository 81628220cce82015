//! Attributes on statements, expressions, arms, fields and parameters; inner ones; comments.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn conditional(#[cfg(any())] gone: u32, #[cfg(not(any()))] kept: u32) -> u32 {
    #![allow(unused_mut)]
    //! Inner documentation.
    /// Documentation of a statement.
    #[allow(unused_doc_comments)]
    let mut total = kept;
    #[cfg(any())]
    let total = gone.missing();
    #[cfg(not(any()))]
    let total = total + 1;
    #[cfg(any())]
    {
        does_not::exist();
    }
    #[cfg(not(any()))]
    {
        println!("kept block");
    }
    #[cfg(any())]
    missing!();
    #[rustfmt::skip]
    let table = [ 1,0,
                  0,1 ];
    match total {
        #[cfg(any())]
        0 => nothing(),
        #[cfg(not(any()))]
        8 => println!("eight"),
        #[allow(unreachable_patterns)]
        _ => {
            println!("other")
        }
    }
    /* a comment */ let sum = total /* inside */ + table[0]; // after
    //
    sum
}

struct Fields {
    a: u32,
    #[cfg(any())]
    b: Missing,
}

#[cfg_attr(profiled, memline::profile)]
fn expressions(n: u32) -> Fields {
    let fields = Fields {
        #[cfg(not(any()))]
        a: n,
        #[cfg(any())]
        b: missing,
    };
    let Fields { a, #[cfg(any())] b } = fields;
    let list = vec![a, 1];
    let array = [#[cfg(any())] missing, #[cfg(not(any()))] 2, 3];
    #[allow(clippy::needless_return)]
    if list.len() == array.len() {
        return Fields { a: array[0] };
    }
    #[allow(unused)]
    for i in 0..2 {}
    #[inline]
    fn local() -> u32 { 3 }
    #[allow(unused_variables)]
    let closure = |x: u32| {
        let y = x;
        local()
    };
    Fields { a: closure(1) }
}

#[cfg_attr(profiled, memline::profile)]
fn tail_cfg(n: u32) -> &'static str {
    let _local = noisy("local");
    #[cfg(any())]
    {
        "gone"
    }
    #[cfg(not(any()))]
    if n > 1 {
        let _inner = noisy("inner");
        "large"
    } else {
        "small"
    }
}

#[cfg_attr(profiled, memline::profile)]
fn returned_cfg() -> u8 {
    #[cfg(any())]
    return 1;
    #[cfg(not(any()))]
    return 2;
}

#[rustfmt::skip]
#[cfg_attr(profiled, memline::profile)] fn same_line(n: u32) -> u32 { let m = n; m + line!() }

#[cfg_attr(profiled, memline::profile)]

#[allow(dead_code)]
// A comment between.
/// Documentation after the attribute.
pub(crate) fn
spread
(
    n: u32,
)
-> u32
{

    n
    +
    line!()

}

fn main() {
    println!("{} {} {}", conditional(7), expressions(4).a, tail_cfg(1));
    println!("{} {} {} {}", tail_cfg(2), returned_cfg(), same_line(1), spread(2));
}
