//! Let chains: when each part's temporaries die, and which names the branches see.

#[path = "../common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn chain(a: Option<u32>, b: Result<u32, &str>) -> u32 {
    if let Some(a) = a
        && a > 1
        && let Ok(b) = b
        && noisy("condition").is(b != a)
    {
        let _inside = noisy("inside");
        a + b
    } else if let Some(text) = noisy("first").some()
        && let Some(_) = noisy("second").some().filter(|_| a.is_some())
    {
        println!("{text}");
        1
    } else if let Err(text) = b && text.len() > 2 {
        2
    } else {
        3
    }
}

#[cfg_attr(profiled, memline::profile)]
fn drains(mut list: Vec<Noisy>) -> usize {
    let mut seen = 0;
    while let Some(last) = list.pop()
        && let name = last.name()
        && name != "stop"
    {
        if name == "skip" {
            continue;
        }
        seen += name.len();
    }
    list.len() + seen
}

#[cfg_attr(profiled, memline::profile)]
fn nested(values: &[Option<&str>]) -> Option<usize> {
    for value in values {
        if let Some(text) = value
            && let Ok(number) = text.parse::<usize>()
            && (number < 3 || { let _alt = noisy("alternative"); number == 9 })
        {
            return Some(number);
        }
        let first = if let Some(text) = value && !text.is_empty() { text.chars().next()? } else { continue };
        println!("{first}");
    }
    None
}

#[cfg_attr(profiled, memline::profile)]
fn guards(value: Option<&str>) -> &'static str {
    match value {
        Some(text) if text.len() == 1 && noisy("guard").is(true) => "one",
        Some(text) =>
            if let Some(rest) = text.strip_prefix('x') && rest.len() > 1 {
                "prefixed"
            } else {
                "other"
            },
        None => "none",
    }
}

fn main() {
    println!("{}", chain(Some(2), Ok(3)));
    println!("{}", chain(Some(2), Ok(2)));
    println!("{}", chain(None, Err("long")));
    println!("{}", chain(None, Ok(1)));
    println!("{}", drains(vec![noisy("rest"), noisy("stop"), noisy("skip"), noisy("top")]));
    println!("{:?} {:?}", nested(&[None, Some("7"), Some("9")]), nested(&[Some("")]));
    println!("{} {} {} {}", guards(Some("a")), guards(Some("xab")), guards(Some("xa")), guards(None));
}
