#!/usr/bin/env bash
# What many profiled functions cost in one crate: the time to compile it and the size of the program,
# with `#[profile]` on each function and without. `benches/functions.sh [NUMBER]`, 10,000 by default.
#
# Times are processor time of compiling the crate alone, its dependencies being there already; sizes are
# those of the stripped program, and of its code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

number=${1:-10000}
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CARGO_TARGET_DIR=$folder/target CARGO_INCREMENTAL=0
TIMEFORMAT='%U %S'

# The same functions for both: the attribute is what `cfg_attr` says.
functions() {
    local index
    for ((index = 0; index < number; index++)); do
        cat <<END
#[cfg_attr(feature = "profiled", memline::profile)]
pub fn function$index(limit: u64) -> Vec<u64> {
    let mut kept = Vec::new();
    for number in 0..limit {
        let square = number * number + $index;
        if square % 3 == 0 {
            kept.push(square);
        }
    }
    kept.sort_unstable();
    kept
}
END
    done
}

# Calls each function, so that none is left out of the program.
calls() {
    local index
    echo 'fn main() {'
    echo '    let functions: &[fn(u64) -> Vec<u64>] = &['
    for ((index = 0; index < number; index++)); do
        echo "        function$index,"
    done
    echo '    ];'
    echo '    println!("{}", functions.iter().map(|function| function(10).len()).sum::<usize>());'
    echo '}'
}

mkdir src
cat >Cargo.toml <<END
[package]
name = "functions"
version = "0.0.0"
edition = "2024"

[features]
profiled = []

# Of the runtime, only what profiled functions call is linked: for few functions it outweighs them.
[dependencies]
memline = { path = "$root" }

[profile.dev]
debug = false

[profile.release]
strip = true

[workspace]
END
cp "$root/Cargo.lock" .

# measure PROFILE FEATURES: seconds, bytes of the program, bytes of its code
measure() {
    local profile=$1 features=$2 place=$1 times
    [[ $profile == dev ]] && place=debug
    echo 'fn main() { println!("{}", memline::live()); }' >src/main.rs
    cargo build --quiet --profile "$profile" --features "$features"
    { functions && calls; } >src/main.rs
    times=$({ time cargo build --quiet --profile "$profile" --features "$features" >&2; } 2>&1)
    strip -o stripped "target/$place/functions"
    awk -v times="$times" -v program="$(stat -c %s stripped)" -v code="$(size stripped | awk 'NR == 2 { print $1 }')" \
        'BEGIN { split(times, t, " "); printf "%.1f %d %d\n", t[1] + t[2], program, code }'
}

printf '%s functions of ten lines\n\n' "$number"
printf '%-9s %-25s %12s %12s %8s\n' build '' plain profiled ratio
for profile in dev release; do
    read -ra plain <<<"$(measure "$profile" '')"
    read -ra profiled <<<"$(measure "$profile" profiled)"
    what=('compile, seconds' 'program, bytes' 'code and constants, bytes')
    for column in 0 1 2; do
        awk -v profile="$profile" -v what="${what[column]}" -v plain="${plain[column]}" \
            -v profiled="${profiled[column]}" \
            'BEGIN { printf "%-9s %-25s %12s %12s %7.2f\n", profile, what, plain, profiled, profiled / plain }'
    done
done
