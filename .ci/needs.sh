#!/usr/bin/env bash
# Installs what the checks need beside Rust, where it is missing: a C compiler (for mimalloc), and
# the toolchain's formatter and linter.
set -euo pipefail

if ! command -v cc >/dev/null; then
    apt-get update
    apt-get install -y gcc libc6-dev
fi
cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
