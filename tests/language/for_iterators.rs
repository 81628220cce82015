//! `for`: the iterator and its items die where they should.

#[path = "common/mod.rs"]
mod common;
use common::*;

struct Steps {
    left: u8,
    end: Noisy,
}

#[cfg_attr(profiled, memline::profile)]
impl Iterator for Steps {
    type Item = Noisy;

    fn next(&mut self) -> Option<Noisy> {
        println!("next of {} with {}", self.end.0, self.left);
        self.left = self.left.checked_sub(1)?;
        Some(noisy("item"))
    }
}

#[cfg_attr(profiled, memline::profile)]
fn steps(left: u8, name: &'static str) -> Steps {
    let end = noisy(name);
    Steps { left, end }
}

#[cfg_attr(profiled, memline::profile)]
fn all() {
    for item in steps(2, "iterator") {
        println!("has {}", item.0);
        let _local = noisy("local");
    }
    println!("after");
    for _ in steps(1, "wildcard") {
        println!("body");
    }
    for Noisy(name) in &[noisy("x"), noisy("y")] {
        println!("{name}");
    }
}

#[cfg_attr(profiled, memline::profile)]
fn early(how: u8) -> Result<u8, Noisy> {
    for (index, item) in steps(3, "early").enumerate() {
        let _held = noisy("held");
        match how {
            0 if index == 1 => break,
            1 if index == 1 => return Ok(1),
            2 if index == 1 => Err(item)?,
            3 => panic!("at {}", item.0),
            _ => continue,
        };
    }
    println!("after");
    Ok(how)
}

#[cfg_attr(profiled, memline::profile)]
fn by_reference() -> usize {
    let mut steps = steps(3, "shared");
    for item in steps.by_ref() {
        println!("first {}", item.0);
        break;
    }
    let mut count = 0;
    for _item in &mut steps {
        count += 1;
    }
    count
}

#[cfg_attr(profiled, memline::profile)]
fn of_temporary() -> usize {
    let mut sum = 0;
    for letter in noisy("letters").borrow().0.chars() {
        sum += letter.len_utf8();
    }
    println!("summed");
    for n in (0..3).rev().chain(10..=11).step_by(2) {
        sum += n;
    }
    sum
}

fn main() {
    all();
    for how in 0..5 {
        println!("{:?}", caught(|| early(how)));
    }
    println!("{} {}", by_reference(), of_temporary());
}
