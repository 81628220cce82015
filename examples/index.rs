//! A search index over the text files of a folder. Run it with
//!
//! ```text
//! cargo run --release --example index                      # over this workspace
//! cargo run --release --example index -- FOLDER            # over another folder
//! cargo run --release --example index -- FOLDER WORD…      # and answer a query
//! ```
//!
//! Without a query it prints the most frequent words. The tables at the end tell what the index
//! is made of: which share are the file names, the words, and the lists of where they occur.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use memline::profile;

/// Words longer than this, in bytes, are data rather than language, and are left out.
const LONGEST_WORD: usize = 48;

/// Which words occur in which files, and how often.
#[derive(Default)]
struct Index {
    /// The files, in the order in which they were added.
    files: Vec<PathBuf>,
    /// Where each word occurs; every list is in the order of the files.
    words: HashMap<Box<str>, Vec<Posting>>,
}

/// How often one word occurs in one file.
#[derive(Clone, Copy)]
struct Posting {
    /// Position in [`Index::files`].
    file: u32,
    count: u32,
}

#[profile]
impl Index {
    /// Reads every file and adds it, unless it is not UTF-8 text.
    fn build(paths: Vec<PathBuf>) -> Index {
        let mut index = Index::default();
        for path in paths {
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            index.add(path, &text);
        }
        index
    }

    /// Adds one file.
    fn add(&mut self, path: PathBuf, text: &str) {
        let file = self.files.len() as u32;
        self.files.push(path);
        for (word, count) in count_words(text) {
            let postings = self.words.entry(word).or_default();
            postings.push(Posting { file, count });
        }
    }

    /// The files that hold all the words, and how often they do; the best ones first.
    fn search(&self, words: &[String]) -> Vec<(u32, &Path)> {
        let mut found: HashMap<u32, (usize, u32)> = HashMap::new();
        for word in words {
            for posting in self.words.get(&*fold(word)).into_iter().flatten() {
                let (hits, count) = found.entry(posting.file).or_default();
                *hits += 1;
                *count += posting.count;
            }
        }
        found.retain(|_, (hits, _)| *hits == words.len());

        let mut ranked = Vec::with_capacity(found.len());
        for (file, (_, count)) in found {
            ranked.push((count, self.files[file as usize].as_path()));
        }
        ranked.sort_unstable_by_key(|&(count, path)| (Reverse(count), path));
        ranked
    }

    /// The `limit` most frequent words and how often they occur.
    fn most_frequent(&self, limit: usize) -> Vec<(u64, &str)> {
        let mut totals: Vec<(u64, &str)> = self
            .words
            .iter()
            .map(|(word, postings)| (postings.iter().map(|p| u64::from(p.count)).sum(), &**word))
            .collect();
        totals.sort_unstable_by_key(|&(count, word)| (Reverse(count), word));
        totals.truncate(limit);
        totals
    }
}

/// How often each word of a text occurs, case-folded.
fn count_words(text: &str) -> HashMap<Box<str>, u32> {
    let mut counts = HashMap::new();
    for word in words(text) {
        let folded = fold(word);
        match counts.get_mut(&*folded) {
            Some(count) => *count += 1,
            None => {
                counts.insert(folded.into(), 1);
            }
        }
    }
    counts
}

/// The words of a text: letters, digits and underscores.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty() && word.len() <= LONGEST_WORD)
}

/// A word in lower case; one that is so already is borrowed.
fn fold(word: &str) -> Cow<'_, str> {
    if word.chars().any(char::is_uppercase) {
        word.to_lowercase().into()
    } else {
        word.into()
    }
}

/// Appends the files below `folder` to `paths`, in the order of their names. Hidden entries and
/// build output are left out.
#[profile]
fn list_files(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_unstable_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name == "target" || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list_files(&entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let query: Vec<String> = arguments.collect();

    let mut paths = Vec::new();
    list_files(Path::new(&folder), &mut paths)?;
    let index = Index::build(paths);
    println!(
        "{} files, {} different words",
        index.files.len(),
        index.words.len()
    );

    if query.is_empty() {
        for (count, word) in index.most_frequent(10) {
            println!("{count:>9}  {word}");
        }
    } else {
        for (count, path) in index.search(&query).into_iter().take(10) {
            println!("{count:>9}  {}", path.display());
        }
    }
    Ok(())
}
