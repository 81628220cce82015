//! Every kind of statement and expression compiles with probes, under the strictest lints.
#![deny(warnings, unused, nonstandard_style, future_incompatible, rust_2018_idioms)]
#![forbid(unsafe_code)]
#![allow(dead_code)]

use std::cell::RefCell;
use std::collections::HashMap;

use memline::profile;

macro_rules! m { ($e:expr) => { $e } }
macro_rules! stmts { ($($t:tt)*) => { $($t)* } }

// Every loop.
#[profile]
pub fn loops(n: u32) -> Vec<u32> {
    let mut v = Vec::new();
    for i in 0..n { v.push(i); }
    for i in 0..n {
        let s = i.to_string();
        if s.len() > 1 { continue }
        if s.is_empty() {
            continue;
        }
        match s.parse::<u32>() {
            Ok(1) => continue,
            Ok(2) => {
                continue;
            }
            Ok(x) if x > 3 => {
                let y = x + 1;
                v.push(y)
            }
            Ok(x) => v.push(x),
            Err(_) => break,
        }
    }
    'outer: for i in 0..n {
        for j in 0..n {
            if j == i { continue 'outer; }
            if j > 3 {
                break 'outer;
            }
            v.push(j)
        }
        while let Some(x) = v.pop() {
            let k = x;
            if k == 7 { continue 'outer }
            if k == 2 { break }
            'blk: {
                if k == 3 { break 'blk; }
                v.push(k);
            }
            v.extend(vec![String::new()].iter().map(|s| s.len() as u32))
        }
    }
    let found = loop {
        if let Some(x) = v.pop() {
            if x > 3 { break x; }
            continue;
        }
        break 0;
    };
    v.push(found);
    let mut it = v.iter().copied();
    while it.next().is_some() {}
    let mut k = 0;
    while k < 3 { k += 1 }
    while k < 5 {
        k += 1;
        let t = k;
        assert!(t > 0)
    }
    loop {
        k += 1;
        let s = RefCell::new(k);
        match *s.borrow() {
            1 => continue,
            5 => return v,
            _ if k > 100 => break,
            _ => {}
        }
    }
    v
}

// Try.
#[profile]
pub fn tries(x: &str) -> Result<u32, std::num::ParseIntError> {
    let a = x.parse::<u32>()?;
    let b = if a > 3 {
        let q = x.parse::<u32>()?;
        q
    } else if a > 2 {
        x.parse::<u32>()?
    } else if let Ok(z) = x.parse::<u32>() {
        z
    } else {
        return Ok(
            1,
        );
    };
    let Some(c) = Some(b).filter(|b| *b > 1) else {
        println!("none");
        return Ok(0);
    };
    let Ok(d) = x.parse::<u32>() else { return Ok(0) };
    if let Some(x) = Some(c) && x > d && let Ok(y) = "1".parse::<u32>() {
        println!("{y}");
    }
    let f = || -> Result<u32, std::num::ParseIntError> {
        let z = x.parse::<u32>()?;
        for i in 0..z {
            if i > 2 { continue; }
            println!("{i}")
        }
        Ok(z)
    };
    let s = f()?;
    Ok(match s {
        0 => 1,
        1 => {
            let w = 3;
            w + 1
        }
        2 => m! { 3 },
        3 => m!(4) + 1,
        4 =>
            if a > 1 { 1 } else { 2 },
        5 => if a > 1 {
            7
        } else {
            8
        },
        6 => unreachable!(),
        7 => return Ok(2),
        8 => panic!("x"),
        _ => {
            a
        }
    })
}

// Macros in statement position.
#[profile]
pub fn macros(v: &mut Vec<String>) -> usize {
    stmts! { let a = 3; }
    println!("{a}");
    stmts!(let b = 4; println!("{b}"););
    println! { "x" }
    vec![1, 2].len();
    let x = m! { 4 } + 1;
    for i in 0..x {
        let j = i;
        stmts! { v.push(j.to_string()) }
    }
    for i in 0..x {
        let j = i;
        stmts!(v.push(j.to_string()))
    }
    for i in 0..x {
        stmts!(let k = i; v.push(k.to_string()););
    }
    m! { v.len() + a }
}

#[profile]
pub fn cfgs() -> u32 {
    #[cfg(unix)]
    let a = 1;
    #[cfg(not(unix))]
    let a = 2;
    #[cfg(any())]
    undefined_fn();
    #[allow(unused_variables)]
    let b = 3;
    #[cfg(target_os = "linux")]
    {
        let c = a;
        c + 1
    }
    #[cfg(not(target_os = "linux"))]
    {
        a
    }
}
#[profile]
pub fn clos(v: Vec<u32>) -> u32 {
    let mut total = 0;
    v.iter().for_each(|x| total += x);
    v.iter().for_each(|x| { total += x });
    v.iter()
        .map(|x| {
            let y = x + 1;
            if y > 3 { return 1; }
            y
        })
        .filter(
            |x|
                *x > 1,
        )
        .filter(|x| match x {
            1 => true,
            2 => {
                false
            }
            _ => x > &3,
        })
        .for_each(|x| total += x);
    let r = v.iter().fold(0, |a, b| if *b > 3 { a } else { a + b });
    let t = std::thread::spawn(move || {
        let s = String::from("x");
        s.len()
    });
    let c = |x: u32| -> u32 { x + 1 };
    let none = || {};
    none();
    let nested = |x: u32| {
        let f = |y: u32| {
            let z = y + x;
            z
        };
        f(1)
    };
    total + r + t.join().unwrap() as u32 + c(1) + nested(2)
}
#[profile]
pub fn items() -> u32 {
    const X: u32 = { let a = 3; a };
    static Y: u32 = 1;
    fn f() -> u32 {
        let z = 3;
        z
    }
    struct Q<const N: usize>;
    impl<const N: usize> Q<N> { fn n(&self) -> u32 { N as u32 } }
    use std::mem::size_of;
    let l = [0u8; { 3 + 1 }];
    f() + X + Y + Q::<{ 1 + 2 }>.n() + size_of::<u8>() as u32 + l.len() as u32 + const { 3 + 4 }
}
// Borrow tail.
#[profile]
pub fn tail(x: &RefCell<HashMap<u32, String>>) -> usize {
    let k = 3;
    match x.borrow().get(&k) {
        Some(s) => s.len(),
        None => {
            let z = 0;
            z
        }
    }
}
// Mutable reference threading.
#[profile]
pub fn threads<'a>(mut cur: &'a mut Option<Box<Node>>, n: u32) -> &'a mut Option<Box<Node>> {
    while cur.as_ref().is_some_and(|node| node.v != n) {
        cur = &mut cur.as_mut().unwrap().next;
    }
    cur
}
pub struct Node {
    pub v: u32,
    pub next: Option<Box<Node>>,
}
#[profile]
pub fn labels(x: u32) -> u32 {
    let v = 'a: {
        if x > 3 {
            break 'a 1;
        }
        let y = 'b: loop {
            if x > 2 { break 'a 2; }
            if x > 1 {
                break 'b 3;
            }
            return 3;
        };
        y
    };
    let w = 'l: while x > 100 {
        continue 'l;
    };
    let () = w;
    let q = match x { 1 => 'z: { if v > 1 { break 'z 2; } 3 } _ => 1 };
    v + q
}
#[profile]
pub fn retm(x: Option<u32>) -> u32 {
    return match x {
        Some(1) => 1,
        Some(_) => {
            2
        }
        None => 3,
    };
}
#[profile]
pub fn ext_tmp(c: bool) -> usize {
    let x: &str = if c { &String::from("a") } else { &String::from("b") };
    let y: &String = match c {
        true => &String::from("abc"),
        false => {
            &String::from("q")
        }
    };
    let z = &{ String::new() };
    x.len() + y.len() + z.len()
}
#[profile]
pub fn two() -> u32 {
    let mut a = 1;
    let mut inc = || {
        a += 1;
        a
    };
    inc();
    inc();
    let r = &mut a;
    *r += if *r > 2 {
        let q = 1;
        q
    } else {
        2
    };
    a
}

fn main() {
    assert_eq!(loops(2), [0]);
    assert_eq!(tries("3"), Ok(5));
    assert_eq!(labels(1), 3);
    assert_eq!(ext_tmp(true), 4);
    assert_eq!(two(), 4);
}
