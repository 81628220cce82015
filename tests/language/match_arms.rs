//! `match`: kinds of patterns, guards, bindings, and arms of every form.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[derive(Clone, Copy, Debug)]
enum Shape {
    Dot,
    Circle(f32),
    Box { w: u32, h: u32 },
}

#[cfg_attr(profiled, memline::profile)]
fn describe(shape: Shape) -> String {
    match shape {
        Shape::Dot => "dot".to_owned(),
        Shape::Circle(r) if r < 1.0 => {
            let _small = noisy("small");
            "small circle".to_owned()
        }
        Shape::Circle(_) =>
            format!("circle"),
        Shape::Box { w, h } if { let _guard = noisy("guard"); w == h } => format!("square {w}"),
        Shape::Box { w: w @ 1..=9, .. } | Shape::Box { h: w @ 1..=9, w: _ } => {
            format!("thin {w}")
        }
        Shape::Box { .. } => { "box" }.to_owned(),
    }
}

#[cfg_attr(profiled, memline::profile)]
fn numbers(n: i64) -> &'static str {
    match n {
        i64::MIN..=-1 => "negative",
        0 => "zero",
        1 | 2 | 3 => "few",
        x if x % 2 == 0 && noisy("even").is(true) => "even",
        _ => {
            println!("odd");
            "odd"
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn slices(slice: &[u8]) -> usize {
    match slice {
        [] => 0,
        [one] => *one as usize,
        [first, .., last] if first == last => 100,
        [first, middle @ .., _] => {
            let first = usize::from(*first);
            first + middle.len()
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn owned(value: Result<Noisy, (Noisy, Noisy)>) -> Noisy {
    match value {
        Ok(inner) => inner,
        Err((left, _)) => left,
    }
}

#[cfg_attr(profiled, memline::profile)]
fn leaving(values: &[Option<u8>]) -> u32 {
    let mut sum = 0;
    for value in values {
        sum += match value {
            Some(0) => continue,
            Some(255) => break,
            Some(7) => return 7,
            Some(n) => u32::from(*n),
            None => {
                let _none = noisy("none");
                continue;
            }
        };
        println!("sum {sum}");
    }
    sum
}

#[cfg_attr(profiled, memline::profile)]
fn units(n: u8) {
    match n {
        0 => (),
        1 => {}
        2 => println!("two"),
        3 => { println!("three") }
        4 => drop(noisy("four")),
        _ => unreachable!("no {n}"),
    }
}

fn main() {
    for shape in [
        Shape::Dot, Shape::Circle(0.5), Shape::Circle(2.0), Shape::Box { w: 4, h: 4 }, Shape::Box { w: 3, h: 40 },
        Shape::Box { w: 30, h: 4 }, Shape::Box { w: 30, h: 40 },
    ] {
        println!("{shape:?}: {}", describe(shape));
    }
    for n in [-5, 0, 2, 8, 9] {
        println!("{}", numbers(n));
    }
    println!("{} {} {} {}", slices(&[]), slices(&[9]), slices(&[4, 5, 4]), slices(&[1, 2, 3, 4]));
    println!("{}", owned(Ok(noisy("ok"))).0);
    println!("{}", owned(Err((noisy("l"), noisy("r")))).0);
    println!("{}", leaving(&[Some(1), None, Some(0), Some(2), Some(255), Some(3)]));
    println!("{}", leaving(&[Some(7)]));
    let _ = caught(|| (0..6).for_each(units));
}
