#!/bin/sh
# A rush against a server that runs: TABLETS send RATE orders a minute each, SCREENS watch, for RUSH_SECONDS
# (`make rush SECONDS=60`). It starts nothing. The key comes from COMANDA_TOKEN, or is made with `comanda token` in the
# server's own database (the same COMANDA_DATA or DATABASE_URL as the server's); it has to be a manager's. With UI=1 it
# waits for a start in a browser, on http://localhost:8089.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

export COMANDA_URL="${COMANDA_URL:-http://localhost:3000}"

has_venv || fail "Python 3 with venv is needed: as root apt-get install python3-venv"
now=$(cksum <tests/load/requirements.txt)
if [ "$(cat .venv/comanda-load 2>/dev/null)" != "$now" ]; then
    say "installing tests/load/requirements.txt into .venv"
    pip_install -r tests/load/requirements.txt || fail "pip could not install tests/load/requirements.txt"
    printf '%s\n' "$now" >.venv/comanda-load
fi

if [ -z "${COMANDA_TOKEN:-}" ]; then
    need_rust
    need_tailwind
    COMANDA_TOKEN=$(cargo run --quiet --locked --profile product -- token --name "rush of $(date +%F)" --staff "${STAFF:-Sofia}") ||
        fail "no key: is this the COMANDA_DATA or DATABASE_URL of the server at $COMANDA_URL? Or name one in COMANDA_TOKEN"
    export COMANDA_TOKEN
fi

face=--headless
[ -z "${UI:-}" ] || face="--web-host 127.0.0.1"

# As a module: the first line (#!) of an installed program holds neither a space nor a long path.
# shellcheck disable=SC2086 # words on purpose
exec .venv/bin/python -m locust -f tests/load/locustfile.py $face --host "$COMANDA_URL" --tablets "${TABLETS:-50}" \
    --rate "${RATE:-2}" --screens "${SCREENS:-10}" --seconds "${RUSH_SECONDS:-60}"
