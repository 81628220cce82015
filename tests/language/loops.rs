//! `loop`, `while` and `for`: labels, values, and every way to leave a pass.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn values() -> (u32, &'static str, ()) {
    let mut n = 0;
    let first = loop {
        n += 1;
        let _pass = noisy("pass");
        if n == 2 {
            continue;
        }
        if n > 2 {
            break n * 10;
        }
    };
    let second = 'outer: loop {
        loop {
            break 'outer "from inside";
        }
    };
    let third = while n < 5 {
        n += 1
    };
    (first + n, second, third)
}

#[cfg_attr(profiled, memline::profile)]
fn labels(limit: u32) -> Vec<(u32, u32)> {
    let mut seen = vec![];
    'rows: for row in 0..limit {
        let _row = noisy("row");
        'columns: for column in 0.. {
            let _column = noisy("column");
            match (row, column) {
                (0, 1) => continue 'rows,
                (1, 0) => continue 'columns,
                (1, 2) => break,
                (2, 1) => break 'rows,
                pair => seen.push(pair),
            }
        }
        seen.push((row, 99));
    }
    seen
}

#[cfg_attr(profiled, memline::profile)]
#[rustfmt::skip]
fn one_line() -> Vec<u32> {
    let mut v = vec![];
    for i in 0..3 { v.push(i); }
    for i in 0..3 { v.push(i) }
    while v.len() < 8 { v.push(9); } while let Some(9) = v.last() { v.pop(); }
    loop { v.push(1); break }
    for _ in 0..2 {}
    for i in 0..2 { if i == 0 { continue } v.push(100) }
    v
}

#[cfg_attr(profiled, memline::profile)]
fn pop_all() {
    let mut stack = vec![noisy("a"), noisy("b"), noisy("c")];
    while let Some(top) = stack.pop() {
        if top.0 == "c" {
            stack.push(noisy("d"));
            continue;
        }
        println!("popped {}", top.0);
    }
    let mut count = 0;
    while let Some(text) = noisy("each test").some().filter(|_| count < 2) {
        count += 1;
        println!("{text} {count}");
    }
}

#[cfg_attr(profiled, memline::profile)]
fn tails(mut n: i32) -> i32 {
    while n > 0 {
        let half = noisy("half");
        match half.is(n > 5) {
            true => n -= 5,
            false => n = 0,
        }
    }
    for _ in 0..2 {
        let _held = noisy("held");
        noisy("tail").some().map_or((), drop)
    }
    loop {
        let _held = noisy("in loop");
        if noisy("condition").is(n < -1) { break n } else { n -= 1 }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn returns(items: &[&str]) -> Option<usize> {
    for (index, item) in items.iter().enumerate() {
        let _item = noisy("item");
        for letter in item.chars() {
            if letter == 'x' {
                return Some(index);
            }
            letter.to_digit(10)?;
        }
    }
    None
}

fn main() {
    println!("{:?}", values());
    println!("{:?}", labels(5));
    println!("{:?}", one_line());
    pop_all();
    println!("{}", tails(12));
    println!("{:?} {:?} {:?}", returns(&["1", "2x"]), returns(&["1", "a"]), returns(&[]));
}
