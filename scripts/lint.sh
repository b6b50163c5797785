#!/bin/sh
# Everything that needs no running program. The first thing that is wrong ends it.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_rust
need_npm_packages

say "format"
cargo fmt --check

say "clippy, and every query asked of a real database"
target=${CARGO_TARGET_DIR:-target}
case $target in /*) fresh="$target/sqlx-fresh" ;; *) fresh="$PWD/$target/sqlx-fresh" ;; esac
rm -rf "$fresh"
mkdir -p "$fresh"
touch src/lib.rs # queries are asked only where something is compiled
SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$fresh" sh scripts/with_database.sh \
    cargo clippy --locked --all-targets -- -D warnings
diff -r .sqlx "$fresh" || fail ".sqlx is not what the database answers (above: < committed, > answered): run make sqlx"

say "documentation"
RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items

say "types of the pages' modules"
npm run --silent types

say "licences and sources of everything that is built in"
cargo metadata --locked --format-version 1 | node scripts/licences.mjs
