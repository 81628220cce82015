//! A program that brings its own allocator: mimalloc inside memline's. Run it with
//!
//! ```text
//! cargo run --release --example own_allocator --no-default-features --features profile
//! ```
//!
//! A program has one global allocator, and memline's default feature `global-allocator` already
//! installs one over the system's. So that feature is turned off, and one line puts memline's
//! around the allocator of choice instead. In a manifest:
//!
//! ```toml
//! memline = { version = "0.1", default-features = false, features = ["profile"] }
//! ```

use memline::profile;

#[cfg(all(feature = "profile", not(feature = "global-allocator")))]
#[global_allocator]
static ALLOCATOR: memline::Allocator<mimalloc::MiMalloc> =
    memline::Allocator::new(mimalloc::MiMalloc);

/// A list of lists, as an allocator likes it least: many small blocks of many sizes.
#[profile]
fn triangle(rows: usize) -> Vec<Vec<u64>> {
    let mut triangle: Vec<Vec<u64>> = Vec::with_capacity(rows);
    for row in 0..rows {
        let mut values = vec![1; row + 1];
        if let Some(above) = triangle.last() {
            for column in 1..row {
                values[column] = above[column - 1].wrapping_add(above[column]);
            }
        }
        triangle.push(values);
    }
    triangle
}

fn main() {
    if cfg!(feature = "global-allocator") {
        eprintln!(
            "note: built with memline's default features, so the system allocator is inside; for \
             mimalloc add `--no-default-features --features profile`"
        );
    }
    let triangle = triangle(1_000);
    let middle = triangle[999][500];
    println!(
        "{} rows, the middle of the last one modulo 2^64 is {middle}",
        triangle.len()
    );
}
