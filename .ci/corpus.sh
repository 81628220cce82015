#!/usr/bin/env bash
# Six published crates, every function annotated: they build, warn and do as before, and clippy has nothing
# new to say. The language's programs are among the workspace's tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

cargo fmt --check --manifest-path tests/corpus/Cargo.toml
cargo clippy --locked --all-targets --manifest-path tests/corpus/Cargo.toml -- -D warnings
cargo test --locked --manifest-path tests/corpus/Cargo.toml
cargo run --locked --manifest-path tests/corpus/Cargo.toml -- --quick
cargo run --locked --manifest-path tests/corpus/Cargo.toml -- --quick --clippy
