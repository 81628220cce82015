#!/usr/bin/env bash
# Makes d3.min.js and LICENSE from the packages that package.json names. Needs npm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

npm install --no-package-lock --no-audit --no-fund
npx esbuild index.js --bundle --minify --format=iife --global-name=d3 --target=es2020 \
    --legal-comments=none --charset=utf8 --outfile=d3.min.js
{
    for package in d3-array d3-color d3-format d3-hierarchy d3-interpolate d3-path d3-scale \
        d3-selection d3-shape d3-time d3-time-format internmap; do
        printf '== %s %s\n\n' "$package" "$(node -p "require('./node_modules/$package/package.json').version")"
        cat "node_modules/$package/LICENSE"
        printf '\n'
    done
} >LICENSE
rm -rf node_modules
