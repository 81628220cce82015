#!/usr/bin/env bash
# With memline off, nothing of it is left: shown by a package that is built by itself, since a
# workspace unites the features of its members. Symbols tell.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

cargo test --locked --manifest-path tests/off/Cargo.toml
