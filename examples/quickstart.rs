//! One page of code, and where its memory goes. Run it with
//!
//! ```text
//! cargo run --release --example quickstart
//! ```
//!
//! and read the table column by column: which line keeps memory, which one only borrows it, and
//! which closing brace gives it back.

use memline::profile;

/// The squares of the even numbers below `limit`, and the length of the longest one in digits.
#[profile]
fn even_squares(limit: u64) -> (Vec<u64>, usize) {
    // An empty vector owns no heap memory: this line ran and kept nothing.
    let mut squares = Vec::new();

    // The header counts one more than the body: the last test finds the end.
    for number in 0..limit {
        if number % 2 == 0 {
            // Grows by doubling. The increment is what is left of all the reallocations.
            squares.push(number * number);
        }
    }

    // A temporary: the string is dropped at the end of the line, so the increment is 0 B.
    // `MEMLINE_COLUMNS=default,peak` shows what the line needed meanwhile.
    let longest = format!("{}", squares.last().unwrap_or(&0)).len();

    {
        // A copy that lives as long as its block …
        let mut shuffled = squares.clone();
        shuffled.reverse();
        assert_eq!(shuffled.len(), squares.len());
    } // … and is freed here: closing braces are lines too.

    // `push` left room to spare; this gives it back.
    squares.shrink_to_fit();

    // What the caller gets is what the column adds up to.
    (squares, longest)
}

fn main() {
    let (squares, longest) = even_squares(100_000);
    let bytes = squares.capacity() * size_of::<u64>();
    println!(
        "{} squares of up to {longest} digits: {bytes} bytes",
        squares.len()
    );
}
