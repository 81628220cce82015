#!/usr/bin/env bash
# The language's programs, and six published crates, every function annotated: they build, warn and do as
# before, and clippy has nothing new to say.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

cargo test --locked --test language
cargo fmt --check --manifest-path tests/corpus/Cargo.toml
cargo clippy --locked --all-targets --manifest-path tests/corpus/Cargo.toml -- -D warnings
cargo test --locked --manifest-path tests/corpus/Cargo.toml
cargo run --locked --manifest-path tests/corpus/Cargo.toml -- --quick
cargo run --locked --manifest-path tests/corpus/Cargo.toml -- --quick --clippy
