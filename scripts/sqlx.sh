#!/bin/sh
# Writes .sqlx anew: what the database answers about every query of the program and its tests.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_rust
need_tailwind
fresh="$PWD/${CARGO_TARGET_DIR:-target}/sqlx-fresh"
case ${CARGO_TARGET_DIR:-} in /*) fresh="$CARGO_TARGET_DIR/sqlx-fresh" ;; esac
rm -rf "$fresh"
mkdir -p "$fresh"
touch src/lib.rs # queries are asked only where something is compiled
SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$fresh" sh scripts/with_database.sh cargo check --locked --all-targets
rm -rf .sqlx
mv "$fresh" .sqlx
say ".sqlx holds $(find .sqlx -name '*.json' | wc -l | tr -d ' ') queries"
