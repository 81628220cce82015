//! The borrow checker's errors read as they do without the attribute.
use memline::profile;

#[profile]
fn dangling() -> &'static str {
    let text = String::new();
    &text
}

#[profile]
fn moved(all: Vec<u32>) -> usize {
    for _ in 0..2 {
        drop(all);
    }
    1
}

#[profile]
fn aliased(all: &mut Vec<u32>) {
    for n in all.iter() {
        let m = *n;
        all.push(m)
    }
}

#[profile]
fn not_send() {
    let shared = std::rc::Rc::new(1);
    std::thread::spawn(move || {
        let shared = shared;
        drop(shared);
    });
}

#[profile]
async fn outlives(text: &str) -> &'static str {
    let text = text;
    text
}

fn main() {}
