#!/bin/sh
# From tap to every screen, with a full house.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_rust
need_npm_packages # the style sheet's tool, and what drives the browser
need_postgres
need_chromium
# ONLY: some works by name, printed and not written down. PEERS=1: others under the same screens as well.
[ -z "${PEERS:-}" ] || npm ci --prefix benches/peers --ignore-scripts --no-fund --no-audit --loglevel=error </dev/null >&2
# shellcheck disable=SC2086
exec cargo bench --locked --bench rush -- ${ONLY:-} ${PEERS:+PEERS}
