#!/usr/bin/env bash
# Clippy has nothing to say, about any target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

cargo clippy --workspace --all-targets --locked -- -D warnings
cargo clippy --workspace --all-targets --locked --manifest-path tests/off/Cargo.toml -- -D warnings
cargo clippy --all-targets --locked --manifest-path tests/builds/Cargo.toml -- -D warnings
cargo clippy --all-targets --locked --manifest-path tests/oracles/Cargo.toml -- -D warnings
