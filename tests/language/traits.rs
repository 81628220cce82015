//! Traits: default methods, associated items, generics, dynamic dispatch, supertraits.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::fmt::{Debug, Display};

#[cfg_attr(profiled, memline::profile)]
trait Animal: Debug {
    const LEGS: u32 = 4;
    type Food: Default + Debug;

    fn name(&self) -> String;

    fn describe(&self) -> String {
        let name = self.name();
        format!("{name} on {} legs", Self::LEGS)
    }

    fn eat(&mut self) -> Self::Food {
        Self::Food::default()
    }

    fn twice<T: Display>(&self, value: T) -> String
    where
        Self: Sized,
    {
        let text = value.to_string();
        text.clone() + &text
    }

    fn new() -> Self
    where
        Self: Sized;
}

#[derive(Debug)]
struct Dog;

#[derive(Debug)]
struct Bird<T>(T);

#[cfg_attr(profiled, memline::profile)]
impl Animal for Dog {
    type Food = String;
    fn name(&self) -> String {
        "dog".into()
    }
    fn new() -> Self { Dog }
}

#[cfg_attr(profiled, memline::profile)]
impl<T: Debug + Default> Animal for Bird<T> {
    const LEGS: u32 = 2;
    type Food = T;
    fn name(&self) -> String {
        let Self(inner) = self;
        format!("bird of {inner:?}")
    }
    fn new() -> Self {
        let inner = Default::default();
        Self(inner)
    }
}

trait Visitor {
    fn visit(&mut self, value: i32) -> bool;
    fn finish(self: Box<Self>) -> String;
}

#[cfg_attr(profiled, memline::profile)]
impl<F: FnMut(i32) -> bool> Visitor for (F, Noisy) {
    fn visit(&mut self, value: i32) -> bool {
        let (call, held) = self;
        println!("{}", held.0);
        call(value)
    }
    fn finish(self: Box<Self>) -> String {
        let (_, held) = *self;
        held.0.to_owned()
    }
}

#[cfg_attr(profiled, memline::profile)]
fn visit_all(mut visitor: Box<dyn Visitor + '_>, values: &[i32]) -> String {
    for &value in values {
        if !visitor.visit(value) {
            break;
        }
    }
    visitor.finish()
}

#[cfg_attr(profiled, memline::profile)]
fn statically<A: Animal<Food = u8>>() -> (A, u8) {
    let mut animal = A::new();
    let food = animal.eat();
    (animal, food)
}

#[cfg_attr(profiled, memline::profile)]
trait Loud: Debug {
    fn shout(&self) -> String {
        let text = format!("{self:?}");
        text.to_uppercase()
    }
}

impl Loud for Dog {}

#[cfg_attr(profiled, memline::profile)]
fn upcast(animal: &dyn Loud) -> &dyn Debug {
    println!("{}", animal.shout());
    animal
}

#[cfg_attr(profiled, memline::profile)]
impl<T> PartialEq<Bird<T>> for Dog {
    fn eq(&self, _: &Bird<T>) -> bool {
        false
    }
}

fn main() {
    let mut dog = Dog::new();
    println!("{} {:?} {}", dog.describe(), dog.eat(), dog.twice(4));
    println!("{:?}", statically::<Bird<u8>>());
    println!("{}", Bird('x').describe());
    println!("{:?}", upcast(&dog));
    println!("{}", dog == Bird(()));
    let mut sum = 0;
    let add = |n| { sum += n; sum < 5 };
    println!("{}", visit_all(Box::new((add, noisy("visitor"))), &[1, 2, 3, 4]));
    println!("{sum}");
}
