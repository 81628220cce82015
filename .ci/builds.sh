#!/usr/bin/env bash
# Programs that want a build of their own: allocators that are profiled, and panics that abort.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo test --locked --manifest-path tests/builds/Cargo.toml
