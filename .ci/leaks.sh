#!/usr/bin/env bash
# A program of known leaks: each is found at its line, with its type, its bytes and its number, however
# the program is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

for profile in dev release lto lines; do
    echo "cargo test --manifest-path tests/leaks/Cargo.toml --profile $profile"
    cargo test --locked --manifest-path tests/leaks/Cargo.toml --profile "$profile"
done
