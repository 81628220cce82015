//! Places and borrows: assignment order, two-phase borrows, reborrows, autoref, moves out of parts.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[derive(Debug, Clone, Default)]
struct Config {
    name: String,
    sizes: [u32; 3],
    inner: Option<Box<Config>>,
}

#[cfg_attr(profiled, memline::profile)]
fn assignment_order() -> Vec<u32> {
    let mut list = vec![0; 3];
    let mut log = Vec::new();
    *{ log.push("place"); &mut list[0] } = { log.push("value"); 5 };
    *{ log.push("place"); &mut list[1] } += { log.push("value"); 6 };
    let mut n = 1;
    n += { n = 10; n };
    let mut text = String::from("a");
    text += { log.push("string"); "b" };
    println!("{log:?} {n} {text}");
    list
}

#[cfg_attr(profiled, memline::profile)]
fn two_phase(list: &mut Vec<usize>) -> usize {
    list.push(list.len());
    list.insert(0, {
        let first = list[0];
        first + 1
    });
    let last = list.len() - 1;
    list[last] += 1;
    list.extend_from_slice(&list.clone());
    let borrowed = &mut *list;
    borrowed.push(7);
    let again = &mut *borrowed;
    again.pop();
    list.len()
}

#[cfg_attr(profiled, memline::profile)]
fn parts(config: Config) -> (String, Config) {
    let Config { name, sizes: [first, rest @ ..], .. } = &config;
    println!("{name} {first} {rest:?}");
    let updated = Config {
        sizes: [9; 3],
        inner: Some(Box::new(Config {
            name: {
                let _naming = noisy("naming");
                "inner".to_owned()
            },
            ..Default::default()
        })),
        ..config.clone()
    };
    let moved = config.name;
    let sizes = config.sizes;
    println!("{sizes:?}");
    (moved, updated)
}

#[cfg_attr(profiled, memline::profile)]
fn walk(config: &mut Config) -> usize {
    let mut depth = 0;
    let mut cursor = config;
    while let Some(ref mut next) = cursor.inner {
        cursor = next;
        cursor.sizes[1] = depth as u32;
        depth += 1;
    }
    cursor.inner.get_or_insert_with(|| {
        let config = Config::default();
        Box::new(config)
    }).name.push('x');
    depth
}

#[cfg_attr(profiled, memline::profile)]
fn conditional_borrow<'a>(list: &'a mut Vec<String>, key: &str) -> &'a mut String {
    if let Some(at) = list.iter().position(|item| item == key) {
        return &mut list[at];
    }
    list.push(key.to_owned());
    let last = list.len() - 1;
    &mut list[last]
}

#[cfg_attr(profiled, memline::profile)]
fn moves(flag: bool) -> usize {
    let held = noisy("held");
    let other;
    if flag {
        drop(held);
        other = noisy("other");
    } else {
        other = held;
    }
    let boxed = Box::new((other, noisy("second")));
    let (first, second) = *boxed;
    drop(second);
    let swapped = std::mem::replace(&mut { first }, noisy("replacement"));
    swapped.0.len()
}

fn main() {
    println!("{:?}", assignment_order());
    let mut list = vec![3];
    println!("{} {list:?}", two_phase(&mut list));
    let (name, mut config) = parts(Config { name: "outer".into(), sizes: [1, 2, 3], inner: None });
    println!("{name} {} {} {config:?}", walk(&mut config), walk(&mut config));
    let mut names = vec!["a".to_owned()];
    conditional_borrow(&mut names, "b").push('!');
    conditional_borrow(&mut names, "a").push('?');
    println!("{names:?} {} {}", moves(true), moves(false));
}
