#!/usr/bin/env bash
# Each example runs, and prints the table of the function that it is about.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tables=$(mktemp)
trap 'rm -f "$tables" "$tables.memline"' EXIT

# example FUNCTION NAME [CARGO'S FLAGS…] [-- ARGUMENTS…]
example() {
    local function=$1
    shift
    echo "cargo run --release --locked --example $*"
    if ! MEMLINE_OUTPUT=$tables MEMLINE_FORMAT=table cargo run --release --locked --example "$@"; then
        echo "the example failed: $*" >&2
        return 1
    fi
    if ! grep -q "function: .*$function\$" "$tables" || ! grep -q '^Line #' "$tables"; then
        echo "no table of $function; the report is:" >&2
        cat "$tables" >&2
        return 1
    fi
    # A row that ran has figures, a number of occurrences among them.
    grep -Eq '^ +[0-9]+ +.*(B|n/a) +-?[0-9.]+ [KMG]?i?B +[0-9,]+ ' "$tables"
    : >"$tables"
}

example 'even_squares' quickstart
example 'Index::build' index -- .
example 'spawn_and_collect' threads
example 'download' tokio
example 'Server::handle' leak
example 'Recognizer::face_image' narrow_down
example 'triangle' own_allocator --no-default-features --features profile

# Those that print a report of their own, or none.
echo 'cargo run --locked --example find_leak'
cargo run --locked --example find_leak 2>"$tables"
grep -q '^#1: File:examples/find_leak.rs$' "$tables"
grep -q ' HashMap<String, usize> | ' "$tables"
cargo run --release --locked --example record -- "$tables.memline"
