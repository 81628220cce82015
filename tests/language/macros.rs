//! Macros: in statements, expressions and patterns, and macros that make profiled functions.

#[path = "common/mod.rs"]
mod common;
use common::*;

macro_rules! say {
    ($($what:tt)*) => { println!($($what)*) };
}

macro_rules! both {
    ($left:expr, $right:expr) => {{
        let left = $left;
        left + $right
    }};
}

macro_rules! small {
    () => { 0..=9 };
}

macro_rules! leave {
    (if $n:expr) => {
        if $n { return "left" }
    };
    ($label:lifetime) => { break $label };
}

macro_rules! define {
    ($($name:ident($argument:ident: $type:ty) -> $result:ty $body:block)*) => {
        $(
            #[cfg_attr(profiled, memline::profile)]
            fn $name($argument: $type) -> $result $body
        )*
    };
}

define! {
    doubled(n: u32) -> u32 {
        let twice = n * 2;
        twice
    }
    named(text: &str) -> String {
        let _held = noisy("held");
        for letter in text.chars() {
            if letter == ' ' { continue }
            say!("{letter}");
        }
        text.to_uppercase()
    }
}

macro_rules! counter {
    ($type:ident, $field:ident) => {
        struct $type {
            $field: u32,
        }

        #[cfg_attr(profiled, memline::profile)]
        impl $type {
            fn next(&mut self) -> u32 {
                self.$field += 1;
                match self.$field {
                    n @ small!() => n,
                    _ => panic!("too many {}", stringify!($field)),
                }
            }
        }
    };
}
counter!(Counter, passes);

macro_rules! whole {
    ($name:ident) => {
        #[cfg_attr(profiled, memline::profile)]
        fn $name() -> u32 {
            let mut counter = Counter { passes: 8 };
            let first = counter.next();
            here("in a macro");
            first + counter.next()
        }
    };
}
whole!(runs_out);

#[cfg_attr(profiled, memline::profile)]
fn uses(n: u32) -> &'static str {
    say!("statement");
    say! { "braces" }
    let sum = both!({ let _t = noisy("t"); n }, see(2));
    leave!(if sum > 100);
    let list = vec![noisy("a"), noisy("b")];
    'outer: loop {
        for item in &list {
            if item.0 == "b" {
                leave!('outer);
            }
            say!("{}", item.0);
        }
    }
    match sum {
        small!() => "small",
        n if matches!(n, 10 | 11) => concat!("ten", " or more"),
        _ => { say!("large"); stringify!(large) }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn items() -> u32 {
    macro_rules! local {
        ($n:literal) => { $n + 1 };
    }
    whole!(inner);
    let _ = inner as fn() -> u32;
    println!("{} {}", line!(), column!());
    assert!(local!(1) == 2, "at {}", line!());
    local!(3)
}

fn main() {
    println!("{} {}", doubled(3), named("a b"));
    println!("{} {} {} {}", uses(1), uses(9), uses(50), uses(99));
    println!("{}", items());
    println!("{:?}", caught(runs_out));
}
