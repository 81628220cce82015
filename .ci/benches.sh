#!/usr/bin/env bash
# The benchmarks compile. Nothing is timed here: figures of a busy machine say nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A package of its own shares what it has in common with the workspace.
export CARGO_TARGET_DIR=$PWD/target

# Without what names a bench's functions to perf, so that what is built for the examples is used again.
cargo bench --no-run --locked --benches --config profile.bench.debug=false
cargo check --locked --manifest-path benches/peers/Cargo.toml
