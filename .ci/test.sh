#!/usr/bin/env bash
# The README's own test command passes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command=$(sed -n 's/^\(cargo test[^#]*\).*/\1/p' README.md | head -n 1)
if [[ -z $command ]]; then
    echo "README.md names no test command" >&2
    exit 1
fi
read -ra words <<<"$command"
echo "${words[*]}"
"${words[@]}"
