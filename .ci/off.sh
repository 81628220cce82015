#!/usr/bin/env bash
# With memline off, nothing of it is left: shown by a package that is built by itself, since a
# workspace unites the features of its members. Debug symbols tell in either profile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo test --locked --manifest-path tests/off/Cargo.toml
