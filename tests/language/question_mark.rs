//! `?` on options and results, with conversions, and what it drops on its way out.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::fmt;
use std::num::ParseIntError;

#[derive(Debug)]
enum Failure {
    Parse(ParseIntError),
    Empty(Noisy),
}

#[cfg_attr(profiled, memline::profile)]
impl From<ParseIntError> for Failure {
    fn from(error: ParseIntError) -> Self {
        println!("converting {error}");
        Self::Parse(error)
    }
}

#[cfg_attr(profiled, memline::profile)]
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Parse(error) => write!(f, "parse: {error}")?,
            Failure::Empty(what) => {
                f.write_str("empty: ")?;
                f.write_str(what.0)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg_attr(profiled, memline::profile)]
fn sum(text: &str) -> Result<i32, Failure> {
    let _around = noisy("around");
    let mut sum = 0;
    for part in text.split(',') {
        let _part = noisy("part");
        if part.is_empty() {
            Err(Failure::Empty(noisy("error")))?;
        }
        sum += part.trim().parse::<i32>()?;
    }
    Ok(sum)
}

#[cfg_attr(profiled, memline::profile)]
fn boxed(text: &str) -> Result<String, Box<dyn std::error::Error>> {
    let value = sum(text)?;
    let small: u8 = u8::try_from(value)?;
    if small == 1 {
        return Err("one".into());
    }
    Ok(char::from(small).to_string()
        + {
            let rest = text.get(1..).ok_or("short")?;
            rest
        })
}

#[cfg_attr(profiled, memline::profile)]
fn options(deep: Option<Option<Noisy>>) -> Option<&'static str> {
    let inner = deep?;
    let text = noisy("temporary").name().len().checked_sub(inner.as_ref()?.0.len())?;
    println!("{text}");
    Some(inner?.0)
}

#[cfg_attr(profiled, memline::profile)]
fn collected(parts: &[&str]) -> Result<Vec<u8>, ParseIntError> {
    let numbers: Result<Vec<_>, _> = parts
        .iter()
        .map(|part| {
            let number: u8 = part.parse()?;
            Ok(number)
        })
        .collect();
    let mut numbers = numbers?;
    numbers.push("255".parse()?);
    Ok(numbers)
}

fn main() {
    for text in ["1,2", "1,,3", "4,x"] {
        match sum(text) {
            Ok(sum) => println!("{sum}"),
            Err(failure) => println!("{failure}"),
        }
    }
    for text in ["40,2", "300", "1", "x", "66"] {
        println!("{:?}", boxed(text).map_err(|error| error.to_string()));
    }
    println!("{:?} {:?}", options(None), options(Some(None)));
    println!("{:?} {:?}", options(Some(Some(noisy("in")))), options(Some(Some(noisy("a longer name")))));
    println!("{:?} {:?}", collected(&["1", "2"]), collected(&["1", "256"]));
}
