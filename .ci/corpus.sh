#!/usr/bin/env bash
# Six published crates, every function annotated: they build, warn and pass their tests as before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo fmt --check --manifest-path tests/corpus/Cargo.toml
cargo clippy --locked --all-targets --manifest-path tests/corpus/Cargo.toml -- -D warnings
cargo test --release --locked --manifest-path tests/corpus/Cargo.toml
cargo run --release --locked --manifest-path tests/corpus/Cargo.toml -- --quick
