//! No idea where it leaks: two lines around the suspect, and out comes where, how much, and of which
//! type. Run it with
//!
//! ```text
//! cargo run --example find_leak
//! MEMLINE_KEY=stack cargo run --example find_leak       # with the calls that led there
//! ```
//!
//! A service counts words of the documents that it is sent. What a session needs is forgotten with it,
//! but for what one line keeps.

use std::collections::HashMap;
use std::rc::Rc;

use memline::{Key, Leak};

/// What is kept of one request.
struct Trail {
    #[expect(dead_code, reason = "it is what is kept")]
    document: Rc<str>,
    words: HashMap<String, usize>,
}

#[derive(Default)]
struct Service {
    /// The mistake: nobody ever takes anything out of it.
    trails: Vec<Trail>,
    answered: usize,
}

impl Service {
    fn answer(&mut self, document: &str) -> usize {
        let document: Rc<str> = document.to_lowercase().into();
        let mut words = HashMap::new();
        for word in document.split_whitespace() {
            *words.entry(word.to_owned()).or_insert(0) += 1;
        }
        let longest = words.keys().map(String::len).max().unwrap_or(0);
        self.answered += 1;
        if self.answered.is_multiple_of(10) {
            self.trails.push(Trail { document, words });
        }
        longest
    }
}

/// A document of some two hundred words.
fn document(number: usize) -> String {
    let word = |index: usize| format!("Word{} ", (index * index + number) % 97);
    (0..200).map(word).collect()
}

fn main() {
    let leak = Leak::builder().limit(2).key(Key::Line).start();

    let mut service = Service::default();
    let longest = (0..500)
        .map(|number| service.answer(&document(number)))
        .max();
    println!(
        "{} answers, the longest word has {longest:?} letters",
        service.answered
    );

    leak.stop();
    let words: usize = service.trails.iter().map(|trail| trail.words.len()).sum();
    println!("{words} words in {} trails", service.trails.len());
}
