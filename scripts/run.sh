#!/bin/sh
# Builds Comanda and opens the demo restaurant, or runs the command that is named. Settings come from the environment: `comanda --help` lists them.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_rust
need_tailwind
[ -n "${DATABASE_URL:-}" ] || need_postgres
say "building (the first time takes some minutes)"
cargo build --locked --profile product
# Replaces this shell, so that Ctrl-C and a supervisor's signal reach the program and nobody else.
exec cargo run --quiet --locked --profile product -- "$@"
