//! Closures: what they capture, their traits and sizes, and where their bodies stand.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn kinds() {
    let held = noisy("held");
    let by_ref = || held.name().len();
    println!("{} {}", by_ref(), by_ref());
    let mut count = 0;
    let mut by_mut = |step: usize| {
        let _local = noisy("local");
        count += step;
        count
    };
    println!("{} {}", by_mut(1), by_mut(2));
    let once = move || {
        println!("consuming");
        drop(held);
    };
    once();
    println!("{count}");
}

#[cfg_attr(profiled, memline::profile)]
fn sizes() {
    let (a, b, text) = (1_u8, 2_u64, String::from("text"));
    let none = || {
        println!("none");
    };
    let one = move || {
        let doubled = a * 2;
        doubled
    };
    let two = || {
        if text.len() > 3 { b } else { 0 }
    };
    println!("{} {} {}", size_of_val(&none), size_of_val(&one), size_of_val(&two));
    let copied = one;
    let pointer: fn() = none;
    let cast = (|x: u32| {
        let y = x + 1;
        y
    }) as fn(u32) -> u32;
    pointer();
    println!("{} {} {} {}", one(), copied(), two(), cast(4));
}

struct Fields {
    left: Noisy,
    right: Noisy,
}

#[cfg_attr(profiled, memline::profile)]
fn disjoint() {
    let mut fields = Fields { left: noisy("left"), right: noisy("right") };
    let taken = move || {
        let left = fields.left;
        left.name().len()
    };
    fields.right = noisy("new right");
    println!("{}", taken());
    println!("{}", fields.right.0);
    let tuple = (noisy("t0"), noisy("t1"));
    {
        let whole = || {
            let _all = &tuple;
            let _ = tuple.1.0.len();
        };
        whole();
    }
    let _ = move || {
        let _unused = &tuple.0;
    };
    println!("end");
}

#[cfg_attr(profiled, memline::profile)]
fn returned(add: u32) -> impl Fn(u32) -> Box<dyn FnOnce() -> u32> {
    let held = std::rc::Rc::new(noisy("shared"));
    move |x| {
        let held = held.clone();
        Box::new(move || {
            let sum = x + add;
            println!("{}", held.0);
            return sum;
        })
    }
}

#[cfg_attr(profiled, memline::profile)]
fn chains(limit: u32) -> Vec<String> {
    (0..limit)
        .filter(|n| n % 2 == 0)
        .map(|n| {
            let _pass = noisy("pass");
            n * n
        })
        .filter_map(|n|
            if n > 0 { Some(n) } else { None }
        )
        .flat_map(|n| (0..2).map(move |m| n + m))
        .take_while(|&n| match n {
            0..=20 => true,
            _ => false,
        })
        .inspect(|n| println!("{n}"))
        .map(
            |n| format!("<{n}>"),
        )
        .collect()
}

#[cfg_attr(profiled, memline::profile)]
fn leaving(numbers: &[i32]) -> Option<i32> {
    let find = |wanted: i32| -> Option<usize> {
        for (index, number) in numbers.iter().enumerate() {
            if *number == wanted {
                return Some(index);
            }
        }
        let first = numbers.first()?;
        if *first > 100 { return None }
        Some(99)
    };
    let first = find(2)?;
    let second = find(7)?;
    Some(first as i32 * 1000 + second as i32)
}

fn main() {
    kinds();
    sizes();
    disjoint();
    let make = returned(10);
    let (one, two) = (make(1), make(2));
    drop(make);
    println!("{} {}", one(), two());
    println!("{:?}", chains(9));
    println!("{:?} {:?} {:?}", leaving(&[1, 2]), leaving(&[]), leaving(&[101]));
}
