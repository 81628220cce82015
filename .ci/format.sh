#!/usr/bin/env bash
# The code is formatted, in the workspace and in the packages beside it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo fmt --all --check
# Without `--all`, which would follow these packages back into the workspace.
cargo fmt --check --manifest-path tests/off/Cargo.toml -p off -p capture
cargo fmt --check --manifest-path benches/peers/Cargo.toml
cargo fmt --check --manifest-path tests/builds/Cargo.toml
cargo fmt --check --all --manifest-path tests/dylib/Cargo.toml
cargo fmt --check --manifest-path tests/oracles/Cargo.toml
