#!/usr/bin/env bash
# The runtime's own tests under AddressSanitizer, where a nightly toolchain is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "no nightly toolchain: left out"
    exit 0
fi
host=$(rustc -vV | sed -n 's/^host: //p')
# A target is named so that build scripts and macros are built without the sanitizer.
export RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=target/sanitize
cargo +nightly test --locked --target "$host" -p profile-runtime --lib
