#!/usr/bin/env bash
# The pages work in a browser, and the tree in a terminal. Installs what that needs (Debian).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v tmux >/dev/null || missing+=(tmux)
if ((${#missing[@]} > 0)); then
    apt-get update
    apt-get install -y "${missing[@]}"
fi

# Of the whole workspace, as before, so that nothing is built anew with other features.
cargo test --locked --workspace --features profile-cli/browser-tests --test browser --test terminal
