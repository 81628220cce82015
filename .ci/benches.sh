#!/usr/bin/env bash
# The benchmarks compile. Nothing is timed here: figures of a busy machine say nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo bench --no-run --locked --benches
cargo check --locked --manifest-path benches/peers/Cargo.toml
