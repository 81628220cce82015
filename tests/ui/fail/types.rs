//! The user's own errors read as they do without the attribute.
use memline::profile;

#[profile]
fn returns() -> u32 {
    let _text = String::new();
    "one"
}

#[profile]
fn semicolon() -> u32 {
    let one = 1;
    one;
}

#[profile]
fn branches(n: u32) -> String {
    if n > 1 {
        String::new()
    } else if n > 2 {
        3
    } else {
        match n {
            0 => String::new(),
            _ =>
                n,
        }
    }
}

#[profile]
fn loops(n: u32) {
    for i in 0..n {
        let j = i;
        j + 1
    }
}

#[profile]
fn closure() {
    let add = |n: u32| {
        let m = n;
        m + "one"
    };
    add(1);
}

#[profile]
fn question() -> Option<u32> {
    let n: u32 = "1".parse::<u32>()?;
    Some(n)
}

#[profile]
async fn awaited() -> u32 {
    let text = String::new();
    missing(text).await
}

#[profile]
fn unfinished(n: Option<u32>) -> u32 {
    match n {
        Some(n) => n,
    }
}

fn main() {}
