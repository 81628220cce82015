#!/usr/bin/env bash
# The documentation builds without a warning, such as a broken link.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --workspace --locked
