#!/bin/sh
# A rush against a server that runs: TABLETS send RATE orders a second together, SCREENS watch, for RUSH_SECONDS
# (`make rush SECONDS=60`). It starts nothing. The key comes from COMANDA_TOKEN, or is made with `comanda token` in the
# server's own database (the same COMANDA_DATA or DATABASE_URL as the server's).
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

# Not SECONDS: some shells count with it.
lasts_s=${RUSH_SECONDS:-30}
export TABLETS="${TABLETS:-20}" RATE="${RATE:-10}" SCREENS="${SCREENS:-6}"
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

# As a module: the first line (#!) of an installed program holds neither a space nor a long path.
exec .venv/bin/python -m locust --locustfile tests/load/locustfile.py --headless --host "$COMANDA_URL" \
    --users "$((TABLETS + SCREENS))" --spawn-rate "$((TABLETS + SCREENS))" --run-time "${lasts_s}s" --only-summary
