//! Methods: every kind of `self`, associated functions, operators and their order.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::ops::{Add, AddAssign, Deref, Index, IndexMut, Neg};
use std::pin::Pin;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Vector(i32, i32);

#[cfg_attr(profiled, memline::profile)]
impl Add for Vector {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }
}

#[cfg_attr(profiled, memline::profile)]
impl AddAssign<i32> for Vector {
    fn add_assign(&mut self, step: i32) {
        self.0 += step;
        self.1 += step
    }
}

#[cfg_attr(profiled, memline::profile)]
impl Neg for Vector {
    type Output = Self;
    fn neg(mut self) -> Self { self.0 = -self.0; self }
}

#[cfg_attr(profiled, memline::profile)]
impl Index<usize> for Vector {
    type Output = i32;
    fn index(&self, at: usize) -> &i32 {
        match at {
            0 => &self.0,
            1 => &self.1,
            _ => panic!("no axis {at}"),
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
impl IndexMut<usize> for Vector {
    fn index_mut(&mut self, at: usize) -> &mut i32 {
        println!("index_mut {at}");
        if at == 0 { &mut self.0 } else { &mut self.1 }
    }
}

struct Owner {
    name: Noisy,
    more: Option<Noisy>,
}

#[cfg_attr(profiled, memline::profile)]
impl Owner {
    const COUNT: usize = 2;

    fn new(name: &'static str) -> Self {
        let more = None;
        Self { name: noisy(name), more }
    }

    fn with(mut self, more: &'static str) -> Self {
        self.more = Some(noisy(more));
        self
    }

    fn by_ref(&self) -> &'static str {
        self.name.0
    }

    fn by_mut(&mut self) -> &mut Noisy {
        let slot = &mut self.name;
        slot
    }

    fn boxed(self: Box<Self>) -> Noisy {
        let Self { name, .. } = *self;
        name
    }

    fn counted(self: Rc<Self>) -> usize {
        let _second = Rc::clone(&self);
        Rc::strong_count(&self)
    }

    fn pinned(self: Pin<&mut Self>) -> usize {
        let this = self.get_mut();
        this.more = None;
        this.name.0.len()
    }

    fn consumed(self) {
        let _name = self.name;
        println!("consumed");
    }
}

#[cfg_attr(profiled, memline::profile)]
impl Deref for Owner {
    type Target = Noisy;
    fn deref(&self) -> &Noisy {
        println!("deref");
        &self.name
    }
}

#[cfg_attr(profiled, memline::profile)]
fn order() -> i32 {
    let mut vector = Vector(1, 2) + -Vector(3, 4);
    vector += see(5);
    vector[see(0)] += { let _o = noisy("operand"); see(7) };
    vector[1] = vector[0] * { vector.1 = see(3); vector[1] };
    println!("{vector:?}");
    let mut list = vec![1, 2, 3];
    list.push(list.len());
    list[0] = { list[1] = 9; list[1] + see(1) };
    let index = list.len() - 1;
    list[index] -= list[0].min(1);
    println!("{list:?}");
    vector[1]
}

fn main() {
    println!("{}", order());
    let mut owner = Owner::new("owner").with("more");
    owner.by_mut().0 = "renamed";
    println!("{} {} {}", owner.by_ref(), owner.name().len(), Owner::COUNT);
    println!("{}", Pin::new(&mut owner).pinned());
    owner.consumed();
    println!("{}", Box::new(Owner::new("boxed").with("lost")).boxed().0);
    println!("{}", Rc::new(Owner::new("counted")).counted());
    let _ = caught(|| Vector(0, 0)[2]);
}
