#!/usr/bin/env bash
# What recordings say is what dhat-rs says, and valgrind where it is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

cargo test --locked --manifest-path tests/oracles/Cargo.toml
