#!/bin/sh
# with_database.sh COMMAND...: runs a command beside a throw-away PostgreSQL; DATABASE_URL names a database with the
# current migrations. The migrations go in through psql: the program itself may not compile while .sqlx is out of date.
set -eu
cd -- "$(dirname -- "$0")/.."
. ./scripts/need.sh

need_postgres
programs=$(find_postgres)
# In /tmp whatever TMPDIR says: a socket's path has to be short.
home=$(mktemp -d /tmp/comanda-throw-away-XXXXXX)
as_postgres() { (cd / && "$@"); }
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses root.
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$home"
    as_postgres() { (cd / && runuser -u "$user" -- "$@"); }
fi
end() {
    as_postgres "$programs/pg_ctl" stop -s -m immediate -D "$home/cluster" >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

as_postgres "$programs/initdb" -D "$home/cluster" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$home/said" 2>&1 ||
    { cat "$home/said" >&2; fail "initdb failed"; }
as_postgres mkdir -m 700 "$home/run"
as_postgres "$programs/pg_ctl" start -s -w -D "$home/cluster" -l "$home/log" \
    -o "-F -c listen_addresses= -c max_connections=200 -k $home/run" </dev/null ||
    { cat "$home/log" >&2; fail "PostgreSQL did not start"; }

ask() { "$programs/psql" -X -q -v ON_ERROR_STOP=1 -h "$home/run" "$@" >/dev/null; }
ask -U postgres -d postgres -c 'create role comanda_owner login' -c 'create database comanda owner comanda_owner'
# Where sqlx notes what has run; the program asks it at start.
ask -U comanda_owner -d comanda -c 'create table _sqlx_migrations (version bigint primary key, description text not null
    , installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null
    , execution_time bigint not null)'
for migration in migrations/*.sql; do
    ask -U comanda_owner -d comanda -1 -f "$migration"
done

DATABASE_URL="postgres:///comanda?host=$home/run&user=comanda_owner"
export DATABASE_URL
"$@"
