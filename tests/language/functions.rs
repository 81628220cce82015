//! Kinds of functions: bodies, qualifiers, parameters and results.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::marker::PhantomData;

#[cfg_attr(profiled, memline::profile)]
fn parameters(_: Noisy, _a: Noisy, (b, _): (Noisy, Noisy), Noisy(c): &Noisy, mut d: u32) -> u32 {
    let _local = noisy("local");
    d += b.0.len() as u32;
    println!("{c}");
    d
}

#[cfg_attr(profiled, memline::profile)]
extern "C" fn foreign(n: i32) -> i32 {
    let _local = noisy("foreign");
    n * 2
}

#[cfg_attr(profiled, memline::profile)]
unsafe fn dangerous(pointer: *const u32) -> u32 {
    // SAFETY: the callers point to something.
    unsafe { *pointer }
}

#[cfg_attr(profiled, memline::profile)]
unsafe extern "C" fn both(pointer: *mut u32) {
    let value = 5;
    // SAFETY: the callers point to something.
    unsafe { pointer.write(value) }
}

const fn constant(n: usize) -> usize {
    n + 1
}

#[cfg_attr(profiled, memline::profile)]
#[inline(never)]
#[must_use]
fn inlined(n: u32) -> u32 { n.wrapping_add(1) }

#[cfg_attr(profiled, memline::profile)]
#[inline(always)]
#[doc = "Documented."]
fn generic<T: Default, const N: usize, U>(_: PhantomData<U>) -> [T; N]
where
    T: Copy,
    U: ?Sized,
{
    println!("{}", std::any::type_name::<(T, &U)>());
    let value = T::default();
    [value; N]
}

#[cfg_attr(profiled, memline::profile)]
fn lifetimes<'a, 'b: 'a>(left: &'a mut Vec<&'b str>, right: &'b str) -> &'a &'b str {
    left.push(right);
    let last = left.last();
    last.unwrap()
}

#[cfg_attr(profiled, memline::profile)]
fn arguments(items: impl IntoIterator<Item = impl AsRef<str>>) -> impl Iterator<Item = usize> {
    let lengths = items.into_iter().map(|item| {
        let text = item.as_ref();
        text.len()
    });
    lengths
}

#[cfg_attr(profiled, memline::profile)]
fn dynamic(flag: bool) -> Box<dyn Fn(&dyn std::fmt::Debug) -> String> {
    if flag {
        Box::new(|value| format!("{value:?}"))
    } else {
        Box::new(|value| {
            let text = format!("{value:#?}");
            text
        })
    }
}

#[cfg_attr(profiled, memline::profile)]
fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

#[cfg_attr(profiled, memline::profile)]
fn is_even(n: u32) -> bool {
    n == 0 || is_odd(n - 1)
}

#[cfg_attr(profiled, memline::profile)]
fn is_odd(n: u32) -> bool {
    match n {
        0 => false,
        n => is_even(n - 1),
    }
}

#[cfg_attr(profiled, memline::profile)]
fn main() {
    println!("{}", parameters(noisy("p"), noisy("a"), (noisy("b"), noisy("b2")), &Noisy("c"), 7));
    let mut number = 3;
    let pointer: extern "C" fn(i32) -> i32 = foreign;
    println!("{}", pointer(4));
    // SAFETY: both point to the local.
    unsafe {
        both(&mut number);
        println!("{}", dangerous(&number));
    }
    println!("{} {}", inlined(u32::MAX), constant(1));
    println!("{:?}", generic::<u8, { constant(2) }, str>(PhantomData));
    println!("{}", lifetimes(&mut vec!["x"], "y"));
    println!("{:?}", arguments(["a", "bc"]).collect::<Vec<_>>());
    println!("{} {}", dynamic(true)(&1), dynamic(false)(&[1]));
    println!("{} {} {}", factorial(10), is_even(10), is_odd(10));
    println!("{} {}", size_of_val(&foreign), std::any::type_name_of_val(&inlined));
}
