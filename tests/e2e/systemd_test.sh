#!/usr/bin/env bash
# The user service as its owner meets it: installed, enabled, killed, frozen, stopped and started on demand, under a
# real `systemd --user` of its own.
#   systemd_test.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

build=$1
watchdog_seconds=3

skip() { echo "skipped: $*" >&2; exit 77; }
step() { echo "-- $*"; }

# A service manager needs a control group that belongs to its user. scripts/test hands one over; on a desktop the
# session's own manager gives one.
[ "$(id -u)" != 0 ] || skip "run as an ordinary user, as scripts/test does"
[ -d /run/systemd/system ] || skip "/run/systemd/system does not exist; scripts/test takes care of that"
if [ -z "${SLUICE_CGROUP:-}" ]; then
  systemctl --user show-environment >/dev/null 2>&1 || skip "no control group to work in; scripts/test provides one"
  export SLUICE_CGROUP=/sys/fs/cgroup/own
  exec systemd-run --user --scope --quiet -p Delegate=yes "$0" "$build"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-systemd.XXXXXX")
export HOME=$work/home XDG_RUNTIME_DIR=$work/run
# The prefix is a place for units as /usr is, before all others.
export SYSTEMD_UNIT_PATH=$work/prefix/lib/systemd/user:
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CONFIG_DIRS DBUS_SESSION_BUS_ADDRESS SLUICE_SOCKET NOTIFY_SOCKET LISTEN_FDS
mkdir -m 700 "$HOME" "$XDG_RUNTIME_DIR" "$work/postgres"
units=$HOME/.config/systemd/user
socket=$XDG_RUNTIME_DIR/sluice/control.sock
manager=

clean_up() {
  local outcome=$?
  if [ $outcome -ne 0 ] && [ $outcome -ne 77 ]; then
    echo "--- state"; user show sluice.service -p ActiveState,SubState,Result,NRestarts,StatusText || true
    echo "--- service log"; tail -n 30 "$work/service.log" || true
    echo "--- manager log"; tail -n 30 "$work/manager.log" || true
  fi
  [ -z "$manager" ] || { user exit || kill -KILL "$manager"; wait "$manager" || true; } 2>/dev/null
  resume_postgres 2>/dev/null || true
  [ ! -d "$work/postgres/data" ] || stop_postgres "$work/postgres" 2>/dev/null
  end_processes_in "$work"
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

user() { systemctl --user --no-pager "$@"; }
property() { user show sluice.service -p "$1" --value; }
is() { [ "$(property "$1")" = "$2" ]; }
ask() { curl -sS --max-time 20 --unix-socket "$socket" -X "$1" "http://localhost/v1/$2"; }
answers() { ask GET status | grep -q '"api":1'; }
in_postgres() { psql -XAtq -h "$work/postgres" -U postgres shop -c "$1"; }
in_sqlite() { sqlite3 -cmd '.timeout 5000' "$HOME/shop.db" "$1"; }
flushed() { ask POST flush | grep -Eq '"outcome": ?"(flushed|nothing_to_do)"'; }

postgres_processes() {
  local postmaster
  postmaster=$(head -n 1 "$work/postgres/data/postmaster.pid")
  echo "$postmaster" $(cat "/proc/$postmaster/task/$postmaster/children")
}
pause_postgres() {
  paused=$(postgres_processes)
  kill -STOP $paused
}
resume_postgres() { [ -z "${paused:-}" ] || kill -CONT $paused; }

expect_same_rows() {
  local there here
  flushed || fail "$1: a flush did not succeed: $(ask POST flush)"
  here=$(in_sqlite 'SELECT count(*), sum(id) FROM items')
  there=$(in_postgres 'SELECT count(*), sum(id) FROM items')
  [ "$here" = "$there" ] || fail "$1: SQLite holds $here, Postgres $there"
}
insert_item() { in_sqlite "INSERT INTO items (name) VALUES ('$1')"; }

# is_another PID: the service runs again, and not as that process.
is_another() { is ActiveState active && [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ]; }

# Waits on this process's clock, in which nothing else is to happen: the one place where time itself is under test.
let_pass() { local end=$((SECONDS + $1)); while [ $SECONDS -le $end ]; do sleep 0.2; done; }

step "install to a folder of our own"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
grep -q "^ExecStart=$work/prefix/bin/sluiced\$" "$work/prefix/lib/systemd/user/sluice.service" ||
  fail "the installed unit does not start the installed program"
systemd-analyze --user verify "$work/prefix/lib/systemd/user/sluice.service" || fail "systemd finds fault with the units"

step "a source, a server, a configuration"
start_postgres "$work/postgres"
createdb -h "$work/postgres" -U postgres shop
in_sqlite 'PRAGMA journal_mode = wal; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL)' >/dev/null
insert_item first
mkdir -p "$HOME/.config/sluice" "$units/sluice.service.d"
cat >"$HOME/.config/sluice/config.yaml" <<EOF
pipelines:
  shop:
    source:
      path: ~/shop.db
    target:
      url: postgresql:///shop
EOF
# The place and user of the server come through the environment file, as a password file would.
printf 'PGHOST=%s\nPGUSER=postgres\n' "$work/postgres" >"$HOME/.config/sluice/environment"
# The leak check of a sanitized build stops its own process with a call that the hardening forbids.
cat >"$units/sluice.service.d/test.conf" <<EOF
[Service]
WatchdogSec=$watchdog_seconds
StandardOutput=append:$work/service.log
StandardError=append:$work/service.log
Environment=ASAN_OPTIONS=detect_leaks=0
EOF

step "a service manager of our own"
if [ -w "$SLUICE_CGROUP" ]; then
  mkdir "$SLUICE_CGROUP/systemd-test-$$"
  echo $$ >"$SLUICE_CGROUP/systemd-test-$$/cgroup.procs"
fi
# basic.target alone: the session services of other packages are none of this test's business.
/lib/systemd/systemd --user --unit=basic.target >"$work/manager.log" 2>&1 &
manager=$!
wait_for 20 "the manager runs" user show-environment

step "enable --now brings it up ready"
user enable --now sluice.service
is ActiveState active || fail "the service is not active after enable --now"
[ "$(user is-enabled sluice.socket)" = enabled ] || fail "the socket was not enabled with the service"
[ "$(stat -c '%a %a' "$socket" "$XDG_RUNTIME_DIR/sluice" | tr '\n' ' ')" = "600 600 700 700 " ] ||
  fail "the socket or its folder has other rights than 0600 and 0700"
answers || fail "no status over the socket"

step "a flush, and the status line tells the position"
expect_same_rows "after the first start"
wait_for 10 "the status line shows the position" eval 'property StatusText | grep -Eq "(streaming|idle) at [1-9]"'
echo "   $(property StatusText)"
[ -s "$work/service.log" ] || fail "the service has logged nothing"

step "killed with SIGKILL, it comes back and goes on"
pid=$(property MainPID)
insert_item 'before the kill'
kill -KILL "$pid"
wait_for 20 "it is back after kill -9" is_another "$pid"
wait_for 20 "it answers after kill -9" answers
insert_item 'after the kill'
expect_same_rows "after kill -9"

step "frozen, the watchdog replaces it"
pid=$(property MainPID)
kill -STOP "$pid"
wait_for $((watchdog_seconds * 10)) "the watchdog has replaced the frozen daemon" is_another "$pid"
wait_for 20 "it answers after the watchdog" answers
expect_same_rows "after the watchdog"

step "a frozen Postgres does not trip the watchdog"
pid=$(property MainPID)
restarts=$(property NRestarts)
pause_postgres
insert_item 'while Postgres stood still'
let_pass $((watchdog_seconds * 3))
is MainPID "$pid" && is NRestarts "$restarts" || fail "the daemon was restarted for a Postgres that stood still"
answers || fail "no status while Postgres stood still"
resume_postgres
paused=
wait_for 30 "a flush works again after Postgres goes on" flushed
is MainPID "$pid" || fail "the daemon was restarted when Postgres went on"
expect_same_rows "after Postgres went on"

for round in 1 2 3; do
  step "stop and start, round $round of 3: the socket starts it on demand"
  user stop sluice.service
  is ActiveState inactive || fail "it does not stop cleanly: $(property Result)"
  insert_item "while stopped, round $round"
  answers || fail "the socket does not answer after stop number $round"
  is ActiveState active || fail "the request did not start the service"
  expect_same_rows "round $round"
  user restart sluice.service
  answers || fail "the socket does not answer after restart number $round"
done

step "nothing is left when both are stopped and disabled"
user disable --now sluice.service sluice.socket 2>/dev/null
[ ! -e "$socket" ] || fail "the socket is still there"
! user list-units --all --no-legend 'sluice*' | grep -q running || fail "a unit still runs"
[ -z "$(find "$XDG_RUNTIME_DIR/sluice" -type f -o -type s 2>/dev/null)" ] || fail "files are left in the runtime folder"
step "done"
