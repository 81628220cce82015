#!/usr/bin/env bash
# Under AddressSanitizer, where a nightly toolchain is installed: the runtime's own tests, those of the table of blocks,
# and a recorded program, which ends as it would.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "no nightly toolchain: left out"
    exit 0
fi
host=$(rustc -vV | sed -n 's/^host: //p')
# A target is named so that build scripts and macros are built without the sanitizer.
export RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=target/sanitize
cargo +nightly test --locked --target "$host" -p profile-runtime --features trace,checks --lib
cargo +nightly test --locked --target "$host" -p profile-trace --features read --lib view::blocks

root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR=$root/target/sanitize
cd "$folder"
cargo init --quiet --vcs none --name sanitized
echo "memline = { path = \"$root\" }" >>Cargo.toml
cat >src/main.rs <<'END'
use std::hint::black_box;

use memline as _;

/// Frames of several sizes, so that what was a frame lies among the variables of another one later.
fn tree<const SIZE: usize>(depth: u32) -> usize {
    let mut room = [0u8; SIZE];
    black_box(&mut room);
    let block = black_box(Vec::<u8>::with_capacity(SIZE));
    let below = match depth {
        0 => 0,
        _ if depth % 3 == 0 => tree::<40>(depth - 1) + tree::<333>(depth - 1),
        _ => tree::<8>(depth - 1) + tree::<100>(depth - 1),
    };
    black_box(&mut room);
    below + block.capacity()
}

fn main() {
    println!("{}", (0..40).map(|_| tree::<16>(12)).sum::<usize>());
}
END
cp "$root/Cargo.lock" .
cargo +nightly build --quiet --target "$host"
program=$CARGO_TARGET_DIR/$host/debug/sanitized
"$program" >plain
MEMLINE_RECORD=recorded.memline "$program" >recorded 2>said
cat said
cmp plain recorded
grep -q 'goes without memory over time: a sanitizer' said
[[ $(wc -l <said) == 1 && -s recorded.memline && ! -e recorded.memline.pending ]]
