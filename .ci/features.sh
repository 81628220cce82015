#!/usr/bin/env bash
# Every choice of features builds, without a warning.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for features in '' profile global-allocator record trace; do
    echo "cargo clippy --no-default-features --features '$features'"
    cargo clippy --locked --lib --examples --no-default-features --features "$features" -- -D warnings
done
for features in '' read symbols; do
    echo "cargo clippy -p profile-trace --no-default-features --features '$features'"
    cargo clippy --locked -p profile-trace --lib --no-default-features --features "$features" -- -D warnings
done
