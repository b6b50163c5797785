#!/bin/sh
# From tap to every screen, with a full house.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_rust
need_tailwind
need_postgres
exec cargo bench --locked --bench rush
