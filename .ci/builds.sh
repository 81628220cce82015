#!/usr/bin/env bash
# Programs that want a build of their own: allocators that are profiled, panics that abort, and a Rust
# library linked when the program starts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

cargo test --locked --manifest-path tests/builds/Cargo.toml
cargo test --locked --manifest-path tests/dylib/Cargo.toml
