#!/bin/sh
# From tap to every screen, with a full house.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_rust
need_npm_packages # the style sheet's tool, and what drives the browser
need_postgres
need_chromium
exec cargo bench --locked --bench rush
