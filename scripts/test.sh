#!/bin/sh
# Every test there is. Missing programs are installed first, so that nothing is skipped for want of one.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_rust
need_npm_packages
need_postgres
need_redis
need_nginx
need_systemd
need_chromium
need_certutil

# Tests open houses of their own: a setting meant for the house that serves here must not reach them.
for setting in $(env | sed -n 's/^\(COMANDA_[A-Z_]*\)=.*/\1/p'); do
    case $setting in
    COMANDA_TAILWIND | COMANDA_POSTGRES_BIN) ;;
    *) unset "$setting" ;;
    esac
done
unset DATABASE_URL DATABASE_OWNER_URL REDIS_URL

say "tests in Rust"
cargo test --locked --no-fail-fast

# After Rust's: tests/board_core.rs writes the traces that the page's reducer is held against.
say "tests in Node"
npm run --silent test

say "tests in the browser"
# cargo test has built the program they open; psql of the same PostgreSQL looks into its database.
COMANDA_BIN="${CARGO_TARGET_DIR:-target}/debug/comanda" PATH="$PATH:$(find_postgres)" npm run --silent browser
