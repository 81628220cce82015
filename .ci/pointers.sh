#!/usr/bin/env bash
# Recordings of programs that have frame pointers, by which stacks are then walked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export RUSTFLAGS=-Cforce-frame-pointers=yes CARGO_TARGET_DIR=target/pointers
cargo test --locked --test recording
