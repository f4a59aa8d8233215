# Shared by scripts/test, scripts/demo and the tests that are written in bash: packages, an unprivileged place to
# work in, a private Postgres. Sourced, never run.
# shellcheck shell=bash disable=SC2034  # the sourcing scripts use what is set here

set -euo pipefail
SLUICE_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SECONDS=0

build_packages=(cmake ninja-build g++ pkg-config libsqlitecpp-dev libsqlite3-dev libpqxx-dev libpq-dev
  libboost1.81-dev libyaml-cpp-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libsystemd-dev
  prometheus-cpp-dev libabsl-dev doctest-dev)
run_packages=(postgresql postgresql-client sqlite3 curl ca-certificates)
check_packages=(clang-format clang-tidy systemd dbus-user-session strace git
  python3-django python3-sqlalchemy python3-alembic pgbouncer locales)

heading() { printf '\n== [%02d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "'$*' needs root; run this as root, or install sudo"
  fi
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null; }

# Installs those of the named packages that are missing. Debian's server package would make a system-wide cluster and
# start it; nobody asked for that, so it is told not to while it is unpacked.
need_packages() {
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  heading "Installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get update -q >/dev/null
  case " ${missing[*]} " in
    *" postgresql "*) install_without_cluster "${missing[@]}" ;;
    *) install_packages "${missing[@]}" ;;
  esac
}

install_without_cluster() {
  local settings=/etc/postgresql-common/createcluster.conf saved
  install_packages postgresql-common
  saved=$(mktemp)
  cp "$settings" "$saved"
  echo 'create_main_cluster = false' | as_root tee -a "$settings" >/dev/null
  local outcome=0
  install_packages "$@" || outcome=$?
  as_root cp "$saved" "$settings"
  rm -f "$saved"
  return $outcome
}

# Node with Debian's SQLite module, as SLUICE_NODE. Debian's packages go with Debian's own Node only; beside another one
# the module is unpacked into FOLDER. What it is linked to there is an empty library: any Node brings the functions itself.
need_node() {
  local folder=$1 binary wanted
  if is_installed node-sqlite3 || apt-get install -s nodejs node-sqlite3 >/dev/null 2>&1; then
    need_packages nodejs node-sqlite3
    export SLUICE_NODE=node
    return
  fi
  heading "Unpacking node-sqlite3 for $(command -v node), which is not Debian's"
  mkdir -p "$folder/modules/@mapbox/node-pre-gyp"
  (cd "$folder" && { apt-get download -q node-sqlite3 || { as_root apt-get update -q && apt-get download -q node-sqlite3; }; } &&
    dpkg -x node-sqlite3_*.deb .) >/dev/null 2>&1 || fail "can't get the package node-sqlite3"
  mv "$folder"/usr/lib/*/nodejs/sqlite3 "$folder/modules"
  binary=$(find "$folder/modules/sqlite3" -name '*.node' | sort -V | tail -n 1)
  echo "exports.find = () => '$binary'" >"$folder/modules/@mapbox/node-pre-gyp/index.js"
  wanted=$(ldd "$binary" | sed -n 's/^\s*\(libnode[^ ]*\) => not found$/\1/p')
  g++ -shared -x c++ /dev/null -Wl,-soname,"$wanted" -o "$folder/$wanted"
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s NODE_PATH=%s exec %s "$@"\n' "$folder" "$folder/modules" "$(command -v node)" \
    >"$folder/node"
  chmod 755 "$folder/node"
  export SLUICE_NODE=$folder/node
}

# --- a place to work in -------------------------------------------------------------------------------------------

# Kills what still runs from inside a folder: servers leave the process group of whoever started them.
end_processes_in() {
  local folder=$1 process place
  for process in /proc/[0-9]*; do
    for place in cwd exe; do
      case "$(readlink "$process/$place" 2>/dev/null)" in
        "$folder"/*) kill -KILL "${process#/proc/}" 2>/dev/null || true ;;
      esac
    done
  done
}

# The tree as somebody would get it by a clone: what git tracks or would track; everything but builds where there is
# no git.
copy_tree() {
  local target=$1
  mkdir -p "$target"
  if git -c safe.directory='*' -C "$SLUICE_TREE" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git -c safe.directory='*' -C "$SLUICE_TREE" ls-files -z --cached --others --exclude-standard |
      tar -C "$SLUICE_TREE" --null --ignore-failed-read --files-from=- -cf - 2>/dev/null | tar -C "$target" -xf -
  else
    tar -C "$SLUICE_TREE" --exclude=./build --exclude=./.git -cf - . | tar -C "$target" -xf -
  fi
}

# A control group in which USER may run a service manager of its own; prints its path, or nothing where the kernel or
# the container does not allow one.
delegated_cgroup() {
  local user=$1 mount=/sys/fs/cgroup own group
  [ ! -e "$mount/unified/cgroup.procs" ] || mount=$mount/unified
  own=$(sed -n 's/^0:://p' /proc/self/cgroup)
  group=$mount${own%/}/sluice-$$
  if as_root mkdir "$group" 2>/dev/null; then
    as_root chown -R "$user" "$group"
    echo "$group"
  fi
}

remove_cgroup() { as_root find "$1" -depth -type d -exec rmdir {} +; }

# Prepares the machine for a service manager of ordinary users where none runs yet: sets SLUICE_CGROUP.
# forget_user_manager undoes it.
allow_user_manager() {
  made_booted_mark=
  if [ ! -e /run/systemd/system ]; then
    as_root mkdir -p /run/systemd/system
    made_booted_mark=yes
  fi
  SLUICE_CGROUP=$(delegated_cgroup "$1")
  if [ -n "$SLUICE_CGROUP" ]; then
    as_root sh -c "echo $$ > $SLUICE_CGROUP/cgroup.procs"
  fi
  export SLUICE_CGROUP
}

forget_user_manager() {
  if [ -n "${SLUICE_CGROUP:-}" ]; then
    as_root sh -c "echo $$ > ${SLUICE_CGROUP%/*}/cgroup.procs"
    find "$SLUICE_CGROUP" -name cgroup.procs -exec cat {} + | xargs -r kill -KILL 2>/dev/null || true
    wait_for 5 "the control group is empty" remove_cgroup "$SLUICE_CGROUP"
  fi
  if [ -n "${made_booted_mark:-}" ]; then
    as_root rmdir /run/systemd/system 2>/dev/null || true
  fi
}

# Makes the folder $room with tree/, home/, run/ and tmp/ in it, as the home of one run.
make_room() {
  room=$(mktemp -d "${TMPDIR:-/var/tmp}/sluice.XXXXXX")
  mkdir -m 700 "$room/home" "$room/run" "$room/tmp"
}

remove_room() {
  end_processes_in "$room"
  rm -rf "$room"
}

# Runs a script of the tree as `nobody`, in a copy of the tree inside the room. Postgres refuses root, and nothing of
# a build or a test needs it.
run_as_nobody() {
  local script=$1
  shift
  copy_tree "$room/tree"
  chown -R nobody:nogroup "$room"
  chmod 711 "$room"
  # Children in the background would be born deaf to SIGINT, which the daemon's own tests send.
  setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs --inh-caps=-all \
    env --default-signal=INT,QUIT -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" CI="${CI:-}" \
    HOME="$room/home" XDG_RUNTIME_DIR="$room/run" TMPDIR="$room/tmp" SLUICE_CGROUP="${SLUICE_CGROUP:-}" \
    SLUICE_ROOM="$room" SLUICE_NODE="${SLUICE_NODE:-}" SLUICE_SEED="${SLUICE_SEED:-}" \
    bash "$room/tree/$script" "$@" </dev/null &
  wait $!
}

# --- a private Postgres -------------------------------------------------------------------------------------------

postgres_programs() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ -x "$newest" ] || fail "no Postgres server in /usr/lib/postgresql/*/bin; install the package postgresql"
  dirname "$newest"
}

# Makes and starts a throwaway server in FOLDER: its socket is there too, and there alone.
start_postgres() {
  local folder=$1 programs
  programs=$(postgres_programs)
  "$programs/initdb" --no-sync -A trust --locale C.UTF-8 -E UTF8 -U postgres -D "$folder/data" >"$folder/initdb.log" ||
    fail "initdb failed, see $folder/initdb.log"
  printf "listen_addresses = ''\nunix_socket_directories = '%s'\nfsync = off\n" "$folder" >>"$folder/data/postgresql.conf"
  "$programs/pg_ctl" -D "$folder/data" -l "$folder/postgres.log" -w -s start ||
    fail "Postgres did not start: $(tail -n 3 "$folder/postgres.log")"
}

stop_postgres() { "$(postgres_programs)/pg_ctl" -D "$1/data" -m immediate -s stop || true; }

# wait_for SECONDS WHAT COMMAND...: looks until the command succeeds, or says what it waited for in vain.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "waited in vain until $what"
    sleep 0.05
  done
}
