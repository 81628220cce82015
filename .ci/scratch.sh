#!/usr/bin/env bash
# A new package that only depends on memline and annotates a function prints its table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cargo init --quiet --vcs none --name scratch
echo "memline = { path = \"$root\" }" >>Cargo.toml
cat >src/main.rs <<'END'
#[memline::profile]
fn collect() -> Vec<u8> {
    let kept = vec![1; 5000];
    kept
}

fn main() {
    println!("{}", collect().len());
}
END
# The versions that are known to work, and no newer ones.
cp "$root/Cargo.lock" .
cargo run --quiet >printed 2>table
cat table
[[ $(cat printed) == 5000 ]]
grep -Eq '^ +3 .* 4\.9 KiB +1 +let kept = vec!\[1; 5000\];$' table
