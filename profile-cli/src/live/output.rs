//! What the program prints, kept aside while the screen is in use.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// The most bytes that are kept; of more, the first are dropped, and counted.
const MOST: usize = 4 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Stdout,
    Stderr,
}

impl From {
    fn pass_on(self, bytes: &[u8]) {
        // Nobody may read it any more, which is not the program's affair.
        let _ = match self {
            Self::Stdout => io::stdout()
                .write_all(bytes)
                .and_then(|()| io::stdout().flush()),
            Self::Stderr => io::stderr().write_all(bytes),
        };
    }
}

#[derive(Debug, Default)]
struct Kept {
    pieces: VecDeque<(From, Vec<u8>)>,
    bytes: usize,
    dropped: usize,
    /// Whether it is printed as it comes, rather than kept.
    passes: bool,
}

/// The output of a program whose streams are pipes.
#[derive(Debug, Default)]
pub(super) struct Output {
    kept: Arc<Mutex<Kept>>,
    readers: Vec<JoinHandle<()>>,
}

impl Output {
    /// Takes the output of a program that has just been started.
    pub(super) fn of(child: &mut Child) -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let stdout = child
            .stdout
            .take()
            .map(|stream| read(stream, From::Stdout, &kept));
        let stderr = child
            .stderr
            .take()
            .map(|stream| read(stream, From::Stderr, &kept));
        let readers = stdout.into_iter().chain(stderr).collect();
        Self { kept, readers }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last lines, the oldest first.
    pub(super) fn last_lines(&self, count: usize) -> Vec<String> {
        let kept = self.lock();
        // Lines are seldom longer than this.
        let mut pieces = Vec::new();
        let mut bytes = 0;
        for (_, piece) in kept.pieces.iter().rev() {
            pieces.push(&**piece);
            bytes += piece.len();
            if bytes > count * 1000 {
                break;
            }
        }
        pieces.reverse();
        let text = pieces.concat();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let first = lines.len().saturating_sub(count);
        lines[first..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect()
    }

    /// Prints what was kept, and from now on all that comes.
    pub(super) fn pass_on(&self) {
        let mut kept = self.lock();
        kept.passes = true;
        if kept.dropped > 0 {
            eprintln!(
                "memline: {} of the program's output have been dropped here",
                crate::units::bytes(kept.dropped as u64)
            );
        }
        for (from, piece) in kept.pieces.drain(..) {
            from.pass_on(&piece);
        }
    }

    /// Waits until all has come. The program, and whoever has its streams, has ended.
    pub(super) fn finish(&mut self) {
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}

fn read(
    mut stream: impl Read + Send + 'static,
    from: From,
    kept: &Arc<Mutex<Kept>>,
) -> JoinHandle<()> {
    let kept = kept.clone();
    thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut bytes) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.passes {
                from.pass_on(&bytes[..length]);
            } else {
                kept.add(from, &bytes[..length]);
            }
        }
    })
}

impl Kept {
    fn add(&mut self, from: From, bytes: &[u8]) {
        self.bytes += bytes.len();
        match self.pieces.back_mut() {
            Some((last, piece)) if *last == from && piece.len() < 8192 => {
                piece.extend_from_slice(bytes)
            }
            _ => self.pieces.push_back((from, bytes.to_vec())),
        }
        while self.bytes > MOST
            && let Some((_, piece)) = self.pieces.pop_front()
        {
            self.bytes -= piece.len();
            self.dropped += piece.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_dropped_and_counted() {
        let mut kept = Kept::default();
        for _ in 0..1000 {
            kept.add(From::Stdout, &[b'x'; 8192]);
        }
        assert!(kept.bytes <= MOST && kept.bytes > MOST / 2);
        assert_eq!(kept.bytes + kept.dropped, 1000 * 8192);
        let output = Output {
            kept: Arc::new(Mutex::new(kept)),
            readers: Vec::new(),
        };
        output.lock().add(From::Stderr, b"\none\ntwo\n");
        assert_eq!(output.last_lines(2), ["one", "two"]);
    }
}
