#!/usr/bin/env bash
# The language's programs, and six published crates, every function annotated: they build, warn and do as
# before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo test --locked --test language
cargo fmt --check --manifest-path tests/corpus/Cargo.toml
cargo clippy --locked --all-targets --manifest-path tests/corpus/Cargo.toml -- -D warnings
cargo test --release --locked --manifest-path tests/corpus/Cargo.toml
cargo run --release --locked --manifest-path tests/corpus/Cargo.toml -- --quick
