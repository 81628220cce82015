#!/usr/bin/env bash
# What recordings say is what dhat-rs says, and valgrind where it is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo test --locked --manifest-path tests/oracles/Cargo.toml
