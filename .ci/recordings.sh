#!/usr/bin/env bash
# A program is built and recorded as the README says, and every report is made of it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --locked -p profile-cli
bin=$(cargo metadata --locked --no-deps --format-version=1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug
export PATH="$bin:$PATH"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
file=$folder/index.memline

cargo memline -o "$file" run --release --example index -- src
for report in stats summary top table "transform folded" "transform speedscope" "transform csv" \
    "transform dhat" "transform pprof" dump; do
    read -ra words <<<"$report"
    memline "${words[@]}" "$file" >"$folder/report"
    [[ -s $folder/report ]] || { echo "memline $report wrote nothing" >&2; exit 1; }
done
memline lines "$file" 'Index::add$' | tee "$folder/report"
grep -q 'fn add' "$folder/report"
memline diff "$file" "$file" | grep 'Nothing differs'
memline diff --html "$file" "$file" -o "$folder/diff.html"
memline pack "$file"
memline flamegraph "$file" -o "$folder/flamegraph.html"
memline table --html "$file" -o "$folder/table.html"
memline top --json "$file" | grep -q 'index::Index::add'

if memline run -o "$folder/none.memline" -- true; then
    echo "a program without memline was recorded" >&2
    exit 1
fi
status=0
MEMLINE=off memline run -o "$folder/status.memline" -- "$bin/../memline/release/examples/index" "$folder/missing" || status=$?
if ((status != 1)); then
    echo "the program's exit status was not kept: $status" >&2
    exit 1
fi
